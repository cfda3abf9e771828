#include "storage/segment_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "storage/segment.h"
#include "unit/storage/random.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

SegmentIndex random_index(Random& random, std::size_t entries) {
    SegmentIndex index;
    IndexEntry entry{random.below(5), kSegmentHeaderBytes + kIndexStrideBytes,
                     static_cast<std::int64_t>(random.below(5))};
    for (std::size_t i = 0; i < entries; ++i) {
        index.push_back(entry);
        entry.position += 1 + random.below(3);
        entry.offset += kIndexStrideBytes + random.below(100);
        entry.stamp_ms += static_cast<std::int64_t>(random.below(3));  // equal stamps, too
    }
    return index;
}

// The last entry such that nothing before it is wanted.
std::optional<IndexEntry> find_by_looking(const SegmentIndex& index, Position from,
                                          WallTime horizon) {
    std::optional<IndexEntry> best;
    for (const IndexEntry& entry : index) {
        const bool before_is_low = entry.position <= from.value();
        const bool before_is_old = wall_time(entry.stamp_ms) < horizon;
        if (before_is_low || before_is_old) {
            best = entry;
        }
    }
    return best;
}

TEST(SegmentIndex, FindsWhatLookingAtEveryEntryFinds) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (int round = 0; round < 200; ++round) {
        const SegmentIndex index = random_index(random, random.below(12));
        for (std::uint64_t from = 0; from < 30; ++from) {
            const WallTime horizon = wall_time(static_cast<std::int64_t>(random.below(30)));
            EXPECT_EQ(find_entry(index, Position(from), horizon),
                      find_by_looking(index, Position(from), horizon))
                << "round " << round << " from " << from << " horizon " << to_ms(horizon);
        }
    }
}

TEST(SegmentIndex, EntriesAreAStrideApart) {
    SegmentIndex index;
    EXPECT_FALSE(wants_entry(index, kSegmentHeaderBytes));
    EXPECT_FALSE(wants_entry(index, kSegmentHeaderBytes + kIndexStrideBytes - 1));
    EXPECT_TRUE(wants_entry(index, kSegmentHeaderBytes + kIndexStrideBytes));
    index.push_back({1, 100'000, 0});
    EXPECT_FALSE(wants_entry(index, 100'000 + kIndexStrideBytes - 1));
    EXPECT_TRUE(wants_entry(index, 100'000 + kIndexStrideBytes));
}

TEST(SegmentIndex, WhatIsEncodedIsDecoded) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (std::size_t entries = 0; entries < 40; ++entries) {
        const SegmentIndex index = random_index(random, entries);
        const auto bytes = encode_index(kShard, Position(9), index);
        EXPECT_EQ(decode_index(bytes, kShard, Position(9), ~std::uint64_t{0}), index);
        EXPECT_FALSE(decode_index(bytes, {1, 3}, Position(9), ~std::uint64_t{0}));
        EXPECT_FALSE(decode_index(bytes, kShard, Position(8), ~std::uint64_t{0}));
    }
}

TEST(SegmentIndex, EntriesPastTheSegmentAreLeftOut) {
    const SegmentIndex index = {{1, 100, 0}, {2, 200, 0}, {3, 300, 0}};
    const auto bytes = encode_index(kShard, Position(0), index);
    EXPECT_EQ(decode_index(bytes, kShard, Position(0), 300)->size(), 2U);
    EXPECT_EQ(decode_index(bytes, kShard, Position(0), 301)->size(), 3U);
    EXPECT_EQ(decode_index(bytes, kShard, Position(0), 40)->size(), 0U);
}

TEST(SegmentIndex, DamagedBytesAreNoIndex) {
    SCOPED_TRACE(Random::trace());
    Random random;
    const auto whole = encode_index(kShard, Position(9), random_index(random, 5));
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        auto bytes = whole;
        bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        EXPECT_FALSE(decode_index(bytes, kShard, Position(9), ~std::uint64_t{0})) << bit;
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(
            decode_index(Bytes(whole).first(size), kShard, Position(9), ~std::uint64_t{0}));
    }
    for (int i = 0; i < 2'000; ++i) {
        EXPECT_FALSE(decode_index(random.bytes(random.below(200)), kShard, Position(9), ~0ULL));
    }
}

}  // namespace
}  // namespace millrace::storage
