#include "storage/shard_log.h"

#include <gtest/gtest.h>

#include "storage/segment.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

class ShardLogTest : public Store {
protected:
    std::shared_ptr<ShardLog> fresh() {
        return std::make_shared<ShardLog>(*parts, state_of(kShard));
    }
    // As recovery makes it from a checkpoint of `log`.
    std::shared_ptr<ShardLog> reopened(const ShardLog& log) {
        const ShardState state = log.state();
        reopen();
        return std::make_shared<ShardLog>(*parts, state);
    }
    static void checkpoint(ShardLog& log) {
        const ShardState state = log.state();
        for (const auto& file : log.take_unsynced().files) {
            file->sync_data().value();
        }
        log.synced(state);
    }
    std::vector<std::string> segments() {
        auto names = files.list("/data/shards/0000000000000001/2").value();
        std::erase_if(names, [](const std::string& name) { return !name.ends_with(".log"); });
        return names;
    }
    static std::vector<Doomed> doomed(std::vector<std::uint64_t> firsts) {
        std::vector<Doomed> all;
        for (const std::uint64_t first : firsts) {
            all.push_back({Doomed::Kind::kSegment, kShard, Position(first)});
        }
        return all;
    }
    void remove(const std::vector<Doomed>& doomed) {
        for (const Doomed& one : doomed) {
            ASSERT_TRUE(remove_segment(*parts, one.path(parts->layout)));
        }
    }
    std::size_t bytes_of(const ShardLog& log) {
        return files.load(log.segment_path(log.state().segments.back().first)).size();
    }
};

TEST_F(ShardLogTest, NumbersAndStampsWhatItStages) {
    const auto log = fresh();
    FrameBytes frames = frame_of("a", 5000);
    add(frames, frame_of("b", 4000));  // the clock stepped back
    log->stage(frames);
    EXPECT_EQ(load_header(frames).position, 0U);
    const FrameHeader second = load_header(Bytes(frames).subspan(frames.size() / 2));
    EXPECT_EQ(second.position, 1U);
    EXPECT_EQ(second.stamp_ms, 5000);
    EXPECT_EQ(check_frame(frames, log->seed()), FrameState::kWhole);
    EXPECT_EQ(log->staged_bytes(), frames.size());
}

TEST_F(ShardLogTest, NothingIsReadableBeforeItIsPublished) {
    const auto log = fresh();
    append(*log, "a");
    FrameBytes frame = frame_of("b");
    log->stage(frame);
    EXPECT_EQ(text(*log), "0:a");
    ASSERT_TRUE(log->write_staged());
    EXPECT_EQ(text(*log), "0:a");
    log->publish(granted);
    EXPECT_EQ(text(*log), "0:a 1:b");
    EXPECT_EQ(log->state().next, Position(2));
}

TEST_F(ShardLogTest, WhatIsRolledBackWasNever) {
    const auto log = fresh();
    append(*log, "a");
    const auto before = log->state();
    for (const bool written : {false, true}) {
        FrameBytes frame = frame_of("void");
        log->stage(frame);
        if (written) {
            ASSERT_TRUE(log->write_staged());
        }
        log->rollback();
        EXPECT_FALSE(log->broken());
        EXPECT_FALSE(log->staged());
        EXPECT_EQ(log->state(), before);
        EXPECT_EQ(bytes_of(*log), before.segments.back().bytes);
    }
    append(*log, "b");
    EXPECT_EQ(text(*log), "0:a 1:b");
}

TEST_F(ShardLogTest, ARolledBackEndIsNoEnd) {
    const auto log = fresh();
    FrameBytes end = frame_of({}, kStampMs, FrameKind::kEnd);
    log->stage(end);
    EXPECT_TRUE(log->ended());
    log->rollback();
    EXPECT_FALSE(log->ended());
    append(*log, "a");
    EXPECT_EQ(text(*log), "0:a");
}

TEST_F(ShardLogTest, ARolledBackSegmentIsRemoved) {
    const auto log = fresh();
    FrameBytes frame = frame_of("void");
    log->stage(frame);
    ASSERT_TRUE(log->write_staged());
    EXPECT_EQ(segments().size(), 1U);
    log->rollback();
    EXPECT_TRUE(segments().empty());
    append(*log, "a");
    EXPECT_EQ(text(*log), "0:a");
}

TEST_F(ShardLogTest, AFailedWriteLeavesNothing) {
    const auto log = fresh();
    files.inject({.calls = {Call::kWrite}, .part = "shards"});
    EXPECT_FALSE(try_append(*log, "void"));
    append(*log, "a");
    files.inject({.calls = {Call::kWrite}, .part = "shards"});
    EXPECT_FALSE(try_append(*log, "void, and longer"));
    EXPECT_FALSE(log->broken());
    append(*log, "b");
    EXPECT_EQ(text(*log), "0:a 1:b");
    EXPECT_EQ(bytes_of(*log), log->state().segments.back().bytes);
}

TEST_F(ShardLogTest, ItIsBrokenUntilItIsMended) {
    const auto log = fresh();
    append(*log, "a");
    files.inject({.calls = {Call::kWrite}, .part = "shards"});
    files.inject({.calls = {Call::kTruncate}, .part = "shards", .times = 2});
    EXPECT_FALSE(try_append(*log, "void"));
    EXPECT_TRUE(log->broken());
    EXPECT_EQ(text(*log), "0:a") << "reads go on";
    EXPECT_FALSE(log->mend());
    EXPECT_TRUE(log->broken());
    ASSERT_TRUE(log->mend());
    EXPECT_FALSE(log->broken());
    append(*log, "b");
    EXPECT_EQ(text(*log), "0:a 1:b");
}

TEST_F(ShardLogTest, ANewSegmentThatCannotBeRemovedBreaksIt) {
    const auto log = fresh();
    files.inject({.calls = {Call::kWrite}, .part = "shards"});
    files.inject({.calls = {Call::kRemove}, .part = "shards"});
    EXPECT_FALSE(try_append(*log, "void"));
    EXPECT_TRUE(log->broken());
    ASSERT_TRUE(log->mend());
    EXPECT_TRUE(segments().empty());
    append(*log, "a");
    EXPECT_EQ(text(*log), "0:a");
}

TEST_F(ShardLogTest, WhatAnUnacknowledgedCommitLeftIsReplaced) {
    files.store("/data/shards/0000000000000001/2/00000000000000000000.log", as_bytes("junk"));
    const auto log = fresh();
    append(*log, "a");
    EXPECT_EQ(text(*log), "0:a");
}

TEST_F(ShardLogTest, SegmentsRollBySize) {
    options.segment_bytes = 200;
    reopen();
    const auto log = fresh();
    const std::string data(100, 'x');
    for (int i = 0; i < 5; ++i) {
        append(*log, data);
    }
    EXPECT_EQ(segments(),
              (std::vector<std::string>{"00000000000000000000.log", "00000000000000000002.log",
                                        "00000000000000000004.log"}));
    EXPECT_EQ(read(*log).value().records.size(), 5U);
    EXPECT_EQ(read(*log, 3).value().records.size(), 2U);
}

TEST_F(ShardLogTest, SegmentsRollByAge) {
    const auto log = fresh();
    append(*log, "a");
    clock.advance(options.segment_age - Millis(1));
    append(*log, "b");
    EXPECT_EQ(segments().size(), 1U);
    clock.advance(Millis(1));
    append(*log, "c");
    EXPECT_EQ(segments().size(), 2U);
    EXPECT_EQ(text(*log), "0:a 1:b 2:c");
}

TEST_F(ShardLogTest, AFailedRollGoesBackToTheSegmentBefore) {
    const auto log = fresh();
    append(*log, "a");
    clock.advance(options.segment_age);
    for (const Call call : {Call::kCreate, Call::kWrite}) {
        files.inject({.calls = {call}, .part = "shards"});
        EXPECT_FALSE(try_append(*log, "void"));
        EXPECT_FALSE(log->broken());
        EXPECT_EQ(segments().size(), 1U);
    }
    append(*log, "b");
    EXPECT_EQ(text(*log), "0:a 1:b");
    EXPECT_EQ(segments().size(), 2U);
}

TEST_F(ShardLogTest, AFinishedSegmentLeavesItsIndex) {
    options.segment_bytes = 3 * kIndexStrideBytes;
    reopen();
    const auto log = fresh();
    for (int i = 0; i < 10; ++i) {
        append(*log, std::string(kIndexStrideBytes / 2, 'x'));
    }
    const auto state = log->state();
    ASSERT_GE(state.segments.size(), 2U);
    const auto hint = log->directory() / index_name(Position(0));
    ASSERT_TRUE(files.exists(hint));
    const auto index =
        decode_index(files.load(hint), kShard, Position(0), state.segments.front().bytes);
    ASSERT_TRUE(index);
    EXPECT_EQ(index->size(), 2U);
    for (const IndexEntry& entry : *index) {
        const auto bytes = files.load(log->segment_path(Position(0)));
        EXPECT_EQ(load_header(Bytes(bytes).subspan(entry.offset)).position, entry.position);
    }
}

// A view gives an entry as long as this process wrote all of the segment; afterwards its index
// file, or a scan, knows better.
TEST_F(ShardLogTest, AfterAReopenTheIndexIsElsewhere) {
    auto log = fresh();
    for (int i = 0; i < 10; ++i) {
        append(*log, std::string(kIndexStrideBytes / 2, 'x'));
    }
    auto view = log->view(Position(9), WallTime{}).value();
    ASSERT_TRUE(view.entry);
    EXPECT_LE(view.entry->position, 9U);
    EXPECT_FALSE(view.index_elsewhere);
    EXPECT_FALSE(log->view(Position(0), WallTime{}).value().index_elsewhere);
    log->save_active_index();
    EXPECT_TRUE(files.exists(log->directory() / index_name(Position(0))));

    log = reopened(*log);
    EXPECT_TRUE(log->view(Position(9), WallTime{}).value().index_elsewhere);
    append(*log, "new");
    append(*log, "newer");
    view = log->view(Position(11), WallTime{}).value();
    ASSERT_TRUE(view.entry) << "from where this process began";
    EXPECT_EQ(view.entry->position, 10U);
    EXPECT_TRUE(log->view(Position(9), WallTime{}).value().index_elsewhere);
    for (std::uint64_t from = 0; from < 12; ++from) {
        EXPECT_EQ(read(*log, from).value().records.size(), 12 - from);
    }
}

TEST_F(ShardLogTest, ReopenedItCutsOffWhatIsNotItsOwn) {
    auto log = fresh();
    append(*log, "a");
    const auto path = log->segment_path(Position(0));
    auto bytes = files.load(path);
    const std::size_t size = bytes.size();
    add(bytes, placed_frame(kShard, 1, "of a commit that failed"));
    files.store(path, bytes);
    log = reopened(*log);
    EXPECT_EQ(text(*log), "0:a");
    append(*log, "b");
    EXPECT_EQ(text(*log), "0:a 1:b");
    EXPECT_EQ(files.load(path).size(), size + frame_of("b").size());
}

TEST_F(ShardLogTest, ASegmentThatLostItsEndIsReportedAndNotWrittenTo) {
    auto log = fresh();
    append(*log, "a");
    append(*log, "b");
    log = reopened(*log);
    files.cut(log->segment_path(Position(0)), kSegmentHeaderBytes + frame_of("a").size() + 5);
    append(*log, "c");
    EXPECT_EQ(segments().size(), 2U);
    ASSERT_EQ(parts->damage.all().size(), 1U);
    EXPECT_EQ(parts->damage.all()[0].file, log->segment_path(Position(0)).string());
    EXPECT_EQ(text(*log), "0:a");
    EXPECT_FALSE(read(*log, 1)) << "a read at the damage fails";
    EXPECT_EQ(text(*log, 2), "2:c");
}

TEST_F(ShardLogTest, TrimTakesSegmentsThatAreOldAndDurable) {
    const auto log = fresh();
    append(*log, "a", 1000);
    clock.advance(options.segment_age);
    append(*log, "b", 2000);
    clock.advance(options.segment_age);
    append(*log, "c", 3000);
    EXPECT_TRUE(log->trim(wall_time(9000)).empty()) << "no checkpoint covers them";
    checkpoint(*log);
    EXPECT_TRUE(log->trim(wall_time(1000)).empty()) << "stamped before the horizon, not at it";
    const Doomed oldest{Doomed::Kind::kSegment, kShard, Position(0)};
    EXPECT_EQ(log->trim(wall_time(1001)), std::vector{oldest});
    EXPECT_EQ(text(*log), "1:b 2:c");
    EXPECT_EQ(log->first(), Position(1));
    EXPECT_EQ(log->trim(wall_time(9000)).size(), 2U) << "the active one, too";
    EXPECT_EQ(text(*log), "");
    EXPECT_EQ(log->first(), Position(3));
    EXPECT_EQ(log->state().next, Position(3));
    append(*log, "d", 4000);
    EXPECT_EQ(text(*log), "3:d");
}

TEST_F(ShardLogTest, TrimLeavesTheActiveSegmentWhileItHoldsMoreThanTheCheckpoint) {
    const auto log = fresh();
    constexpr WallTime kLater = WallTime(Millis(kStampMs + 1));
    append(*log, "a");
    checkpoint(*log);
    append(*log, "b");
    EXPECT_TRUE(log->trim(kLater).empty());
    FrameBytes frame = frame_of("c");
    checkpoint(*log);
    log->stage(frame);
    EXPECT_TRUE(log->trim(kLater).empty()) << "something is staged";
    log->rollback();
    EXPECT_EQ(log->trim(kLater).size(), 1U);
}

TEST_F(ShardLogTest, ASyncedSegmentIsLeftToTheCacheToKeepOpen) {
    const auto log = fresh();
    append(*log, "a");
    const env::Path path = log->segment_path(Position(0));
    const auto file = parts->open_files.find(path);
    ASSERT_NE(file, nullptr);
    parts->open_files.forget(path);
    EXPECT_GT(file.use_count(), 1) << "not synced yet";
    checkpoint(*log);
    EXPECT_EQ(file.use_count(), 1);
    append(*log, "b");
    EXPECT_EQ(text(*log), "0:a 1:b");
}

TEST_F(ShardLogTest, TrimBelowAPositionKeepsTheSegmentThatHoldsIt) {
    const auto log = fresh();
    for (int i = 0; i < 4; ++i) {
        append(*log, "x");
        clock.advance(options.segment_age);
    }
    EXPECT_TRUE(log->trim_below(Position(3)).empty()) << "no checkpoint covers them";
    checkpoint(*log);
    EXPECT_TRUE(log->trim_below(Position(0)).empty());
    EXPECT_EQ(log->trim_below(Position(2)).size(), 2U);
    EXPECT_EQ(log->first(), Position(2));
    EXPECT_EQ(log->trim_below(Position(99)).size(), 1U) << "never the last";
}

TEST_F(ShardLogTest, AfterAFailedSyncItIsRewrittenAndReadersGoOn) {
    const auto log = fresh();
    append(*log, "a");
    checkpoint(*log);
    append(*log, "b");
    clock.advance(options.segment_age);
    append(*log, "c");
    auto earlier = read(*log).value();
    log->not_synced(log->take_unsynced().directory_changed, true);
    EXPECT_TRUE(log->needs_rewrite());
    EXPECT_EQ(text(*log), "0:a 1:b 2:c");

    const std::vector<FrameBytes> journaled = {placed_frame(kShard, 1, "b"),
                                               placed_frame(kShard, 2, "c")};
    for (const Call call : {Call::kCreate, Call::kWrite, Call::kSyncData, Call::kRename}) {
        files.inject({.calls = {call}, .part = "shards"});
        EXPECT_FALSE(log->rewrite(journaled));
        EXPECT_TRUE(log->needs_rewrite());
        EXPECT_EQ(text(*log), "0:a 1:b 2:c");
    }
    const auto syncs = files.calls(Call::kSyncData);
    EXPECT_EQ(log->rewrite(journaled).value(), doomed({2}));
    EXPECT_GT(files.calls(Call::kSyncData), syncs);
    EXPECT_FALSE(log->needs_rewrite());
    EXPECT_EQ(segments().size(), 3U) << "a checkpoint that failed may list any of them";
    remove(doomed({2}));
    EXPECT_EQ(text_of(earlier), "0:a 1:b 2:c") << "of a read that had begun";
    EXPECT_EQ(text(*log), "0:a 1:b 2:c");
    append(*log, "d");
    EXPECT_EQ(text(*log), "0:a 1:b 2:c 3:d");
    const auto state = log->state();
    EXPECT_EQ(state.segments.front().bytes, kSegmentHeaderBytes + frame_of("a").size());
}

TEST_F(ShardLogTest, ALogWithoutACheckpointIsRewrittenFromItsStart) {
    const auto log = fresh();
    append(*log, "a");
    clock.advance(options.segment_age);
    append(*log, "b");
    log->not_synced(log->take_unsynced().directory_changed, true);
    const std::vector<FrameBytes> journaled = {placed_frame(kShard, 0, "a"),
                                               placed_frame(kShard, 1, "b")};
    EXPECT_EQ(log->rewrite(journaled).value(), doomed({1}));
    remove(doomed({1}));
    EXPECT_EQ(text(*log), "0:a 1:b");
    EXPECT_EQ(text(*log, 1), "1:b");
}

TEST_F(ShardLogTest, ASegmentThatIsReplacedTakesItsHintsAlong) {
    options.segment_bytes = 3 * kIndexStrideBytes;
    reopen();
    const auto log = fresh();
    std::vector<FrameBytes> journaled;
    while (log->state().segments.size() < 3) {
        const std::string data(kIndexStrideBytes / 2, 'x');
        journaled.push_back(placed_frame(kShard, log->next().value(), data));
        append(*log, data);
    }
    const auto hint = log->directory() / index_name(log->state().segments[1].first);
    ASSERT_TRUE(files.exists(hint));
    log->not_synced(log->take_unsynced().directory_changed, true);
    remove(log->rewrite(journaled).value());
    EXPECT_EQ(segments().size(), 1U);
    EXPECT_FALSE(files.exists(hint));
}

TEST_F(ShardLogTest, WhatMustBeSyncedIsHandedOutOnce) {
    const auto log = fresh();
    EXPECT_FALSE(log->dirty());
    append(*log, "a");
    append(*log, "b");
    EXPECT_TRUE(log->dirty());
    auto unsynced = log->take_unsynced();
    EXPECT_EQ(unsynced.files.size(), 1U);
    EXPECT_TRUE(unsynced.directory_changed);
    EXPECT_FALSE(log->dirty());
    log->not_synced(unsynced.directory_changed, false);
    EXPECT_TRUE(log->dirty());
    EXPECT_FALSE(log->needs_rewrite());
    static_cast<void>(log->take_unsynced());
    append(*log, "c");
    unsynced = log->take_unsynced();
    EXPECT_EQ(unsynced.files.size(), 1U);
    EXPECT_FALSE(unsynced.directory_changed);
}

TEST_F(ShardLogTest, WishesAreGrantedByWhatIsPublished) {
    const auto log = fresh();
    const auto wish = [](std::uint64_t position) {
        auto made = std::make_shared<Wish>();
        made->position = Position(position);
        return made;
    };
    const WishPtr zero = wish(0);
    const WishPtr one = wish(1);
    EXPECT_FALSE(log->wait(zero));
    EXPECT_FALSE(log->wait(one));
    FrameBytes frame = frame_of("a");
    log->stage(frame);
    ASSERT_TRUE(log->write_staged());
    EXPECT_TRUE(granted.empty());
    log->publish(granted);
    EXPECT_EQ(granted, std::vector{zero});
    EXPECT_TRUE(log->wait(wish(0))) << "granted already";
    granted.clear();
    seal(*log);
    EXPECT_EQ(granted, std::vector{one}) << "by the end";
    EXPECT_TRUE(log->wait(wish(100)));
}

TEST_F(ShardLogTest, DroppingGrantsEveryWishAndEndsReads) {
    const auto log = fresh();
    append(*log, "a");
    const auto wish = std::make_shared<Wish>();
    wish->position = Position(100);
    EXPECT_FALSE(log->wait(wish));
    granted.clear();
    log->drop(granted);
    EXPECT_EQ(granted.size(), 1U);
    const auto gone = read(*log);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, Errc::kNotFound);
}

TEST_F(ShardLogTest, ASealedLogEndsWhereItSays) {
    auto log = fresh();
    append(*log, "a");
    seal(*log);
    EXPECT_TRUE(log->ended());
    EXPECT_EQ(log->end(), Position(1));
    EXPECT_EQ(log->state().next, Position(2));
    auto result = read(*log).value();
    EXPECT_EQ(text_of(result), "0:a");
    EXPECT_EQ(result.tip, Position(1));
    EXPECT_TRUE(result.at_end);
    log = reopened(*log);
    EXPECT_TRUE(log->ended());
    result = read(*log).value();
    EXPECT_EQ(text_of(result), "0:a");
    EXPECT_TRUE(result.at_end);
}

}  // namespace
}  // namespace millrace::storage
