#include "storage/journal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

class JournalTest : public Store {
protected:
    JournalTest() {
        options.journal_file_bytes = kJournalFileBytesMin;
        options.journal_files = 3;
        reopen();
    }

    Journal journal(JournalMark after = {}, bool sync = true) {
        const auto found = scan_journal(*parts, after);
        EXPECT_TRUE(found);
        return {*parts, metrics, found.value(), sync};
    }
    Result<void> commit(Journal& journal, std::uint64_t position, std::size_t bytes = 10) {
        const FrameBytes frame = placed_frame(kShard, position, std::string(bytes, 'x'));
        const std::vector<JournalEntry> entries = {
            {JournalEntry::Kind::kFrames, kShard, frame.size()}};
        MILLRACE_TRY(journal.make_room(entries));
        const Bytes body(frame);
        return journal.commit(entries, std::span(&body, 1));
    }
    // Sequence numbers of the durable commits after the mark.
    std::vector<std::uint64_t> durable(JournalMark after = {}) {
        std::vector<std::uint64_t> sequences;
        const JournalScan scan = scan_journal(*parts, after).value();
        for (const JournalCommit& commit : scan.commits) {
            sequences.push_back(commit.header.sequence);
        }
        return sequences;
    }

    Metrics metrics;
};

using Sequences = std::vector<std::uint64_t>;

TEST_F(JournalTest, CommitsAreFoundAgain) {
    Journal first = journal();
    for (std::uint64_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(commit(first, i));
    }
    EXPECT_EQ(durable(), (Sequences{1, 2, 3}));
    EXPECT_EQ(first.mark(), (JournalMark{1, 3, 3 * kJournalBlockBytes}));
    EXPECT_EQ(durable(first.mark()), Sequences{});
    ASSERT_TRUE(commit(first, 3));
    EXPECT_EQ(durable({1, 3, 3 * kJournalBlockBytes}), Sequences{4});
}

TEST_F(JournalTest, TheNextProcessGoesOnInAFileOfItsOwn) {
    Journal first = journal();
    ASSERT_TRUE(commit(first, 0));
    Journal second = journal();
    ASSERT_TRUE(commit(second, 1));
    EXPECT_EQ(durable(), (Sequences{1, 2}));
    EXPECT_TRUE(files.exists("/data/journal/000.log"));
    EXPECT_TRUE(files.exists("/data/journal/001.log"));
    EXPECT_EQ(second.mark().generation, 2U);
}

TEST_F(JournalTest, EveryCommitIsSyncedBeforeItReturns) {
    Journal synced = journal();
    ASSERT_TRUE(commit(synced, 0));
    const auto before = files.calls(Call::kSyncData);
    ASSERT_TRUE(commit(synced, 1));
    EXPECT_EQ(files.calls(Call::kSyncData), before + 1);
}

TEST_F(JournalTest, WithoutTheNeedNothingIsSynced) {
    Journal unsynced = journal({}, false);
    ASSERT_TRUE(commit(unsynced, 0));
    EXPECT_EQ(files.calls(Call::kSyncData), 0);
    EXPECT_EQ(durable(), Sequences{1});
}

TEST_F(JournalTest, WhatIsToBeSyncedGoesToBlocksThatWereWrittenBefore) {
    const env::Path path = "/data/journal/000.log";
    const std::vector<std::byte> used(kJournalFileBytesMin, std::byte{0xFF});
    constexpr std::uint64_t kFresh = 256 << 10;
    // Where the file's last use shows again.
    const auto written = [&] {
        const std::vector<std::byte> bytes = files.load(path);
        EXPECT_EQ(bytes.size(), used.size());
        return std::find(bytes.begin(), bytes.end(), std::byte{0xFF}) - bytes.begin();
    };
    files.store(path, used);
    Journal synced = journal();
    ASSERT_TRUE(commit(synced, 0));
    EXPECT_EQ(written(), kFresh);
    files.patch(path, kFresh - 1, Bytes(used).first(1));
    ASSERT_TRUE(commit(synced, 1));
    EXPECT_EQ(written(), kFresh - 1) << "once is enough";
    ASSERT_TRUE(commit(synced, 2, kFresh));
    EXPECT_EQ(written(), 2 * kFresh);
    EXPECT_EQ(durable(), (Sequences{1, 2, 3}));

    files.store(path, used);
    Journal unsynced = journal({}, false);
    ASSERT_TRUE(commit(unsynced, 0));
    EXPECT_EQ(written(), kJournalBlockBytes);
}

TEST_F(JournalTest, AFileIsReusedOnlyWhenACheckpointCoversIt) {
    Journal ring = journal();
    constexpr std::size_t kMost = 12 << 20;  // one commit to a file
    for (std::uint64_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(commit(ring, i, kMost));
    }
    const auto full = commit(ring, 3, kMost);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, Errc::kOverloaded);
    ring.release(1);
    ASSERT_TRUE(commit(ring, 3, kMost));
    EXPECT_EQ(ring.mark().generation, 4U);
    EXPECT_FALSE(commit(ring, 4, kMost));
    EXPECT_EQ(durable({1, 1, 0}), (Sequences{2, 3, 4}));
}

TEST_F(JournalTest, AFileThatIsThereIsUsedBeforeOneIsMade) {
    Journal ring = journal();
    constexpr std::size_t kMost = 12 << 20;
    for (std::uint64_t i = 0; i < 6; ++i) {
        ASSERT_TRUE(commit(ring, i, kMost));
        ring.release(i + 1);
    }
    EXPECT_TRUE(files.exists("/data/journal/001.log"));
    EXPECT_FALSE(files.exists("/data/journal/002.log"));
    EXPECT_EQ(durable({6, 5, 0}), Sequences{6});
}

TEST_F(JournalTest, ACommitLargerThanAFileIsRefused) {
    Journal ring = journal();
    const auto large = commit(ring, 0, kJournalFileBytesMin);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, Errc::kInvalid);
    EXPECT_TRUE(commit(ring, 0));
}

TEST_F(JournalTest, AfterAFailureItGoesOnInAnotherFileAndVoidsWhatFailed) {
    for (const Call call : {Call::kWrite, Call::kSyncData}) {
        const auto mark = journal().mark();
        Journal failing = journal(mark);
        ASSERT_TRUE(commit(failing, 0));
        files.inject({.calls = {call}, .part = "journal"});
        EXPECT_FALSE(commit(failing, 1));
        EXPECT_TRUE(failing.failed());
        const auto good = failing.mark().sequence;
        failing.release(good);
        ASSERT_TRUE(failing.reopen());
        EXPECT_FALSE(failing.failed());
        ASSERT_TRUE(commit(failing, 1));
        EXPECT_EQ(durable(mark), (Sequences{good, good + 2}));
    }
    EXPECT_TRUE(parts->damage.all().empty());
}

TEST_F(JournalTest, TheFileThatFailedIsNotSyncedAgain) {
    Journal failing = journal();
    ASSERT_TRUE(commit(failing, 0));
    files.inject({.calls = {Call::kSyncData}, .part = "000.log", .times = 2});
    EXPECT_FALSE(commit(failing, 1));
    ASSERT_TRUE(failing.reopen());
    ASSERT_TRUE(commit(failing, 1));
    files.clear_faults();
    EXPECT_EQ(durable(), (Sequences{1, 3}));
}

TEST_F(JournalTest, ReopeningMayFailAndBeTriedAgain) {
    Journal failing = journal();
    ASSERT_TRUE(commit(failing, 0));
    files.inject({.calls = {Call::kSyncData}, .part = "journal", .times = 2});
    EXPECT_FALSE(commit(failing, 1));
    EXPECT_FALSE(failing.reopen());
    EXPECT_TRUE(failing.failed());
    ASSERT_TRUE(failing.reopen());
    EXPECT_TRUE(commit(failing, 1));
    EXPECT_EQ(durable(), (Sequences{1, 3}));
}

TEST_F(JournalTest, AHeaderMayTakeMoreThanABlock) {
    Journal ring = journal();
    std::vector<JournalEntry> entries;
    for (std::uint32_t i = 0; i < 1000; ++i) {
        entries.push_back({JournalEntry::Kind::kCreate, {9, i}, 0});
    }
    ASSERT_TRUE(ring.make_room(entries));
    ASSERT_TRUE(ring.commit(entries, {}));
    ASSERT_TRUE(commit(ring, 0));
    const auto scan = scan_journal(*parts, {}).value();
    ASSERT_EQ(scan.commits.size(), 2U);
    EXPECT_EQ(scan.commits[0].header.entries, entries);
}

}  // namespace
}  // namespace millrace::storage
