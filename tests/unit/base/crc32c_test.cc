#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace millrace {
namespace {

TEST(Crc32c, KnownAnswers) {
    EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283U);
    EXPECT_EQ(crc32c(as_bytes(std::string(32, '\0'))), 0x8A9136AAU);  // RFC 3720 B.4
    EXPECT_EQ(crc32c(as_bytes(std::string(32, '\xFF'))), 0x62A8AB43U);
    EXPECT_EQ(crc32c({}), 0U);
}

TEST(Crc32c, FastAndPlainTwinsAgreeAtEveryLengthAndAlignment) {
    std::mt19937 random(7);
    std::vector<std::byte> bytes(20'000);
    for (auto& b : bytes)
        b = static_cast<std::byte>(random());
    const Bytes all(bytes);
    for (std::size_t size = 0; size < 300; ++size) {
        const Bytes part = all.subspan(size % 17, size);
        ASSERT_EQ(crc32c(part), crc32c_plain(part)) << size;
    }
    for (int i = 0; i < 300; ++i) {
        const std::size_t from = random() % 10'000;
        const Bytes part = all.subspan(from, random() % (bytes.size() - from));
        const auto seed = static_cast<std::uint32_t>(random());
        ASSERT_EQ(crc32c(part, seed), crc32c_plain(part, seed)) << from << " " << part.size();
    }
}

TEST(Crc32c, ContinuesFromASeed) {
    const std::string text(10'000, 'x');
    const Bytes all = as_bytes(text);
    for (const std::size_t cut : {0U, 1U, 9U, 4000U, 10'000U}) {
        EXPECT_EQ(crc32c(all.subspan(cut), crc32c(all.first(cut))), crc32c(all));
    }
}

}  // namespace
}  // namespace millrace
