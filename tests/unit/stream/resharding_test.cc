// Resharding as a whole: the broker carries it through crashes and failures, and puts and reads go
// on meanwhile.
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "stream/record_writer.h"
#include "stream/scaling.h"
#include "unit/stream/reshards.h"
#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

constexpr Millis kDelay{500};
constexpr Millis kRetry{1000};

class ReshardingTest : public testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(log::configure("off", log::Format::kText));
        world_.settings.sweep_interval = std::chrono::hours(1);
    }
    void TearDown() override { ASSERT_TRUE(log::configure("info", log::Format::kText)); }

    // A put that may have to wait.
    struct Pending {
        std::vector<PutRecord> records;
        std::optional<std::vector<PutResult>> results;
    };
    std::unique_ptr<Pending> begin_put(const StreamPtr& stream, std::vector<PutRecord> records) {
        auto pending = std::make_unique<Pending>();
        pending->records = std::move(records);
        Callback<void(std::optional<std::vector<PutResult>>)> done =
            [raw = pending.get()](std::optional<std::vector<PutResult>> results) {
                raw->results = std::move(results);
            };
        start(world_.broker->put(stream, pending->records), std::move(done));
        return pending;
    }
    static PutRecord record(std::string_view key, std::string_view data) {
        return {key, as_bytes(data), std::nullopt};
    }
    // Until the log heals, the shards stay sealed without the catalog knowing of their children.
    void split_without_end(const StreamPtr& stream) {
        world_.log->commits_left = 1;
        ASSERT_EQ(world_.split(stream, 0).outcome, Outcome::kApplied);
        ASSERT_EQ(world_.find("a")->status, Status::kUpdating);
    }
    void heal() {
        world_.log->commits_left = ~std::size_t{0};
        world_.clock.advance(kRetry);
    }
    // Every record of the stream, ancestors first.
    std::vector<std::string> all_data() {
        std::vector<std::string> data;
        const StreamPtr stream = world_.find("a");
        for (const Shard& shard : stream->shards) {
            for (std::string& one : data_of(world_.read(stream, 0, 10'000, shard.no.value()))) {
                data.push_back(std::move(one));
            }
        }
        return data;
    }

    World world_;
};

using Texts = std::vector<std::string>;

TEST_F(ReshardingTest, WithoutADelayItIsDoneOnReturn) {
    world_.open();
    const StreamPtr stream = world_.created("a");
    world_.put(stream, "k", "before");
    const Applied applied = world_.split(stream, 0);
    ASSERT_EQ(applied.outcome, Outcome::kApplied);
    EXPECT_EQ(applied.stream->status, Status::kActive);
    EXPECT_EQ(applied.stream->open_shards(), 2u);
    EXPECT_EQ(applied.stream->shards[0].end, storage::Position(1)) << "above every record";
    const PutResult after = world_.put(stream, "k", "after");
    EXPECT_EQ(after.status, PutStatus::kStored) << "although the caller held the old entry";
    EXPECT_NE(after.shard_no, model::ShardNo(0));
    EXPECT_EQ(all_data(), (Texts{"before", "after"}));
}

TEST_F(ReshardingTest, AChildsRecordsAreNotOlderThanTheChild) {
    world_.open();
    const StreamPtr stream = world_.split(world_.created("a"), 0).stream;
    const std::int64_t now_s = to_seconds(world_.clock.now());
    const PutResult put = world_.put(stream, "k");
    const Shard& shard = *stream->shard(put.shard_no);
    EXPECT_EQ(shard.created_s, now_s + 1);
    EXPECT_GT(put.number, starting_sequence_number(shard));
    const auto parsed = model::ParsedSequence::parse(put.number.text().view());
    ASSERT_TRUE(parsed.has_value());
    EXPECT_EQ(parsed->created_s, now_s + 1);
    EXPECT_EQ(parsed->time_s, now_s + 1);
    EXPECT_EQ(parsed->index, 1u);
}

TEST_F(ReshardingTest, ParentsTakeRecordsUntilTheDelayIsOver) {
    world_.settings.update_delay = kDelay;
    world_.open();
    const StreamPtr stream = world_.created("a");
    const Applied begun = world_.split(stream, 0);
    EXPECT_EQ(begun.stream->status, Status::kUpdating);
    world_.clock.advance(kDelay - Millis(1));
    EXPECT_EQ(world_.put(world_.find("a"), "k", "1").shard_no, model::ShardNo(0));
    EXPECT_FALSE(world_.read(stream, 0).at_end);
    EXPECT_EQ(world_.engine->seals, 0);
    world_.clock.advance(Millis(1));
    const StreamPtr after = world_.find("a");
    EXPECT_EQ(after->status, Status::kActive);
    EXPECT_EQ(after->shards[0].closed, world_.clock.now());
    EXPECT_NE(world_.put(after, "k", "2").shard_no, model::ShardNo(0));
    EXPECT_TRUE(world_.read(after, 0).at_end);
    EXPECT_EQ(all_data(), (Texts{"1", "2"}));
}

TEST_F(ReshardingTest, IntermediateShardsAreClosedEmptyAndReadable) {
    world_.open();
    const StreamPtr stream = world_.created("a", 4);
    auto applied = test::sync_wait(
        world_.broker->reshard(stream, uniform_scaling(*stream, 5), Broker::Scaling::kByCount));
    ASSERT_TRUE(applied);
    const StreamPtr after = applied.value().stream;
    ASSERT_EQ(after->shards.size(), 15u);
    EXPECT_EQ(after->open_shards(), 5u);
    expect_sound(*after);
    for (const Shard& shard : after->shards) {
        SCOPED_TRACE(shard.no.value());
        StartAt latest;
        latest.what = StartAt::What::kLatest;
        EXPECT_EQ(world_.place(after, latest, shard.no.value()).status, ReadStatus::kOk);
        const ReadBatch batch = world_.read(after, 0, 1, shard.no.value());
        EXPECT_EQ(batch.status, ReadStatus::kOk);
        EXPECT_EQ(batch.at_end, !shard.open());
        EXPECT_EQ(batch.millis_behind_latest, 0);
        const storage::Locate tip;
        const bool intermediate = shard.no.value() >= 4 && !shard.open();
        EXPECT_EQ(bool(test::sync_wait(world_.memory->locate(after->key(shard.no), tip))),
                  !intermediate)
            << "what never holds a record needs no log";
    }
}

TEST_F(ReshardingTest, ShardsAreSealedAFewAtATime) {
    World world({.seed = 5, .gap_max = 2});
    world.open();
    const StreamPtr stream = world.created("a", 1000);
    for (const char* key : {"a", "b", "c", "d"}) {
        world.put(stream, key);
    }
    ASSERT_EQ(world.reshard(stream, uniform_scaling(*stream, 999)).outcome, Outcome::kApplied);
    EXPECT_GT(world.engine->seals, 10);
    const StreamPtr after = world.find("a");
    expect_sound(*after);
    std::size_t read = 0;
    for (const Shard& shard : after->shards) {
        const ReadBatch batch = world.read(after, 0, 10, shard.no.value());
        read += batch.records.size();
        for (const storage::Record& record : batch.records) {
            EXPECT_LT(record.position, *shard.end) << "each shard has its own end";
        }
    }
    EXPECT_EQ(read, 4u);
}

TEST_F(ReshardingTest, APutThatMeetsASealedShardWaitsForItsChildren) {
    world_.open();
    const StreamPtr stream = world_.created("a");
    split_without_end(stream);
    const auto put = begin_put(world_.find("a"), {record("k", "waits")});
    EXPECT_FALSE(put->results.has_value());
    EXPECT_EQ(world_.engine->appends.size(), 1u) << "it does not spin";
    heal();
    ASSERT_TRUE(put->results.has_value());
    EXPECT_EQ(put->results->front().status, PutStatus::kStored);
    const StreamPtr after = world_.find("a");
    EXPECT_TRUE(after->shard(put->results->front().shard_no)->open());
    EXPECT_EQ(all_data(), Texts{"waits"});
}

TEST_F(ReshardingTest, OnlyTheRecordsOfSealedShardsWaitAndTheirOrderStays) {
    world_.open();
    const StreamPtr stream = world_.created("a", 2);
    split_without_end(stream);
    const auto low = *model::HashKey::parse("5");
    const auto high = model::HashKey::max();
    const auto put = begin_put(stream, {{"k", as_bytes("1"), low},
                                        {"k", as_bytes("2"), high},
                                        {"k", as_bytes("3"), low},
                                        {"k", as_bytes("4"), high}});
    EXPECT_FALSE(put->results.has_value());
    EXPECT_EQ(data_of(world_.read(stream, 0, 10, 1)), (Texts{"2", "4"})) << "stored at once";
    heal();
    ASSERT_TRUE(put->results.has_value());
    std::vector<std::uint32_t> shards;
    for (const PutResult& result : *put->results) {
        EXPECT_EQ(result.status, PutStatus::kStored);
        shards.push_back(result.shard_no.value());
    }
    EXPECT_EQ(shards, (std::vector<std::uint32_t>{2, 1, 2, 1}));
    EXPECT_LT((*put->results)[0].number, (*put->results)[2].number);
    EXPECT_EQ(data_of(world_.read(world_.find("a"), 0, 10, 2)), (Texts{"1", "3"}));
}

TEST_F(ReshardingTest, AWaitingPutGivesUpInTheEndAndIsNowhere) {
    world_.open();
    const StreamPtr stream = world_.created("a");
    split_without_end(stream);
    const auto put = begin_put(stream, {record("k", "lost")});
    world_.clock.advance(RecordWriter::kPatience - Millis(1));
    EXPECT_FALSE(put->results.has_value());
    world_.clock.advance(Millis(1));
    ASSERT_TRUE(put->results.has_value());
    EXPECT_EQ(put->results->front().status, PutStatus::kFailed);
    heal();
    EXPECT_EQ(world_.find("a")->status, Status::kActive) << "the resharding does not give up";
    EXPECT_TRUE(all_data().empty());
}

TEST_F(ReshardingTest, StoppingEndsTheWait) {
    world_.open();
    const StreamPtr stream = world_.created("a");
    split_without_end(stream);
    const auto put = begin_put(stream, {record("k", "lost")});
    test::sync_wait(world_.broker->stop());
    ASSERT_TRUE(put->results.has_value());
    EXPECT_EQ(put->results->front().status, PutStatus::kFailed);
    const auto later = begin_put(stream, {record("k", "lost")});
    ASSERT_TRUE(later->results.has_value()) << "nobody waits any more";
    EXPECT_EQ(later->results->front().status, PutStatus::kFailed);
}

TEST_F(ReshardingTest, AShardThatClosesWithoutReasonFailsThePut) {
    World world({.seed = 3, .closed_rate = 1});
    world.open();
    EXPECT_EQ(world.put(world.created("a"), "k").status, PutStatus::kFailed);
}

TEST_F(ReshardingTest, ASealedShardDoesNotEndBeforeItsChildrenAreKnown) {
    world_.open();
    const StreamPtr stream = world_.created("a");
    world_.put(stream, "k", "1");
    split_without_end(stream);
    const ReadBatch sealed = world_.read(stream, 0);
    EXPECT_EQ(data_of(sealed), Texts{"1"});
    EXPECT_FALSE(sealed.at_end);
    heal();
    const ReadBatch rest = world_.read(stream, sealed.next.value());
    EXPECT_TRUE(rest.records.empty());
    EXPECT_TRUE(rest.at_end);
    EXPECT_EQ(rest.stream->children(model::ShardNo(0)).size(), 2u);
}

// ---- Whatever fails or dies on the way, the resharding is finished.

struct Mishap {
    const char* name;
    void (*arrange)(World&);  // before the delay is over
};

class ReshardingMishaps : public ReshardingTest, public testing::WithParamInterface<Mishap> {
protected:
    StreamPtr begun() {
        world_.settings.update_delay = kDelay;
        world_.open();
        StreamPtr stream = world_.created("a", 2);
        for (const char* key : {"k1", "k2", "k3", "k4"}) {
            EXPECT_EQ(world_.put(stream, key, key).status, PutStatus::kStored);
        }
        stream = world_.reshard(stream, uniform_scaling(*stream, 3)).stream;
        EXPECT_EQ(stream->status, Status::kUpdating);
        GetParam().arrange(world_);
        return stream;
    }
    void expect_done() {
        const StreamPtr stream = world_.find("a");
        ASSERT_NE(stream, nullptr);
        EXPECT_EQ(stream->status, Status::kActive);
        EXPECT_FALSE(stream->pending.has_value());
        EXPECT_EQ(stream->open_shards(), 3u);
        EXPECT_EQ(stream->shards.size(), 7u);
        expect_sound(*stream);
        for (const char* key : {"k1", "k2", "k3", "k4"}) {
            EXPECT_TRUE(stream->shard(world_.put(stream, key, key).shard_no)->open());
        }
        EXPECT_EQ(all_data().size(), 8u);
    }
};

TEST_P(ReshardingMishaps, IsFinishedAfterAll) {
    begun();
    world_.clock.advance(kDelay);
    world_.log->commits_left = ~std::size_t{0};
    world_.clock.advance(3 * kRetry);
    expect_done();
}

TEST_P(ReshardingMishaps, IsFinishedAfterACrashRightThen) {
    begun();
    world_.clock.advance(kDelay);
    world_.crash();
    world_.clock.advance(Millis(10));
    world_.open();
    const StreamPtr stream = world_.find("a");
    if (stream->status == Status::kUpdating) {
        EXPECT_EQ(stream->pending->what, Transition::What::kReshard);
    }
    world_.clock.advance(Millis(0));
    expect_done();
    world_.reopen();
    world_.clock.advance(Millis(0));
    EXPECT_EQ(world_.find("a")->status, Status::kActive);
}

TEST_P(ReshardingMishaps, AModeChangeThatSplitsIsFinishedToo) {
    for (const bool crashes : {false, true}) {
        world_.close();
        world_.settings.update_delay = kDelay;
        world_.open();
        const std::string name = crashes ? "crashing" : "a";
        StreamPtr stream = world_.created(name, 2);
        const PutResult before = world_.put(stream, "k", "before");
        const auto begun = test::sync_wait(world_.broker->change_mode(stream, Mode::kOnDemand, 5));
        ASSERT_TRUE(begun);
        GetParam().arrange(world_);
        world_.clock.advance(kDelay);
        if (crashes) {
            world_.crash();
            world_.open();
        }
        world_.log->commits_left = ~std::size_t{0};
        world_.clock.advance(3 * kRetry);
        stream = world_.find(name);
        EXPECT_EQ(stream->status, Status::kActive);
        EXPECT_EQ(stream->mode, Mode::kOnDemand);
        EXPECT_EQ(stream->open_shards(), 5u);
        expect_sound(*stream);
        EXPECT_TRUE(stream->shard(world_.put(stream, "k").shard_no)->open());
        EXPECT_EQ(data_of(world_.read(stream, 0, 10, before.shard_no.value())), Texts{"before"});
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, ReshardingMishaps,
    testing::Values(Mishap{"None", [](World&) {}},
                    Mishap{"NoRoomForChildren", [](World& w) { w.engine->create_failures = 1; }},
                    Mishap{"NoSealing", [](World& w) { w.engine->seal_failures = 1; }},
                    Mishap{"EndNotLogged", [](World& w) { w.log->commits_left = 0; }},
                    Mishap{"EndLoggedButNotAnswered",
                           [](World& w) {
                               w.log->commits_left = 0;
                               w.log->keep_the_failing_one = true;
                           }}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST_F(ReshardingTest, ACrashDuringTheDelayFinishesItWhenDue) {
    world_.settings.update_delay = kDelay;
    world_.open();
    const StreamPtr stream = world_.created("a");
    world_.split(stream, 0);
    world_.reopen();
    EXPECT_EQ(world_.find("a")->status, Status::kUpdating);
    EXPECT_EQ(world_.put(world_.find("a"), "k").shard_no, model::ShardNo(0));
    world_.clock.advance(kDelay);
    EXPECT_EQ(world_.find("a")->status, Status::kActive);
    EXPECT_EQ(world_.find("a")->open_shards(), 2u);
}

TEST_F(ReshardingTest, AModeChangeSurvivesACrash) {
    world_.settings.update_delay = kDelay;
    world_.open();
    const StreamPtr stream = world_.created("a");
    const auto begun = test::sync_wait(world_.broker->change_mode(stream, Mode::kOnDemand));
    ASSERT_TRUE(begun);
    EXPECT_EQ(begun.value().stream->status, Status::kUpdating);
    world_.reopen();
    EXPECT_EQ(world_.find("a")->mode, Mode::kProvisioned);
    world_.clock.advance(kDelay);
    EXPECT_EQ(world_.find("a")->status, Status::kActive);
    EXPECT_EQ(world_.find("a")->mode, Mode::kOnDemand);
}

// ---- The end of closed shards

TEST_F(ReshardingTest, ExpiredShardsAreDroppedOnceAndStayNamed) {
    world_.open();
    const StreamPtr stream = world_.created("a");
    world_.put(stream, "k");
    world_.split(stream, 0);
    const storage::ShardKey parent = stream->key(model::ShardNo(0));
    world_.clock.advance(std::chrono::hours(24));
    EXPECT_TRUE(world_.engine->dropped.empty()) << "at the last moment it is readable";
    EXPECT_EQ(world_.read(stream, 0).status, ReadStatus::kOk);
    world_.clock.advance(std::chrono::hours(3));
    EXPECT_EQ(world_.engine->dropped, std::vector<storage::ShardKey>{parent});
    EXPECT_EQ(world_.read(stream, 0).status, ReadStatus::kGone);
    EXPECT_EQ(world_.place(world_.find("a"), StartAt{}).status, ReadStatus::kGone);
    storage::Locate tip;
    EXPECT_FALSE(test::sync_wait(world_.memory->locate(parent, tip)));

    world_.reopen();
    world_.clock.advance(std::chrono::hours(3));
    const StreamPtr after = world_.find("a");
    EXPECT_TRUE(after->shards[0].dropped);
    EXPECT_TRUE(world_.engine->dropped.empty()) << "not again";
    EXPECT_EQ(after->shards[1].parent, model::ShardNo(0));
    const Applied merged = world_.merge(after, 1, 2);
    EXPECT_EQ(merged.stream->shards[3].no, model::ShardNo(3));
    expect_sound(*merged.stream);
    EXPECT_EQ(world_.put(merged.stream, "k").shard_no, model::ShardNo(3));
}

TEST_F(ReshardingTest, AFailedDropIsTriedAtTheNextSweep) {
    world_.open();
    world_.split(world_.created("a"), 0);
    world_.engine->drop_failures = 1;
    world_.clock.advance(std::chrono::hours(25));
    world_.clock.advance(std::chrono::hours(1));
    EXPECT_EQ(world_.engine->drops, 2);
    EXPECT_TRUE(world_.find("a")->shards[0].dropped);
}

TEST_F(ReshardingTest, ADeletedStreamLeavesNoLogBehind) {
    world_.open();
    const StreamPtr stream = world_.split(world_.created("a"), 0).stream;
    ASSERT_EQ(world_.erase(stream).outcome, Outcome::kApplied);
    for (const Shard& shard : stream->shards) {
        storage::Locate tip;
        EXPECT_FALSE(test::sync_wait(world_.memory->locate(stream->key(shard.no), tip)));
    }
}

// ---- All at once

struct Weather {
    const char* name;
    test::MemoryEngine::Options engine;
};

class ReshardingStorm : public ReshardingTest, public testing::WithParamInterface<Weather> {};

// Threads write while others split, merge and rescale; every acknowledged record is read exactly
// once, each writer's in order along the shards' lineage, and below its shard's end.
TEST_P(ReshardingStorm, NothingIsLostTwiceOrOutOfOrder) {
    World world(GetParam().engine);
    std::atomic<bool> calm = false;
    std::thread pump([&] {  // completes what the engine delays, in random order
        while (!calm) {
            world.memory->release();
            std::this_thread::yield();
        }
    });
    world.open();
    const StreamPtr stream = world.created("a", 2);
    constexpr int kWriters = 3;
    constexpr int kKeysPerWriter = 4;
    std::atomic<bool> over = false;
    std::atomic<int> written = 0;  // the storm lasts until there are enough to speak of
    std::vector<std::map<std::string, std::pair<model::ShardNo, model::SequenceNumber>>> stored(
        kWriters);
    std::vector<std::thread> writers;
    for (int w = 0; w < kWriters; ++w) {
        writers.emplace_back([&, w] {
            for (int i = 0; !over; ++i) {
                const std::string key =
                    "w" + std::to_string(w) + "k" + std::to_string(i % kKeysPerWriter);
                const std::string first = key + ":" + std::to_string(2 * i);
                const std::string second = key + ":" + std::to_string(2 * i + 1);
                const std::vector<PutRecord> records = {record(key, first), record(key, second)};
                // The entry may be as old as the stream.
                const StreamPtr seen = i % 2 == 0 ? stream : world.find("a");
                const auto results = test::sync_wait(world.broker->put(seen, records));
                for (std::size_t r = 0; r < 2; ++r) {
                    ASSERT_EQ(results[r].status, PutStatus::kStored);
                    stored[static_cast<std::size_t>(w)][r == 0 ? first : second] = {
                        results[r].shard_no, results[r].number};
                    ++written;
                }
            }
        });
    }
    std::mt19937_64 random(1);
    for (int i = 0; i < 150 || (written < 200 && i < 15'000); ++i) {
        const StreamPtr now = world.find("a");
        std::vector<ReshardStep> steps = {random_step(*now, random)};
        if (i % 10 == 0) {
            const auto target = static_cast<std::uint32_t>(now->open_shards() + 1);
            steps = uniform_scaling(*now, std::min(target, 8U));
        }
        if (!steps.empty()) {
            ASSERT_EQ(world.reshard(now, std::move(steps)).outcome, Outcome::kApplied);
        }
        std::this_thread::yield();
    }
    over = true;
    for (std::thread& writer : writers) {
        writer.join();
    }

    const StreamPtr after = world.find("a");
    expect_sound(*after);
    std::map<std::string, int> read;
    std::map<std::string, int> last;            // of each key
    for (const Shard& shard : after->shards) {  // parents have lower numbers
        const ReadBatch batch = world.read(after, 0, 1'000'000, shard.no.value());
        for (const storage::Record& entry : batch.records) {
            const std::string data(as_text(entry.data));
            const std::string key(entry.key);
            EXPECT_EQ(++read[data], 1) << data;
            const int index = std::stoi(data.substr(key.size() + 1));
            const auto before = last.find(key);
            EXPECT_TRUE(before == last.end() || before->second < index) << data;
            last[key] = index;
            const auto writer = static_cast<std::size_t>(key[1] - '0');
            const auto put = stored[writer].find(data);
            ASSERT_NE(put, stored[writer].end());
            EXPECT_EQ(put->second.first, shard.no);
            const auto number = sequence_number(shard, entry.position, entry.stamp);
            EXPECT_EQ(put->second.second, number);
            EXPECT_TRUE(shard.open() || number < *ending_sequence_number(shard));
            EXPECT_TRUE(shard.open() || entry.position < *shard.end);
        }
    }
    std::size_t total = 0;
    for (const auto& of_writer : stored) {
        total += of_writer.size();
    }
    EXPECT_EQ(read.size(), total);
    EXPECT_GT(total, 100u);
    world.close();
    calm = true;
    pump.join();
}

INSTANTIATE_TEST_SUITE_P(
    Each, ReshardingStorm,
    testing::Values(Weather{"Prompt", {.seed = 7}}, Weather{"Gaps", {.seed = 8, .gap_max = 3}},
                    Weather{"Delayed", {.seed = 9, .gap_max = 1, .delayed = true}}),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace millrace::stream
