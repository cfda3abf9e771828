#include "stream/catalog.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "stream/command_codec.h"
#include "unit/stream/commands.h"
#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

class CatalogTest : public testing::Test {
protected:
    CatalogTest() { reopen(); }

    void reopen(std::uint32_t snapshot_commands = 1000) {
        catalog_.reset();
        log_.emplace(*memory_);
        catalog_ = std::make_unique<Catalog>(*log_, snapshot_commands);
        const auto loaded = test::sync_wait(catalog_->load());
        ASSERT_TRUE(loaded) << loaded.error().message;
    }
    Result<Applied> propose(Action action, WallTime time = kStart) {
        return test::sync_wait(catalog_->propose(command(std::move(action), time)));
    }
    std::size_t logged() { return test::sync_wait(memory_->load()).value().commands.size(); }
    bool has_snapshot() { return !test::sync_wait(memory_->load()).value().snapshot.empty(); }

    std::unique_ptr<test::MemoryEngine> memory_ = std::make_unique<test::MemoryEngine>();
    std::optional<FailingLog> log_;
    std::unique_ptr<Catalog> catalog_;
};

TEST_F(CatalogTest, WhatWasAnsweredIsThereAfterARestart) {
    RandomCommands commands(11);
    for (int i = 0; i < 300; ++i) {
        const auto next = commands.next(catalog_->copy());
        ASSERT_TRUE(propose(next.action, next.time));
        if (i % 37 == 0) {
            const CatalogState before = catalog_->copy();
            reopen(20);
            ASSERT_EQ(catalog_->copy(), before) << "after " << i << " commands";
        }
    }
}

TEST_F(CatalogTest, ARefusedCommandIsNotLogged) {
    ASSERT_EQ(propose(create_action(1, "a")).value().outcome, Outcome::kApplied);
    ASSERT_EQ(logged(), 1U);
    EXPECT_EQ(propose(create_action(2, "a")).value().outcome, Outcome::kExists);
    EXPECT_EQ(propose(ActivateStream{StreamUid(9)}).value().outcome, Outcome::kNotFound);
    EXPECT_EQ(logged(), 1U);
}

TEST_F(CatalogTest, NoFirstCommandBeforeWhatItReliesOn) {
    int asked = 0;
    bool works = false;
    catalog_->before_first([&]() -> Task<Result<void>> {
        ++asked;
        EXPECT_EQ(logged(), 0U);
        if (!works) {
            co_return Error{Errc::kIo, "not yet"};
        }
        co_return success();
    });
    EXPECT_EQ(propose(ActivateStream{StreamUid(9)}).value().outcome, Outcome::kNotFound);
    EXPECT_EQ(asked, 0) << "nothing is to be logged";
    const auto refused = propose(create_action(1, "a"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "not yet");
    EXPECT_EQ(catalog_->find(StreamUid(1)), nullptr);
    EXPECT_EQ(logged(), 0U);
    works = true;
    EXPECT_EQ(propose(create_action(1, "a")).value().outcome, Outcome::kApplied);
    EXPECT_EQ(propose(create_action(2, "b")).value().outcome, Outcome::kApplied);
    EXPECT_TRUE(test::sync_wait(catalog_->prepare()));
    EXPECT_EQ(asked, 2) << "once it has succeeded it is not asked for again";
}

TEST_F(CatalogTest, AnUnloggedCommandIsNotSeen) {
    log_->commits_left = 0;
    const auto answer = propose(create_action(1, "a"));
    ASSERT_FALSE(answer);
    EXPECT_EQ(catalog_->find(StreamUid(1)), nullptr);
    log_->commits_left = 1;
    EXPECT_EQ(propose(create_action(1, "a")).value().outcome, Outcome::kApplied);
}

TEST_F(CatalogTest, ACommandLoggedButNotAnsweredShowsAfterTheRestart) {
    log_->commits_left = 0;
    log_->keep_the_failing_one = true;
    ASSERT_FALSE(propose(create_action(1, "a")));
    EXPECT_EQ(catalog_->find(StreamUid(1)), nullptr);
    reopen();
    EXPECT_NE(catalog_->find(StreamUid(1)), nullptr);
}

TEST_F(CatalogTest, ALoggedButFailedCommandLosesToTheOneAnsweredAfterIt) {
    ASSERT_TRUE(propose(create_action(1, "before")));
    log_->keep_the_failing_one = true;
    for (std::uint64_t uid = 2; uid <= 4; ++uid) {
        log_->commits_left = 0;
        ASSERT_FALSE(propose(create_action(uid, "a")));
    }
    log_->commits_left = 2;
    ASSERT_EQ(propose(create_action(5, "a")).value().outcome, Outcome::kApplied);
    ASSERT_EQ(propose(ActivateStream{StreamUid(5)}).value().outcome, Outcome::kApplied);
    const CatalogState answered = catalog_->copy();
    reopen();
    EXPECT_EQ(catalog_->copy(), answered);
    EXPECT_EQ(catalog_->find(StreamUid(2)), nullptr);
}

TEST_F(CatalogTest, AMissingCommandStopsTheStart) {
    Command second = command(create_action(2, "b"));
    second.number = 2;
    ASSERT_TRUE(test::sync_wait(memory_->commit(encode_command(second))));
    Catalog catalog(*memory_, 1000);
    const auto loaded = test::sync_wait(catalog.load());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::kCorrupt);
}

TEST_F(CatalogTest, ACommandThatDoesNotApplyStopsTheStart) {
    Command first = command(ActivateStream{StreamUid(1)});
    first.number = 1;
    ASSERT_TRUE(test::sync_wait(memory_->commit(encode_command(first))));
    Catalog catalog(*memory_, 1000);
    EXPECT_FALSE(test::sync_wait(catalog.load()));
}

TEST_F(CatalogTest, ReadersSeeACommandOnlyOnceItIsDurable) {
    test::MemoryEngine::Options options;
    options.delayed = true;
    test::MemoryEngine slow(options);
    Catalog catalog(slow, 1000);
    bool loaded = false;
    start(catalog.load(), Callback<void(std::optional<Result<void>>)>(
                              [&](auto result) { loaded = result.has_value() && *result; }));
    slow.release();
    ASSERT_TRUE(loaded);
    int answered = 0;
    for (std::uint64_t uid = 1; uid <= 2; ++uid) {
        auto done = [&](std::optional<Result<Applied>> result) {
            EXPECT_TRUE(result.has_value() && *result);
            ++answered;
        };
        start(catalog.propose(command(create_action(uid, "s" + std::to_string(uid)))),
              Callback<void(std::optional<Result<Applied>>)>(done));
    }
    EXPECT_EQ(slow.waiting(), 1U) << "one command in flight at a time";
    EXPECT_EQ(catalog.find(StreamUid(1)), nullptr);
    slow.release();
    EXPECT_EQ(answered, 2);
    EXPECT_NE(catalog.find(StreamUid(1)), nullptr);
    EXPECT_NE(catalog.find(StreamUid(2)), nullptr);
}

TEST_F(CatalogTest, ASnapshotReplacesTheCommandsItCovers) {
    reopen(3);
    for (std::uint64_t uid = 1; uid <= 7; ++uid) {
        ASSERT_TRUE(propose(create_action(uid, "s" + std::to_string(uid))));
    }
    EXPECT_EQ(log_->snapshots, 2U);
    EXPECT_EQ(logged(), 1U);
    const CatalogState before = catalog_->copy();
    reopen(3);
    EXPECT_EQ(catalog_->copy(), before);
    ASSERT_TRUE(test::sync_wait(catalog_->checkpoint()));
    EXPECT_EQ(logged(), 0U);
    EXPECT_EQ(log_->snapshots, 1U);
    ASSERT_TRUE(test::sync_wait(catalog_->checkpoint()));
    EXPECT_EQ(log_->snapshots, 1U) << "nothing new to cover";
    reopen(3);
    EXPECT_EQ(catalog_->copy(), before);
}

TEST_F(CatalogTest, AFailedSnapshotCostsNoCommand) {
    reopen(2);
    log_->snapshots_fail = true;
    for (std::uint64_t uid = 1; uid <= 5; ++uid) {
        ASSERT_TRUE(propose(create_action(uid, "s" + std::to_string(uid))));
    }
    EXPECT_FALSE(has_snapshot());
    EXPECT_FALSE(test::sync_wait(catalog_->checkpoint()));
    log_->snapshots_fail = false;
    ASSERT_TRUE(propose(create_action(6, "s6")));
    EXPECT_TRUE(has_snapshot());
    reopen();
    EXPECT_EQ(catalog_->all().size(), 6U);
}

TEST_F(CatalogTest, ACommandOfANewerVersionStopsTheStart) {
    ASSERT_TRUE(test::sync_wait(memory_->commit(R"({"v":9,"n":1,"do":"x","with":{},"time":1})")));
    Catalog catalog(*memory_, 1000);
    const auto loaded = test::sync_wait(catalog.load());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::kUnsupported);
    EXPECT_NE(loaded.error().message.find("position 0"), std::string::npos);
}

TEST_F(CatalogTest, ADamagedSnapshotStopsTheStart) {
    ASSERT_TRUE(test::sync_wait(memory_->snapshot(storage::Position(0), "{\"v\":1,")));
    Catalog catalog(*memory_, 1000);
    const auto loaded = test::sync_wait(catalog.load());
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Errc::kCorrupt);
}

TEST_F(CatalogTest, HoldsTenThousandShardsAndThousandsOfStreams) {
    ASSERT_TRUE(propose(create_action(1, "wide", 10'000)));
    ASSERT_TRUE(propose(ActivateStream{StreamUid(1)}));
    for (std::uint64_t uid = 2; uid <= 3000; ++uid) {
        ASSERT_TRUE(propose(create_action(uid, "s" + std::to_string(uid))));
    }
    EXPECT_LT(test::sync_wait(memory_->load()).value().snapshot.size(), 2'000'000U);
    const CatalogState before = catalog_->copy();
    reopen();
    EXPECT_EQ(catalog_->copy(), before);
    EXPECT_EQ(catalog_->find(StreamUid(1))->open_shards(), 10'000U);
    EXPECT_EQ(catalog_->totals({"000000000000", "us-east-1"}).streams, 3000U);
}

}  // namespace
}  // namespace millrace::stream
