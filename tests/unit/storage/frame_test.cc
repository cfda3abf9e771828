#include "storage/frame.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/storage/random.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

TEST(Frame, WhatIsEncodedIsDecoded) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (int i = 0; i < 300; ++i) {
        const std::size_t data_bytes = i == 0 ? 0
                                       : i == 1
                                           ? 10 << 20
                                           : random.below(std::uint64_t{1} << random.below(17));
        const auto data = random.bytes(data_bytes);
        const std::string key(as_text(random.bytes(random.below(i == 2 ? 1 : 300))));
        const ShardKey shard{random.u64(), static_cast<std::uint32_t>(random.u64())};
        const Position position(random.u64());
        const WallTime stamp = wall_time(static_cast<std::int64_t>(random.below(1ULL << 50)));
        const auto attributes = static_cast<std::uint8_t>(random.u64());
        const FrameKind kind = i % 7 == 0 ? FrameKind::kEnd : FrameKind::kRecord;
        const auto before = random.bytes(random.below(3));  // it appends
        FrameBytes bytes(before.begin(), before.end());
        const std::size_t at = bytes.size();
        append_frame(bytes, kind, key, data, WallTime{}, attributes);
        place_frame(&bytes[at], frame_seed(shard), position, stamp);

        const Bytes frame = Bytes(bytes).subspan(at);
        const FrameHeader header = load_header(frame);
        ASSERT_EQ(check_frame(frame, frame_seed(shard)), FrameState::kWhole);
        ASSERT_EQ(header.frame_bytes(), frame.size());
        EXPECT_EQ(frame_key(frame), key);
        EXPECT_EQ(as_text(frame_data(frame)), as_text(data));
        EXPECT_EQ(header.position, position.value());
        EXPECT_EQ(header.stamp(), stamp);
        EXPECT_EQ(header.attributes, attributes);
        EXPECT_EQ(header.kind, kind);
    }
}

TEST(Frame, AnyFlippedBitIsNoticed) {
    const std::uint32_t seed = frame_seed(kShard);
    FrameBytes frame = placed_frame(kShard, 7, "some data that is longer than a word");
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        const auto mask = static_cast<std::byte>(1U << (bit % 8));
        frame[bit / 8] ^= mask;
        EXPECT_EQ(check_frame(frame, seed), FrameState::kDamaged) << "bit " << bit;
        frame[bit / 8] ^= mask;
    }
    EXPECT_EQ(check_frame(frame, seed), FrameState::kWhole);
}

TEST(Frame, AFlippedBitInALargeFrameIsNoticed) {
    SCOPED_TRACE(Random::trace());
    Random random;
    FrameBytes frame;
    append_frame(frame, FrameKind::kRecord, "k", random.bytes(1 << 20), WallTime{}, 0);
    place_frame(frame.data(), frame_seed(kShard), Position(0), WallTime{});
    for (int i = 0; i < 100; ++i) {
        const std::size_t bit = random.flip(frame);
        EXPECT_EQ(check_frame(frame, frame_seed(kShard)), FrameState::kDamaged) << "bit " << bit;
        frame[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
}

TEST(Frame, AnyShorterPieceIsShort) {
    const FrameBytes frame = placed_frame(kShard, 7, "data");
    for (std::size_t size = 0; size < frame.size(); ++size) {
        EXPECT_EQ(check_frame(Bytes(frame).first(size), frame_seed(kShard)), FrameState::kShort);
    }
}

TEST(Frame, AnotherShardsFrameDoesNotParse) {
    const FrameBytes frame = placed_frame(kShard, 7, "data");
    EXPECT_EQ(check_frame(frame, frame_seed({1, 3})), FrameState::kDamaged);
    EXPECT_EQ(check_frame(frame, frame_seed({2, 2})), FrameState::kDamaged);
}

TEST(Frame, ALengthBeyondTheServicesIsDamage) {
    FrameBytes frame = placed_frame(kShard, 7, "data");
    store_le(frame.data() + offsetof(FrameHeader, data_bytes), kFrameDataBytesMax + 1);
    place_frame(frame.data(), frame_seed(kShard), Position(7), WallTime{});
    EXPECT_EQ(check_header(frame, frame_seed(kShard)), FrameState::kDamaged);
}

TEST(Frame, AnUnknownKindIsDamage) {
    FrameBytes frame = placed_frame(kShard, 7, "data", kStampMs, static_cast<FrameKind>(3));
    EXPECT_EQ(check_header(frame, frame_seed(kShard)), FrameState::kDamaged);
}

TEST(Frame, RandomBytesAreNoFrame) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (int i = 0; i < 20'000; ++i) {
        auto bytes = random.bytes(random.below(100));
        if (bytes.size() > 14 && i % 2 == 0) {
            bytes[14] = std::byte{1};  // a kind there is
        }
        EXPECT_NE(check_frame(bytes, frame_seed(kShard)), FrameState::kWhole);
    }
}

}  // namespace
}  // namespace millrace::storage
