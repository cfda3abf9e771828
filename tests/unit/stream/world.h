// A broker over the memory engine, with time, files and randomness in the test's hands.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "env/manual_clock.h"
#include "env/memory_file_system.h"
#include "stream/broker.h"
#include "support/memory_engine.h"
#include "support/sync_wait.h"

namespace millrace::stream {

class SeededEntropy final : public env::Entropy {
public:
    explicit SeededEntropy(std::uint64_t seed = 1) : random_(seed) {}
    void fill(std::span<std::byte> out) override {
        const std::lock_guard lock(mutex_);
        for (std::byte& b : out) {
            b = static_cast<std::byte>(random_());
        }
    }

private:
    std::mutex mutex_;
    std::mt19937_64 random_;
};

// Passes everything on until it is told to fail: then a commit is lost, or made but not answered.
class FailingLog final : public storage::CatalogLog {
public:
    explicit FailingLog(storage::CatalogLog& log) : log_(log) {}

    Task<Result<Replay>> load() override { return log_.load(); }
    Task<Result<storage::Position>> commit(std::string command) override {
        if (commits_left == 0) {
            if (keep_the_failing_one) {
                static_cast<void>(co_await log_.commit(std::move(command)));
            }
            co_return Error{Errc::kIo, "the log fails"};
        }
        --commits_left;
        co_return co_await log_.commit(std::move(command));
    }
    Task<Result<void>> snapshot(storage::Position through, std::string state) override {
        ++snapshots;
        if (snapshots_fail) {
            co_return Error{Errc::kNoSpace, "no room for a snapshot"};
        }
        co_return co_await log_.snapshot(through, std::move(state));
    }

    std::size_t commits_left = ~std::size_t{0};
    bool keep_the_failing_one = false;
    std::size_t snapshots = 0;
    bool snapshots_fail = false;

private:
    storage::CatalogLog& log_;
};

// Passes everything on; creation, sealing and dropping can be made to fail, and are counted.
class WatchedEngine final : public storage::LogEngine {
public:
    explicit WatchedEngine(storage::LogEngine& engine) : engine_(engine) {}

    Task<Result<void>> create(std::span<const storage::ShardKey> shards) override {
        ++creates;
        if (create_failures > 0) {
            --create_failures;
            co_return Error{Errc::kNoSpace, "no room for a shard"};
        }
        co_return co_await engine_.create(shards);
    }
    Task<std::vector<storage::AppendResult>> append(
        std::span<const storage::NewRecord> records) override {
        {
            const std::lock_guard lock(mutex_);
            appends.push_back(records.size());
        }
        return engine_.append(records);
    }
    Task<Result<storage::ReadResult>> read(storage::ReadRequest request) override {
        ++reads;
        return engine_.read(request);
    }
    std::unique_ptr<storage::WaitHandle> wait_beyond(storage::ShardKey shard,
                                                     storage::Position position,
                                                     Callback<void()> ready) override {
        return engine_.wait_beyond(shard, position, std::move(ready));
    }
    Task<Result<storage::Position>> locate(storage::ShardKey shard,
                                           storage::Locate locate) override {
        return engine_.locate(shard, locate);
    }
    Task<Result<std::vector<storage::Position>>> seal(
        std::span<const storage::ShardKey> shards) override {
        ++seals;
        if (seal_failures > 0) {
            --seal_failures;
            co_return Error{Errc::kIo, "no sealing"};
        }
        co_return co_await engine_.seal(shards);
    }
    Task<Result<void>> trim(storage::ShardKey shard, WallTime horizon) override {
        trims.emplace_back(shard, horizon);
        return engine_.trim(shard, horizon);
    }
    Task<Result<void>> drop(std::span<const storage::ShardKey> shards) override {
        ++drops;
        if (drop_failures > 0) {
            --drop_failures;
            co_return Error{Errc::kIo, "no dropping"};
        }
        dropped.insert(dropped.end(), shards.begin(), shards.end());
        co_return co_await engine_.drop(shards);
    }

    std::atomic<std::size_t> reads = 0;
    int creates = 0;
    int drops = 0;
    int create_failures = 0;
    int drop_failures = 0;
    int seals = 0;
    int seal_failures = 0;
    std::vector<storage::ShardKey> dropped;
    std::vector<std::size_t> appends;
    std::vector<std::pair<storage::ShardKey, WallTime>> trims;

private:
    storage::LogEngine& engine_;
    std::mutex mutex_;  // guards appends while several threads put
};

inline const model::Identity kOwner{"000000000000", "us-east-1"};

inline NewStream stream_named(std::string_view name, std::uint32_t shards = 1) {
    NewStream spec;
    spec.owner = kOwner;
    spec.name = model::StreamName(name);
    spec.shards = shards;
    return spec;
}

class World {
public:
    explicit World(test::MemoryEngine::Options options = {})
        : memory(std::make_unique<test::MemoryEngine>(options)) {}
    ~World() { close(); }

    // Opens, or fails the test.
    void open() {
        Result<void> opened = try_open();
        ASSERT_TRUE(opened) << opened.error().message;
    }
    Result<void> try_open() {
        engine.emplace(*memory);
        log.emplace(*memory);
        timers.emplace(clock);
        Broker::Parts parts{.engine = *engine,
                            .catalog_log = *log,
                            .clock = clock,
                            .timers = *timers,
                            .entropy = entropy,
                            .files = files,
                            .data_dir = "/data",
                            .home = nullptr,
                            .metrics = metrics};
        EXPECT_TRUE(files.create_directories("/data"));
        auto opened = test::sync_wait(Broker::open(parts, settings));
        if (!opened) {
            return std::move(opened).error();
        }
        broker = std::move(opened).value();
        return success();
    }
    // As after a crash: what was not durable is gone, and no timer of the old process fires.
    void crash() {
        broker.reset();
        timers.reset();
        memory = memory->reopened();
    }
    void reopen() {
        crash();
        open();
    }
    void close() {
        if (broker != nullptr) {
            test::sync_wait(broker->stop());
            broker.reset();
        }
    }

    Applied create(NewStream spec) {
        auto applied = test::sync_wait(broker->create_stream(std::move(spec)));
        EXPECT_TRUE(applied);
        return applied ? std::move(applied).value() : Applied{Outcome::kNotFound, nullptr, 0};
    }
    StreamPtr created(std::string_view name, std::uint32_t shards = 1) {
        return create(stream_named(name, shards)).stream;
    }
    StreamPtr find(std::string_view name) const {
        return broker->catalog().find(kOwner, model::StreamName(name));
    }
    Applied erase(const StreamPtr& stream) {
        auto applied = test::sync_wait(broker->delete_stream(stream->uid));
        EXPECT_TRUE(applied);
        return applied ? std::move(applied).value() : Applied{Outcome::kNotFound, nullptr, 0};
    }

    Applied reshard(const StreamPtr& stream, std::vector<ReshardStep> steps) {
        auto applied =
            test::sync_wait(broker->reshard(stream, std::move(steps), Broker::Scaling::kByStep));
        EXPECT_TRUE(applied);
        return applied ? std::move(applied).value() : Applied{Outcome::kNotFound, nullptr, 0};
    }
    // At its middle.
    Applied split(const StreamPtr& stream, std::uint32_t no) {
        const model::HashRange& range = stream->shards[no].range;
        const model::Uint128 half = (range.last.value() - range.first.value()) / 2 + 1;
        return reshard(stream, {{model::ShardNo(no), model::HashKey(range.first.value() + half)}});
    }
    Applied merge(const StreamPtr& stream, std::uint32_t low, std::uint32_t high) {
        return reshard(stream, {{model::ShardNo(low), model::ShardNo(high)}});
    }

    std::vector<PutResult> put(const StreamPtr& stream, const std::vector<PutRecord>& records) {
        return test::sync_wait(broker->put(stream, records));
    }
    PutResult put(const StreamPtr& stream, std::string_view key, std::string_view data = "data") {
        const std::vector<PutRecord> records = {{key, as_bytes(data), std::nullopt}};
        return put(stream, records).front();
    }
    ReadBatch read(const StreamPtr& stream, std::uint64_t from, std::uint32_t max = 10'000,
                   std::uint32_t shard = 0) {
        return test::sync_wait(
            broker->read(stream->uid, model::ShardNo(shard), storage::Position(from), max));
    }
    Placed place(const StreamPtr& stream, StartAt start, std::uint32_t shard = 0) {
        return test::sync_wait(broker->place(stream, model::ShardNo(shard), std::move(start)));
    }

    std::unique_ptr<test::MemoryEngine> memory;
    env::MemoryFileSystem files;
    env::ManualClock clock;
    SeededEntropy entropy;
    Metrics metrics;
    Settings settings;
    std::optional<WatchedEngine> engine;
    std::optional<FailingLog> log;
    std::optional<env::ManualTimers> timers;
    std::unique_ptr<Broker> broker;
};

inline std::vector<std::string> data_of(const ReadBatch& batch) {
    std::vector<std::string> data;
    for (const storage::Record& record : batch.records) {
        data.emplace_back(as_text(record.data));
    }
    return data;
}

}  // namespace millrace::stream
