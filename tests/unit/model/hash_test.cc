#include <gtest/gtest.h>

#include "model/hash_range.h"

namespace millrace::model {
namespace {

constexpr const char* kMaxText = "340282366920938463463374607431768211455";

TEST(HashKey, TextReadsBack) {
    for (const char* text : {"0", "1", "9", "10", "18446744073709551615", "18446744073709551616",
                             "170141183460469231731687303715884105728", kMaxText}) {
        const auto key = HashKey::parse(text);
        ASSERT_TRUE(key) << text;
        EXPECT_EQ(key->text(), text);
    }
    EXPECT_EQ(HashKey::max().text(), kMaxText);
}

TEST(HashKey, TwoToThe128AndAboveDoNotParse) {
    EXPECT_FALSE(HashKey::parse("340282366920938463463374607431768211456"));
    EXPECT_FALSE(HashKey::parse("340282366920938463463374607431768211460"));
    EXPECT_FALSE(HashKey::parse("999999999999999999999999999999999999999"));
    EXPECT_FALSE(HashKey::parse(""));
    EXPECT_FALSE(HashKey::parse("1x"));
    EXPECT_FALSE(HashKey::parse("-1"));
}

TEST(HashKey, DigestIsReadBigEndian) {
    std::array<std::byte, 16> digest{};
    digest[15] = std::byte{5};
    EXPECT_EQ(HashKey::from_digest(digest).text(), "5");
    digest[0] = std::byte{0x80};
    EXPECT_EQ(HashKey::from_digest(digest).text(), "170141183460469231731687303715884105733");
}

TEST(HashRange, DividesAsTheServiceDoes) {
    EXPECT_EQ(initial_ranges(2)[1].first.text(), "170141183460469231731687303715884105728");
    const auto three = initial_ranges(3);
    EXPECT_EQ(three[0].last.text(), "113427455640312821154458202477256070484");
    EXPECT_EQ(three[1].last.text(), "226854911280625642308916404954512140969");
    const auto four = initial_ranges(4);
    const auto quarter = HashKey::parse("85070591730234615865843651857942052864");
    for (unsigned k = 0; k < 4; ++k) {
        EXPECT_EQ(four[k].first, HashKey(quarter->value() * k));
    }
    EXPECT_EQ(initial_ranges(5)[0].last.text(), "68056473384187692692674921486353642290");
}

TEST(HashRange, InitialRangesPartitionTheSpace) {
    for (std::uint32_t n : {1u, 2u, 3u, 4u, 7u, 16u, 17u, 255u, 1000u, 99999u, 100000u}) {
        const auto ranges = initial_ranges(n);
        ASSERT_EQ(ranges.size(), n);
        EXPECT_EQ(ranges.front().first, HashKey());
        EXPECT_EQ(ranges.back().last, HashKey::max());
        for (std::size_t i = 0; i + 1 < ranges.size(); ++i) {
            ASSERT_LE(ranges[i].first, ranges[i].last);
            ASSERT_EQ(ranges[i].last.value() + 1, ranges[i + 1].first.value());
            ASSERT_EQ(ranges[i].last.value() - ranges[i].first.value(),
                      ranges[0].last.value() - ranges[0].first.value());
        }
    }
}

TEST(HashRange, ContainsBothEnds) {
    const HashRange range{HashKey(10), HashKey(20)};
    EXPECT_FALSE(range.contains(HashKey(9)));
    EXPECT_TRUE(range.contains(HashKey(10)));
    EXPECT_TRUE(range.contains(HashKey(20)));
    EXPECT_FALSE(range.contains(HashKey(21)));
}

}  // namespace
}  // namespace millrace::model
