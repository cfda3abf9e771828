#include "storage/checkpoint.h"

#include <gtest/gtest.h>

#include "unit/storage/random.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

Checkpoint random_checkpoint(Random& random) {
    const auto stamp = [&] {
        return wall_time(static_cast<std::int64_t>(random.below(1ULL << 50)));
    };
    Checkpoint checkpoint;
    checkpoint.mark = {random.u64(), random.u64(), random.u64()};
    checkpoint.records_journaled = random.below(2) == 1;
    checkpoint.journal_seed = static_cast<std::uint32_t>(random.u64());
    for (std::uint64_t i = random.below(4); i > 0; --i) {
        const auto kind = static_cast<Doomed::Kind>(1 + random.below(3));
        const ShardKey key{random.u64(), static_cast<std::uint32_t>(random.u64())};
        checkpoint.doomed.push_back({kind, key, Position(random.u64())});
    }
    for (std::uint64_t i = random.below(6); i > 0; --i) {
        ShardState shard;
        shard.key = {random.u64(), static_cast<std::uint32_t>(random.u64())};
        shard.next = Position(random.u64());
        shard.last_stamp = stamp();
        if (random.below(2) == 1) {
            shard.end = Position(random.below(1ULL << 63));
        }
        for (std::uint64_t n = random.below(5); n > 0; --n) {
            shard.segments.push_back({Position(random.u64()), random.u64(), stamp(), stamp()});
        }
        checkpoint.shards.push_back(std::move(shard));
    }
    return checkpoint;
}

TEST(Checkpoint, WhatIsEncodedIsDecoded) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (int i = 0; i < 300; ++i) {
        const Checkpoint checkpoint = random_checkpoint(random);
        const auto decoded = decode_checkpoint(encode_checkpoint(checkpoint));
        ASSERT_TRUE(decoded);
        EXPECT_EQ(decoded.value(), checkpoint);
    }
}

TEST(Checkpoint, DamagedBytesAreRefused) {
    SCOPED_TRACE(Random::trace());
    Random random;
    Checkpoint checkpoint = random_checkpoint(random);
    while (checkpoint.shards.empty()) {
        checkpoint = random_checkpoint(random);
    }
    const auto whole = encode_checkpoint(checkpoint);
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
        auto bytes = whole;
        bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        const auto decoded = decode_checkpoint(bytes);
        ASSERT_FALSE(decoded) << bit;
        const bool version = bit / 8 >= 8 && bit / 8 < 12;
        EXPECT_EQ(decoded.error().code, version ? Errc::kUnsupported : Errc::kCorrupt) << bit;
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(decode_checkpoint(Bytes(whole).first(size)));
    }
    for (int i = 0; i < 2'000; ++i) {
        auto bytes = random.bytes(random.below(200));
        if (bytes.size() > 12) {
            std::copy(whole.begin(), whole.begin() + 12, bytes.begin());
        }
        EXPECT_FALSE(decode_checkpoint(bytes));
    }
}

class CheckpointFile : public Store {};

TEST_F(CheckpointFile, IsReplacedWhole) {
    SCOPED_TRACE(Random::trace());
    Random random;
    ASSERT_TRUE(load_checkpoint(*parts));
    EXPECT_FALSE(load_checkpoint(*parts).value());
    const Checkpoint first = random_checkpoint(random);
    const Checkpoint second = random_checkpoint(random);
    ASSERT_TRUE(store_checkpoint(*parts, first));
    EXPECT_EQ(load_checkpoint(*parts).value(), first);
    files.inject({.calls = {Call::kWrite}, .part = "checkpoint"});
    EXPECT_FALSE(store_checkpoint(*parts, second));
    EXPECT_EQ(load_checkpoint(*parts).value(), first);
    ASSERT_TRUE(store_checkpoint(*parts, second));
    EXPECT_EQ(load_checkpoint(*parts).value(), second);
}

TEST_F(CheckpointFile, TheCopyServesWhereItIsDamagedOrMissing) {
    SCOPED_TRACE(Random::trace());
    Random random;
    const Checkpoint stored = random_checkpoint(random);
    ASSERT_TRUE(store_checkpoint(*parts, stored));
    const env::Path path = parts->layout.checkpoint();
    files.store(path, as_bytes("no checkpoint"));
    EXPECT_EQ(load_checkpoint(*parts).value(), stored);
    EXPECT_EQ(parts->damage.all().size(), 1U);
    ASSERT_TRUE(files.remove(path));
    EXPECT_EQ(load_checkpoint(*parts).value(), stored);
    files.store(parts->layout.checkpoint_copy(), as_bytes("no checkpoint"));
    files.store(path, as_bytes("no checkpoint"));
    EXPECT_EQ(load_checkpoint(*parts).error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace millrace::storage
