#include "storage/shard_cursor.h"

#include <gtest/gtest.h>

#include "storage/segment.h"
#include "storage/segment_index.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

class ShardCursorTest : public Store {
protected:
    ShardCursorTest() {
        options.segment_bytes = 4 * kIndexStrideBytes;
        reopen();
        log = std::make_shared<ShardLog>(*parts, state_of(kShard));
    }
    // Segments of several strides, stamped kStampMs, 10 ms later, ...
    void fill(int records = 100) {
        for (int i = 0; i < records; ++i) {
            append(*log, std::string(kIndexStrideBytes / 4, 'x'), kStampMs + 10 * i);
        }
        ASSERT_GE(log->state().segments.size(), 3U);
    }
    void restart() {
        const ShardState state = log->state();
        reopen();
        log = std::make_shared<ShardLog>(*parts, state);
    }
    ShardCursor cursor(env::ReadMode mode = env::ReadMode::kMayBlock) {
        return {*parts, *log, mode, 4096};
    }
    std::vector<std::uint64_t> positions(std::uint64_t from, WallTime horizon = WallTime{}) {
        ShardCursor walk = cursor();
        EXPECT_TRUE(walk.open(Position(from), horizon));
        std::vector<std::uint64_t> met;
        while (true) {
            const auto header = walk.header();
            EXPECT_TRUE(header);
            if (!header || !header.value()) {
                return met;
            }
            met.push_back(header.value()->position);
            EXPECT_TRUE(walk.frame());
            walk.skip();
        }
    }

    std::shared_ptr<ShardLog> log;
};

TEST_F(ShardCursorTest, FromEveryPositionAndHorizonItMeetsWhatIsWanted) {
    fill();
    for (const bool restarted : {false, true}) {
        if (restarted) {
            restart();
        }
        for (std::uint64_t from = 0; from <= 100; from += 7) {
            for (std::int64_t horizon = 0; horizon <= 1000; horizon += 95) {
                const auto met = positions(from, wall_time(kStampMs + horizon));
                const auto wanted = std::max(from, (static_cast<std::uint64_t>(horizon) + 9) / 10);
                const auto first = std::find(met.begin(), met.end(), wanted);
                EXPECT_EQ(met.end() - first, wanted < 100 ? 100 - static_cast<long>(wanted) : 0)
                    << "from " << from << " horizon " << horizon;
                EXPECT_LE(first - met.begin(), 6) << "it begins near by";
            }
        }
    }
}

TEST_F(ShardCursorTest, AnIndexThatIsWrongOrMissingIsMadeAnew) {
    fill();
    const auto hint = log->directory() / index_name(Position(0));
    ASSERT_TRUE(files.exists(hint));
    const auto good = files.load(hint);
    auto lying = decode_index(good, kShard, Position(0), ~std::uint64_t{0}).value();
    for (IndexEntry& entry : lying) {
        entry.offset += 100;  // its checksum is right, and yet it leads nowhere
    }
    for (const auto& bytes : {encode_index(kShard, Position(0), lying), std::vector<std::byte>(7),
                              std::vector<std::byte>()}) {
        files.store(hint, bytes);
        restart();
        EXPECT_EQ(positions(14).back(), 99U);
        EXPECT_EQ(parts->damage.all().size(), 0U);
    }
    files.remove(hint).value();
    restart();
    const auto met = positions(14);
    EXPECT_EQ(met.back(), 99U);
    EXPECT_GT(met.front(), 8U) << "by an index that a scan made";
}

TEST_F(ShardCursorTest, WhatIsNotInMemoryIsLeftToOthers) {
    fill();
    restart();  // nothing is open
    ShardCursor walk = cursor(env::ReadMode::kCachedOnly);
    auto opened = walk.open(Position(0), WallTime{});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Errc::kWouldBlock);
    EXPECT_FALSE(positions(0).empty());
    EXPECT_TRUE(walk.open(Position(0), WallTime{}));
    EXPECT_TRUE(walk.header());
    files.set_cold(true);
    ASSERT_TRUE(walk.open(Position(0), WallTime{}));
    const auto header = walk.header();
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().code, Errc::kWouldBlock);
}

TEST_F(ShardCursorTest, AMissingSegmentIsDamageAndTheNextOneIsRead) {
    fill();
    const auto segments = log->state().segments;
    ASSERT_GE(segments.size(), 3U);
    restart();
    const env::Path path = log->segment_path(segments[1].first);
    files.remove(path).value();
    ShardCursor walk = cursor();
    ASSERT_TRUE(walk.open(segments[1].first, WallTime{}).error().code == Errc::kCorrupt);
    ASSERT_EQ(parts->damage.all().size(), 1U);
    EXPECT_EQ(parts->damage.all()[0].file, path.string());
    EXPECT_EQ(parts->damage.all()[0].first, segments[1].first);
    EXPECT_EQ(positions(segments[2].first.value()).front(), segments[2].first.value());
    ShardCursor across = cursor();
    ASSERT_TRUE(across.open(Position(0), WallTime{}));
    Result<std::optional<FrameHeader>> header = across.header();
    while (header && header.value()) {
        across.skip();
        header = across.header();
    }
    ASSERT_FALSE(header) << "it must not end as if there were no more";
    EXPECT_EQ(header.error().code, Errc::kCorrupt);
}

TEST_F(ShardCursorTest, AMissingLastSegmentIsDamageAndTheLogGoesOn) {
    append(*log, "a");
    restart();
    files.remove(log->segment_path(Position(0))).value();
    append(*log, "b");
    EXPECT_EQ(parts->damage.all().size(), 1U);
    EXPECT_FALSE(read(*log, 0));
    EXPECT_EQ(text(*log, 1), "1:b");
}

// The sync of a segment failed and its records were made durable in another: a walk that is in the
// old ones goes on with the new one, wherever it is.
TEST_F(ShardCursorTest, AWalkMeetsEveryFrameOnceThoughTheLogIsRewritten) {
    for (std::uint64_t rewritten_from = 0; rewritten_from <= 5; ++rewritten_from) {
        for (int met_before = 0; met_before <= 6; ++met_before) {
            SCOPED_TRACE(std::to_string(rewritten_from) + ", " + std::to_string(met_before));
            options.segment_bytes = 3 * kIndexStrideBytes;
            const ShardKey shard{rewritten_from, static_cast<std::uint32_t>(met_before)};
            reopen();
            log = std::make_shared<ShardLog>(*parts, state_of(shard));
            std::vector<FrameBytes> journaled;
            for (std::uint64_t i = 0; i < 7; ++i) {
                if (i == rewritten_from) {
                    const ShardState state = log->state();
                    static_cast<void>(log->take_unsynced());
                    log->synced(state);
                }
                const std::string data(kIndexStrideBytes, static_cast<char>('a' + i));
                append(*log, data);
                if (i >= rewritten_from) {
                    journaled.push_back(placed_frame(shard, i, data));
                }
            }
            ASSERT_GE(log->state().segments.size(), 2U);
            ShardCursor walk = cursor();
            ASSERT_TRUE(walk.open(Position(0), WallTime{}));
            std::string met;
            const auto step = [&] {
                const auto header = walk.header();
                EXPECT_TRUE(header);
                if (!header || !header.value()) {
                    return false;
                }
                met += std::to_string(header.value()->position);
                EXPECT_TRUE(walk.frame());
                walk.skip();
                return true;
            };
            for (int i = 0; i < met_before; ++i) {
                ASSERT_TRUE(step());
            }
            log->not_synced(log->take_unsynced().directory_changed, true);
            ASSERT_TRUE(log->rewrite(journaled));
            while (step()) {
            }
            EXPECT_EQ(met, "0123456");
        }
    }
}

TEST_F(ShardCursorTest, DamageIsReportedWithItsPlace) {
    for (const char* const data : {"zero", "one.", "two."}) {
        append(*log, data);
    }
    const std::uint64_t frame = frame_of("zero").size();
    const env::Path path = log->segment_path(Position(0));
    const std::uint64_t at = kSegmentHeaderBytes + frame;
    files.flip(path, at + 5);
    ShardCursor walk = cursor();
    ASSERT_TRUE(walk.open(Position(0), WallTime{}));
    ASSERT_TRUE(walk.header());
    walk.skip();
    const auto header = walk.header();
    ASSERT_FALSE(header);
    EXPECT_EQ(header.error().code, Errc::kCorrupt);
    EXPECT_NE(header.error().message.find(path.string()), std::string::npos);
    ASSERT_EQ(parts->damage.all().size(), 1U);
    const Corruption found = parts->damage.all()[0];
    EXPECT_EQ(found.shard, kShard);
    EXPECT_EQ(found.file, path.string());
    EXPECT_EQ(found.offset, at);
    EXPECT_EQ(found.bytes, frame);
    EXPECT_EQ(found.first, Position(1));
}

}  // namespace
}  // namespace millrace::storage
