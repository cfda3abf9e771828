#include "storage/journal_scan.h"

#include <gtest/gtest.h>

#include "unit/storage/random.h"
#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

using Sequences = std::vector<std::uint64_t>;

// Journal files written by hand, block by block.
class JournalScanTest : public Store {
protected:
    struct Commit {
        std::uint64_t generation = 1;
        std::uint64_t sequence = 0;
        std::uint64_t previous = 0;
        std::string data = "data";
    };

    static std::vector<std::byte> bytes_of(const Commit& commit) {
        const FrameBytes frame = placed_frame(kShard, commit.sequence, commit.data);
        const CommitHeader header{commit.generation,
                                  commit.sequence,
                                  commit.previous,
                                  {{JournalEntry::Kind::kFrames, kShard, frame.size()}}};
        auto bytes = encode_commit_header(header, 0);
        add(bytes, frame);
        bytes.resize(header.total_bytes());
        return bytes;
    }
    void write(std::size_t number, const std::vector<Commit>& commits,
               std::size_t blank_blocks = 4) {
        std::vector<std::byte> bytes;
        for (const Commit& commit : commits) {
            add(bytes, bytes_of(commit));
        }
        bytes.resize(bytes.size() + blank_blocks * kJournalBlockBytes);
        files.store(file(number), bytes);
    }
    // One bit of the commit's body.
    void damage(std::size_t number, std::uint64_t block) {
        files.flip(file(number), block * kJournalBlockBytes + 100);
    }
    void damage_header(std::size_t number, std::uint64_t block) {
        files.flip(file(number), block * kJournalBlockBytes + 9);
    }
    env::Path file(std::size_t number) const { return parts->layout.journal_file(number); }

    JournalScan scan(JournalMark after = {}) {
        reopen();  // a report of its own
        auto found = scan_journal(*parts, after);
        EXPECT_TRUE(found);
        return std::move(found).value();
    }
    Sequences sequences(JournalMark after = {}) {
        Sequences out;
        for (const JournalCommit& commit : scan(after).commits) {
            out.push_back(commit.header.sequence);
        }
        return out;
    }
    std::size_t reported() const { return parts->damage.all().size(); }
};

TEST_F(JournalScanTest, AnEmptyJournalHoldsNothing) {
    const JournalScan found = scan({4, 9, 8192});
    EXPECT_TRUE(found.commits.empty());
    EXPECT_TRUE(found.files.empty());
    EXPECT_EQ(found.generation, 4U);
    EXPECT_EQ(found.sequence, 9U);
}

TEST_F(JournalScanTest, CommitsComeInOrderOverAllFiles) {
    write(1, {{1, 1, 0}, {1, 2, 1}});
    write(0, {{2, 3, 2}, {2, 4, 3}});
    EXPECT_EQ(sequences(), (Sequences{1, 2, 3, 4}));
    EXPECT_EQ(sequences({1, 1, kJournalBlockBytes}), (Sequences{2, 3, 4}));
    EXPECT_EQ(sequences({2, 3, kJournalBlockBytes}), (Sequences{4}));
    const JournalScan all = scan();
    EXPECT_EQ(all.generation, 2U);
    EXPECT_EQ(all.sequence, 4U);
    EXPECT_EQ(all.files, (std::vector<std::size_t>{0, 1}));
    EXPECT_EQ(as_text(Bytes(read_body(*parts, all.commits[0]).value()).subspan(35)), "data");
    EXPECT_EQ(reported(), 0U);
}

TEST_F(JournalScanTest, FailedCommitsAreVoidWhenALaterOneSaysSo) {
    write(0, {{1, 1, 0}, {1, 2, 1}, {1, 3, 1}});  // 2 failed; 3 in the same file
    EXPECT_EQ(sequences(), (Sequences{1, 3}));
    write(0, {{1, 1, 0}, {1, 2, 1}});
    write(1, {{2, 5, 1}, {2, 6, 5}});  // 3 and 4 left nothing
    EXPECT_EQ(sequences(), (Sequences{1, 5, 6}));
    damage(0, 1);  // a void one may be anything
    EXPECT_EQ(sequences(), (Sequences{1, 5, 6}));
    EXPECT_EQ(reported(), 0U);
}

TEST_F(JournalScanTest, TheNewestMayBeTorn) {
    write(0, {{1, 1, 0}, {1, 2, 1}});
    for (const std::uint64_t cut : {1U, 39U, 64U, 90U, 101U}) {
        write(0, {{1, 1, 0}, {1, 2, 1}});
        files.cut(file(0), kJournalBlockBytes + cut);
        EXPECT_EQ(sequences(), Sequences{1}) << cut;
        EXPECT_EQ(reported(), 0U) << cut;
    }
    write(0, {{1, 1, 0}, {1, 2, 1}});
    damage(0, 1);
    const JournalScan torn = scan();
    EXPECT_EQ(torn.commits.size(), 1U);
    EXPECT_EQ(torn.sequence, 2U) << "its number is not given out again";
    EXPECT_EQ(reported(), 0U);
}

TEST_F(JournalScanTest, OneThatIsDamagedBeforeALaterOneIsReported) {
    for (const bool header : {false, true}) {
        write(0, {{1, 1, 0}, {1, 2, 1}, {1, 3, 2}});
        header ? damage_header(0, 1) : damage(0, 1);
        EXPECT_EQ(sequences(), (Sequences{1, 3}));
        EXPECT_EQ(reported(), 1U);
        write(0, {{1, 1, 0}, {1, 2, 1}});
        write(1, {{2, 3, 2}});
        header ? damage_header(0, 1) : damage(0, 1);
        EXPECT_EQ(sequences(), (Sequences{1, 3}));
        EXPECT_EQ(reported(), 1U);
        files.remove(file(1)).value();
    }
}

TEST_F(JournalScanTest, ADamagedFirstBlockIsReportedAndTheRestFound) {
    for (const bool header : {false, true}) {
        write(0, {{1, 1, 0}, {1, 2, 1}, {1, 3, 2}});
        header ? damage_header(0, 0) : damage(0, 0);
        EXPECT_EQ(sequences(), (Sequences{2, 3}));
        EXPECT_EQ(reported(), 1U);
    }
}

TEST_F(JournalScanTest, DamageBeforeTheMarkDoesNotMatter) {
    write(0, {{1, 1, 0}, {1, 2, 1}, {1, 3, 2}});
    damage(0, 0);
    damage(0, 1);
    EXPECT_EQ(sequences({1, 2, 2 * kJournalBlockBytes}), Sequences{3});
    damage_header(0, 0);
    EXPECT_EQ(sequences({1, 2, 2 * kJournalBlockBytes}), Sequences{3});
    EXPECT_EQ(reported(), 0U);
}

TEST_F(JournalScanTest, AMissingFileIsReported) {
    write(0, {{1, 1, 0}});
    write(1, {{2, 2, 1}});
    write(2, {{3, 3, 2}});
    files.remove(file(1)).value();
    EXPECT_EQ(sequences(), (Sequences{1, 3}));
    EXPECT_EQ(reported(), 1U);
    files.remove(file(0)).value();
    EXPECT_EQ(sequences(), Sequences{3});
    EXPECT_EQ(reported(), 1U);
    EXPECT_EQ(sequences({2, 2, 4096}), Sequences{3});
    EXPECT_EQ(reported(), 0U);
}

TEST_F(JournalScanTest, WhatEarlierUsesOfAFileLeftIsNotRead) {
    // The file was used up to block 4, then used again for two commits.
    write(0, {{3, 8, 7}, {3, 9, 8}, {1, 3, 2}, {1, 4, 3}}, 0);
    EXPECT_EQ(sequences({2, 7, 0}), (Sequences{8, 9}));
    EXPECT_EQ(reported(), 0U);
    damage(0, 1);
    EXPECT_EQ(sequences({2, 7, 0}), Sequences{8}) << "torn";
    EXPECT_EQ(reported(), 0U);
}

// Payloads are the clients', and lie where blocks begin. One that looks like a commit must not be
// taken for one, were it even of a later use.
TEST_F(JournalScanTest, CommitsOfAnotherUseOfAFileAreNotRead) {
    write(0, {{3, 8, 7}, {9, 100, 50}}, 0);
    EXPECT_EQ(sequences({2, 7, 0}), Sequences{8});
    EXPECT_EQ(sequences({3, 8, kJournalBlockBytes}), Sequences{});
}

TEST_F(JournalScanTest, CommitsOfManyBlocksAreSteppedOver) {
    const std::string large(3 << 20, 'x');
    write(0, {{1, 1, 0, large}, {1, 2, 1}, {1, 3, 2, large}});
    EXPECT_EQ(sequences(), (Sequences{1, 2, 3}));
    damage(0, 5);
    EXPECT_EQ(sequences(), (Sequences{2, 3}));
    EXPECT_EQ(reported(), 1U);
}

TEST_F(JournalScanTest, RandomDamageIsNeverTakenForACommit) {
    SCOPED_TRACE(Random::trace());
    Random random;
    for (int round = 0; round < 300; ++round) {
        const std::vector<Commit> commits = {
            {1, 1, 0}, {1, 2, 1}, {1, 3, 2, std::string(9000, 'y')}, {1, 4, 3}};
        write(0, commits, 1);
        auto bytes = files.load(file(0));
        for (std::uint64_t n = random.below(4); n > 0; --n) {
            random.flip(bytes);
        }
        if (random.below(3) == 0) {
            bytes.resize(random.below(bytes.size()));
        }
        files.store(file(0), bytes);
        for (const JournalCommit& commit : scan().commits) {
            const auto body = read_body(*parts, commit).value();
            const auto sequence = commit.header.sequence;
            ASSERT_TRUE(sequence >= 1 && sequence <= commits.size());
            EXPECT_EQ(as_text(Bytes(body).subspan(35)), commits[sequence - 1].data);
        }
    }
}

TEST_F(JournalScanTest, OtherFilesAreNotTouched) {
    files.store("/data/journal/checkpoint", as_bytes("x"));
    files.store("/data/journal/0000.log", as_bytes("x"));
    EXPECT_TRUE(scan().files.empty());
}

}  // namespace
}  // namespace millrace::storage
