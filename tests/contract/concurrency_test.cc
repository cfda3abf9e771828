// Several workers append to several shards while others follow them to their end.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "contract/engine_contract.h"
#include "support/scale.h"

namespace millrace::test {

using storage::AppendStatus;
using storage::NewRecord;
using storage::Position;
using storage::ShardKey;

namespace {

const std::vector<ShardKey> kShards = {{1, 0}, {1, 1}, {2, 0}, {3, 5}};

struct Answer {
    ShardKey shard;
    std::string key;
    storage::AppendResult result;
};

// One worker: batches over all shards, one after another.
Task<void> write(storage::LogEngine& engine, int writer, std::uint64_t batches,
                 std::vector<Answer>& answers) {
    std::uint64_t number = 0;
    for (std::uint64_t batch = 0; batch < batches; ++batch) {
        std::vector<std::string> keys;
        for (std::uint64_t i = 0; i < 1 + batch % 7; ++i)
            keys.push_back(std::to_string(writer) + ":" + std::to_string(number++));
        std::vector<NewRecord> records;
        for (const std::string& key : keys)
            records.push_back({kShards[(batch + records.size() / 2) % kShards.size()], key,
                               as_bytes(key), wall_time(static_cast<std::int64_t>(batch)), 0});
        const auto results = co_await engine.append(records);
        for (std::size_t i = 0; i < results.size(); ++i)
            answers.push_back({records[i].shard, keys[i], results[i]});
    }
}

// One worker: a shard from its beginning to its end, waiting at the tip.
Task<void> follow(storage::LogEngine& engine, ShardKey shard, std::vector<Found>& found,
                  std::string& failure) {
    Position from;
    std::unique_ptr<storage::WaitHandle> handle;
    while (true) {
        const storage::ReadRequest request{shard, from, 50, 1 << 20, {}};
        const auto result = co_await engine.read(request);
        if (!result) {
            failure = result.error().message;
            co_return;
        }
        for (const auto& record : result.value().records)
            found.emplace_back(record);
        from = result.value().next;
        if (result.value().at_end)
            co_return;
        if (from < result.value().tip)
            continue;
        auto begin = [&](Callback<void(bool)> ready) {
            handle = engine.wait_beyond(shard, from,
                                        [ready = std::move(ready)]() mutable { ready(true); });
        };
        co_await completion<bool>(std::move(begin));
    }
}

}  // namespace

TEST_P(LooseEngineContract, WritersAndReadersAgree) {
    constexpr std::size_t kWriters = 4;
    const std::uint64_t batches = steps(150, 40);
    ASSERT_TRUE(create(kShards));
    std::vector<std::vector<Answer>> answers(kWriters);
    std::vector<std::vector<Found>> found(kShards.size() * 2);
    std::vector<std::string> failures(found.size());
    std::atomic<std::size_t> writing = kWriters;
    std::atomic<std::size_t> reading = found.size();
    {
        std::vector<std::unique_ptr<ThreadExecutor>> workers;
        for (std::size_t i = 0; i < kWriters; ++i)
            workers.push_back(std::make_unique<ThreadExecutor>());
        for (std::size_t i = 0; i < found.size(); ++i) {
            workers[i % kWriters]->post([&, i] {
                start(follow(engine(), kShards[i % kShards.size()], found[i], failures[i]),
                      Callback<void(bool)>([&](bool) { --reading; }));
            });
        }
        for (std::size_t i = 0; i < kWriters; ++i) {
            workers[i]->post([&, i] {
                start(write(engine(), static_cast<int>(i), batches, answers[i]),
                      Callback<void(bool)>([&](bool) { --writing; }));
            });
        }
        ASSERT_TRUE(becomes([&] { return writing == 0; }));
        seal(kShards);
        ASSERT_TRUE(becomes([&] { return reading == 0; }));
    }
    for (std::size_t i = 0; i < found.size(); ++i) {
        ASSERT_EQ(failures[i], "");
        const ShardKey shard = kShards[i % kShards.size()];
        std::map<Position, std::string> expected;
        std::set<std::string> unknown;
        std::map<std::string, Position> last_of_writer;
        for (const auto& of_one : answers) {
            for (const Answer& answer : of_one) {
                if (answer.shard != shard)
                    continue;
                if (answer.result.status == AppendStatus::kUnknown)
                    unknown.insert(answer.key);
                if (answer.result.status != AppendStatus::kCommitted)
                    continue;
                ASSERT_TRUE(expected.emplace(answer.result.position, answer.key).second)
                    << "two records at one position";
                Position& last = last_of_writer[answer.key.substr(0, 1)];
                ASSERT_GE(answer.result.position, last) << "a worker's own order";
                last = answer.result.position;
            }
        }
        std::map<Position, std::string> seen;
        std::set<std::string> keys;
        for (const Found& record : found[i]) {
            ASSERT_EQ(record.key, record.data);
            ASSERT_TRUE(seen.empty() || seen.rbegin()->first < record.position);
            ASSERT_TRUE(keys.insert(record.key).second) << record.key << " twice";
            if (unknown.contains(record.key))
                continue;
            seen.emplace(record.position, record.key);
        }
        ASSERT_TRUE(seen == expected);
    }
}

}  // namespace millrace::test
