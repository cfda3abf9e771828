#include "storage/journal_format.h"

#include <gtest/gtest.h>

#include "unit/storage/random.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

constexpr std::uint32_t kSeed = 0x5eed5eed;

CommitHeader random_header(Random& random) {
    CommitHeader header{random.u64(), random.u64(), random.u64(), {}};
    for (std::uint64_t i = random.below(20); i > 0; --i) {
        const auto kind = static_cast<JournalEntry::Kind>(1 + random.below(3));
        const std::uint64_t bytes = kind == JournalEntry::Kind::kFrames ? random.below(100'000) : 0;
        header.entries.push_back(
            {kind, {random.u64(), static_cast<std::uint32_t>(random.u64())}, bytes});
    }
    return header;
}

TEST(CommitHeader, WhatIsEncodedIsDecoded) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (int i = 0; i < 300; ++i) {
        const CommitHeader header = random_header(random);
        const auto bytes = encode_commit_header(header, kSeed);
        EXPECT_EQ(bytes.size(), header.header_bytes());
        std::uint64_t needed = 0;
        EXPECT_EQ(decode_commit_header(bytes, kSeed, needed), header);
        EXPECT_EQ(header.total_bytes() % kJournalBlockBytes, 0U);
        EXPECT_GE(header.total_bytes(), header.header_bytes() + header.body_bytes());
        EXPECT_LT(header.total_bytes(),
                  header.header_bytes() + header.body_bytes() + kJournalBlockBytes);
    }
}

TEST(CommitHeader, AShortPieceTellsHowMuchWouldDecide) {
    Random random;
    CommitHeader header{1, 2, 1, {}};
    for (std::uint32_t i = 0; i < 300; ++i) {
        header.entries.push_back({JournalEntry::Kind::kCreate, {1, i}, 0});
    }
    const auto bytes = encode_commit_header(header, kSeed);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        std::uint64_t needed = 0;
        EXPECT_FALSE(decode_commit_header(Bytes(bytes).first(size), kSeed, needed));
        EXPECT_GT(needed, size);
        EXPECT_LE(needed, bytes.size());
    }
}

TEST(CommitHeader, AnyFlippedBitIsNoticed) {
    Random random;
    const CommitHeader header{1, 2, 1, {{JournalEntry::Kind::kFrames, kShard, 38}}};
    const auto whole = encode_commit_header(header, kSeed);
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        auto bytes = whole;
        bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        std::uint64_t needed = 0;
        EXPECT_FALSE(decode_commit_header(bytes, kSeed, needed)) << bit;
    }
    SCOPED_TRACE(Random::trace());
    for (int i = 0; i < 5'000; ++i) {
        auto bytes = random.bytes(random.below(300));
        if (bytes.size() >= 8 && i % 2 == 0) {
            std::copy(whole.begin() + 4, whole.begin() + 8, bytes.begin() + 4);  // the magic
        }
        std::uint64_t needed = 0;
        EXPECT_FALSE(decode_commit_header(bytes, kSeed, needed));
        EXPECT_LE(needed, 32U << 20);
    }
}

// What a client sends may stand where a commit could, and must not pass for one.
TEST(CommitHeader, OfAnotherSeedIsNoCommit) {
    const CommitHeader header{1, 2, 1, {{JournalEntry::Kind::kDrop, kShard, 0}}};
    std::uint64_t needed = 0;
    for (const std::uint32_t seed : {0U, 1U, kSeed - 1, ~kSeed}) {
        EXPECT_FALSE(decode_commit_header(encode_commit_header(header, seed), kSeed, needed))
            << seed;
    }
}

// Sums of such lengths would wrap.
TEST(CommitHeader, LengthsThatNoFileHasAreRefused) {
    const CommitHeader header{1,
                              2,
                              1,
                              {{JournalEntry::Kind::kFrames, kShard, 1ULL << 63},
                               {JournalEntry::Kind::kFrames, kShard, 1ULL << 63}}};
    std::uint64_t needed = 0;
    EXPECT_FALSE(decode_commit_header(encode_commit_header(header, kSeed), kSeed, needed));
}

TEST(CommitBody, IsWholeIfEveryFrameIs) {
    const ShardKey other{7, 0};
    std::vector<std::byte> body;
    add(body, placed_frame(kShard, 1, "one"));
    add(body, placed_frame(kShard, 2, "two"));
    const std::uint64_t first = body.size();
    add(body, placed_frame(other, 0, "else"));
    CommitHeader header{1,
                        1,
                        0,
                        {{JournalEntry::Kind::kCreate, other, 0},
                         {JournalEntry::Kind::kFrames, kShard, first},
                         {JournalEntry::Kind::kFrames, other, body.size() - first}}};
    EXPECT_TRUE(body_is_whole(header, body));
    for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
        body[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        EXPECT_FALSE(body_is_whole(header, body)) << bit;
        body[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
    std::swap(header.entries[1].shard, header.entries[2].shard);
    EXPECT_FALSE(body_is_whole(header, body));
}

}  // namespace
}  // namespace millrace::storage
