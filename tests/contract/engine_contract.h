// The contract suite's subjects and its fixture. Each engine has a file of its own, which
// instantiates EngineContract (if its answers are exact), and LooseEngineContract and
// RandomOperations, which allow kUnknown and kClosed at any time.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/engine.h"
#include "support/log_model.h"
#include "support/read_all.h"
#include "support/scale.h"
#include "support/thread_executor.h"

namespace millrace::test {

// An engine, and how to have it back after a restart.
class Subject {
public:
    virtual ~Subject() = default;
    virtual storage::LogEngine& engine() = 0;
    virtual storage::CatalogLog& catalog_log() = 0;
    virtual void reopen() = 0;  // nothing may be in progress
    virtual void pump() {}      // completes what the subject holds back
};

struct SubjectKind {
    const char* name;
    std::unique_ptr<Subject> (*make)();
};

inline constexpr storage::ShardKey kShard{7, 0};
inline constexpr storage::ShardKey kOther{7, 1};
inline constexpr storage::ShardKey kThird{8, 0};

// What the task that F returns gives.
template <class F>
using ResultOf =
    decltype(std::declval<std::invoke_result_t<F&>>().operator co_await().await_resume());

class EngineFixture : public testing::TestWithParam<SubjectKind> {
protected:
    void SetUp() override {
        subject_ = GetParam().make();
        ASSERT_NE(subject_, nullptr);
        ASSERT_TRUE(load());
    }
    void TearDown() override { executor_.settle(); }

    storage::LogEngine& engine() { return subject_->engine(); }
    storage::CatalogLog& catalog_log() { return subject_->catalog_log(); }
    void reopen() {
        executor_.settle();
        subject_->reopen();
        ASSERT_TRUE(load());
    }
    Result<storage::CatalogLog::Replay> load() {
        auto replay = run([&] { return catalog_log().load(); });
        if (replay)
            replay_ = replay.value();
        return replay;
    }

    // Runs the task that `make` returns on the executor and gives its result.
    template <class F>
    ResultOf<F> run(F make) {
        std::mutex mutex;
        std::condition_variable changed;
        bool done = false;
        std::optional<ResultOf<F>> result;
        bool at_home = false;
        executor_.post([&] {
            start(make(), Callback<void(std::optional<ResultOf<F>>)>([&](auto value) {
                      const std::lock_guard lock(mutex);
                      result = std::move(value);
                      at_home = executor_.runs_here();
                      done = true;
                      changed.notify_one();
                  }));
        });
        std::unique_lock lock(mutex);
        while (!changed.wait_for(lock, std::chrono::microseconds(20), [&] { return done; })) {
            lock.unlock();
            subject_->pump();
            lock.lock();
        }
        EXPECT_TRUE(at_home) << "resumed on another thread than it was called on";
        CHECK(result.has_value());
        return std::move(*result);
    }
    // True once `holds`, asked on the executor, does; false after too long.
    template <class F>
    bool becomes(F holds) {
        const auto patience = std::chrono::seconds(kSanitized ? 120 : 30);
        const auto begun = std::chrono::steady_clock::now();
        std::mutex mutex;
        std::condition_variable nothing;
        while (std::chrono::steady_clock::now() - begun < patience) {
            bool now = false;
            executor_.run([&] { now = holds(); });
            if (now)
                return true;
            subject_->pump();
            std::unique_lock lock(mutex);
            nothing.wait_for(lock, std::chrono::microseconds(200));  // others need the core
        }
        return false;
    }

    Result<void> create(std::vector<storage::ShardKey> shards) {
        return run([&] { return engine().create(shards); });
    }
    std::vector<storage::AppendResult> append(const std::vector<storage::NewRecord>& records) {
        return run([&] { return engine().append(records); });
    }
    storage::AppendResult append(storage::ShardKey shard, std::string_view key,
                                 std::string_view data, WallTime stamp = wall_time(1000)) {
        return append({{shard, key, as_bytes(data), stamp, 0}}).at(0);
    }
    // Appends `count` records stamped from 1000 on, one per millisecond.
    std::vector<storage::AppendResult> append_row(storage::ShardKey shard, int count,
                                                  std::string_view data = "data") {
        std::vector<storage::NewRecord> records;
        for (int i = 0; i < count; ++i)
            records.push_back({shard, "key", as_bytes(data), wall_time(1000 + i), 0});
        return append(records);
    }
    // Reads, again if the engine has nothing at the moment.
    storage::ReadResult read(storage::ReadRequest request) {
        for (int i = 0; i < 1000; ++i) {
            auto result = run([&] { return engine().read(request); });
            if (!result) {
                ADD_FAILURE() << result.error().message;
                return {};
            }
            if (!result.value().records.empty() || result.value().next >= result.value().tip)
                return std::move(result).value();
            request.from = result.value().next;
        }
        ADD_FAILURE() << "reads do not move on";
        return {};
    }
    storage::ReadResult read_from(storage::Position from, std::uint32_t records_max = 1000,
                                  std::uint64_t bytes_max = 1 << 20, WallTime horizon = {}) {
        return read({kShard, from, records_max, bytes_max, horizon});
    }
    std::vector<Found> all(storage::ShardKey shard, storage::Position from = {},
                           WallTime horizon = {}) {
        auto found = run([&] { return read_all(engine(), shard, from, 1000, horizon); });
        if (!found) {
            ADD_FAILURE() << found.error().message;
            return {};
        }
        return std::move(found).value();
    }
    storage::Position locate(storage::ShardKey shard, storage::Locate where) {
        auto position = run([&] { return engine().locate(shard, where); });
        EXPECT_TRUE(position);
        return position ? position.value() : storage::Position();
    }
    std::vector<storage::Position> seal(std::vector<storage::ShardKey> shards) {
        auto ends = run([&] { return engine().seal(shards); });
        EXPECT_TRUE(ends);
        return ends ? std::move(ends).value() : std::vector<storage::Position>{};
    }
    Result<void> trim(storage::ShardKey shard, WallTime horizon) {
        return run([&] { return engine().trim(shard, horizon); });
    }
    Result<void> drop(std::vector<storage::ShardKey> shards) {
        return run([&] { return engine().drop(shards); });
    }
    storage::Position commit(std::string command) {
        auto position = run([&] { return catalog_log().commit(command); });
        EXPECT_TRUE(position);
        return position ? position.value() : storage::Position();
    }
    std::vector<std::string> commands() const {
        std::vector<std::string> payloads;
        for (const auto& entry : replay_.commands)
            payloads.push_back(entry.payload);
        return payloads;
    }

    // A callback of wait_beyond, seen from outside.
    struct Waiter {
        std::unique_ptr<storage::WaitHandle> handle;
        int ran = 0;
        bool inside = false;
        bool ran_inside = false;
        bool ran_at_home = true;
    };
    void wait(Waiter& waiter, storage::Position position, storage::ShardKey shard = kShard) {
        executor_.run([&] {
            waiter.inside = true;
            waiter.handle = engine().wait_beyond(shard, position, [this, &waiter] {
                ++waiter.ran;
                waiter.ran_inside = waiter.ran_inside || waiter.inside;
                waiter.ran_at_home = executor_.runs_here();
            });
            waiter.inside = false;
        });
    }
    void cancel(Waiter& waiter) {
        executor_.run([&] { waiter.handle.reset(); });
    }
    bool runs(Waiter& waiter) {
        return becomes([&] { return waiter.ran > 0; }) && !waiter.ran_inside && waiter.ran_at_home;
    }
    int ran(Waiter& waiter) {
        int count = 0;
        executor_.run([&] { count = waiter.ran; });
        return count;
    }
    storage::Position tip() { return locate(kShard, {storage::Locate::What::kTip, {}}); }
    // Whatever was to be woken by what has happened has been woken.
    void settle() {
        Waiter last;
        wait(last, storage::Position(0));
        EXPECT_TRUE(runs(last));
        executor_.settle();
        cancel(last);
    }

    std::unique_ptr<Subject> subject_;
    storage::CatalogLog::Replay replay_;  // of the last load
    ThreadExecutor executor_;
};

class EngineContract : public EngineFixture {};
class LooseEngineContract : public EngineFixture {};

inline std::string kind_name(const testing::TestParamInfo<SubjectKind>& info) {
    return info.param.name;
}

}  // namespace millrace::test
