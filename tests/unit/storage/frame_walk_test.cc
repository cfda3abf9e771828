#include "storage/frame_walk.h"

#include <gtest/gtest.h>

#include "unit/storage/random.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

class FrameWalkTest : public Store {
protected:
    FrameWalk walk(std::uint64_t end = 0, std::size_t window = 4096,
                   env::ReadMode mode = env::ReadMode::kMayBlock) {
        std::shared_ptr<env::File> file = files.open(path, env::OpenMode::kReadWrite).value();
        const std::uint64_t size = file->size().value();
        return {file, frame_seed(kShard), kSegmentHeaderBytes, end == 0 ? size : end, mode, window};
    }
    static Errc fault(const Result<FrameHeader>& header) {
        return header ? Errc::kExists : header.error().code;
    }

    const env::Path path = "/data/catalog/walk";
};

TEST_F(FrameWalkTest, MeetsEveryFrameThroughAnyWindow) {
    SCOPED_TRACE(Random::trace());
    Random random;
    std::vector<std::byte> bytes(kSegmentHeaderBytes);
    std::vector<std::string> expected;
    for (std::uint64_t at = 0; at < 200; ++at) {
        expected.emplace_back(as_text(random.bytes(random.below(at % 50 == 0 ? 300'000 : 2000))));
        add(bytes, placed_frame(kShard, at, expected.back()));
    }
    files.store(path, bytes);
    for (const std::size_t window : {1U, 64U, 4096U, 1U << 20, 1U << 30}) {
        FrameWalk frames = walk(0, window);
        for (std::uint64_t at = 0; at < expected.size(); ++at) {
            ASSERT_FALSE(frames.at_end());
            const auto header = frames.header();
            ASSERT_TRUE(header);
            EXPECT_EQ(header.value().position, at);
            const auto frame = frames.frame();
            ASSERT_TRUE(frame);
            EXPECT_EQ(as_text(frame_data(frame.value())), expected[at]);
            EXPECT_EQ(frames.position(), Position(at));
            frames.skip();
        }
        EXPECT_TRUE(frames.at_end());
    }
}

TEST_F(FrameWalkTest, EarlierFramesStayValidWhileTheirHolderIsHeld) {
    files.store(path, segment_of(kShard, 0, 500));
    FrameWalk frames = walk(0, 64);
    ASSERT_TRUE(frames.header());
    const Bytes first = frames.frame().value();
    const auto holder = frames.holder();
    while (!frames.at_end()) {
        ASSERT_TRUE(frames.header());
        ASSERT_TRUE(frames.frame());
        frames.skip();
    }
    EXPECT_EQ(as_text(frame_data(first)), "0");
}

TEST_F(FrameWalkTest, ReadsNothingPastItsEnd) {
    const auto bytes = segment_of(kShard, 0, 1);
    const std::uint64_t first_end = kSegmentHeaderBytes + placed_frame(kShard, 0, "0").size();
    files.store(path, bytes);
    FrameWalk one = walk(first_end);
    ASSERT_TRUE(one.header());
    ASSERT_TRUE(one.frame());
    one.skip();
    EXPECT_TRUE(one.at_end());
    FrameWalk part = walk(first_end - 1);
    ASSERT_TRUE(part.header());
    EXPECT_FALSE(part.frame());
    FrameWalk less = walk(kSegmentHeaderBytes + 31);
    EXPECT_EQ(fault(less.header()), Errc::kCorrupt);
}

TEST_F(FrameWalkTest, GoesOnAfterDamageAtTheNextFrame) {
    const std::uint64_t frame = placed_frame(kShard, 0, "0").size();
    files.store(path, segment_of(kShard, 0, 9));
    files.flip(path, kSegmentHeaderBytes + 2 * frame + 20);  // a header
    FrameWalk frames = walk();
    frames.header().value();
    frames.skip();
    frames.header().value();
    frames.skip();
    EXPECT_EQ(fault(frames.header()), Errc::kCorrupt);
    EXPECT_TRUE(frames.resync(Position(2)).value());
    EXPECT_EQ(frames.header().value().position, 3U);
    EXPECT_EQ(frames.offset(), kSegmentHeaderBytes + 3 * frame);
}

TEST_F(FrameWalkTest, GoesOnAtThePositionThatIsWantedOrLater) {
    files.store(path, segment_of(kShard, 0, 9));
    files.flip(path, kSegmentHeaderBytes + 20);
    FrameWalk frames = walk();
    EXPECT_FALSE(frames.header());
    EXPECT_TRUE(frames.resync(Position(6)).value());
    EXPECT_EQ(frames.header().value().position, 6U);
    EXPECT_FALSE(frames.resync(Position(10)).value());
    EXPECT_EQ(frames.header().value().position, 6U) << "nothing moved";
}

TEST_F(FrameWalkTest, AWholeHeaderSparesTheLookIntoItsPayload) {
    std::vector<std::byte> bytes(kSegmentHeaderBytes);
    // A payload that holds a frame of the same shard.
    const FrameBytes forged = placed_frame(kShard, 5, "forged");
    add(bytes, placed_frame(kShard, 0, as_text(forged)));
    const std::uint64_t end = bytes.size();
    add(bytes, placed_frame(kShard, 1, "one"));
    files.store(path, bytes);
    files.flip(path, end - 1);  // its last byte, so that its checksum fails
    FrameWalk frames = walk();
    ASSERT_TRUE(frames.header());
    EXPECT_FALSE(frames.frame());
    EXPECT_TRUE(frames.resync(Position(0)).value());
    EXPECT_EQ(frames.offset(), end);
    EXPECT_EQ(frames.header().value().position, 1U);
}

TEST_F(FrameWalkTest, AFileThatLostItsEndIsNotReadAgainForEveryByte) {
    files.store(path, segment_of(kShard, 0, 9));
    const auto size = files.load(path).size();
    FrameWalk frames = walk(64 << 20);
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(frames.header());
        frames.skip();
    }
    EXPECT_EQ(fault(frames.header()), Errc::kCorrupt);
    const auto reads = files.calls(Call::kRead);
    EXPECT_FALSE(frames.resync(Position(10)).value());
    EXPECT_LE(files.calls(Call::kRead), reads + 2);
    EXPECT_EQ(frames.offset(), size);
}

TEST_F(FrameWalkTest, WhatIsNotInMemoryIsLeftToOthers) {
    files.store(path, segment_of(kShard, 0, 9));
    files.set_cold(true);
    FrameWalk frames = walk(0, 4096, env::ReadMode::kCachedOnly);
    EXPECT_EQ(fault(frames.header()), Errc::kWouldBlock);
    const auto found = frames.resync(Position(0));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, Errc::kWouldBlock);
}

TEST_F(FrameWalkTest, AFailingReadIsNoDamage) {
    files.store(path, segment_of(kShard, 0, 9));
    FrameWalk frames = walk();
    files.inject({.calls = {Call::kRead}, .part = "walk"});
    EXPECT_EQ(fault(frames.header()), Errc::kIo);
    EXPECT_TRUE(frames.header());
}

}  // namespace
}  // namespace millrace::storage
