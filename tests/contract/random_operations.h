// Random operations against a simple model of what a client knows.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "contract/engine_contract.h"
#include "support/scale.h"

namespace millrace::test {

class RandomOperations : public EngineFixture {
protected:
    struct Shard {
        bool sealed = false;
        storage::Position end;
        bool dropped = false;
        WallTime reclaimed{};
    };

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }

    storage::ShardKey some_shard() {
        if (shards_.empty() || chance(2))
            return {999, static_cast<std::uint32_t>(below(5))};  // never created
        return std::next(shards_.begin(), static_cast<std::ptrdiff_t>(below(shards_.size())))
            ->first;
    }
    bool is_there(storage::ShardKey key) const {
        const auto at = shards_.find(key);
        return at != shards_.end() && !at->second.dropped;
    }

    void step() {
        const auto dice = below(1000);
        if (dice < 30 || shards_.empty())
            create_some();
        else if (dice < 500)
            append_some();
        else if (dice < 850)
            check_reads(some_shard());
        else if (dice < 870)
            seal_one(some_shard());
        else if (dice < 880)
            drop_one(some_shard());
        else if (dice < 910)
            trim_one(some_shard());
        else if (dice < 970)
            commit_one();
        else if (dice < 985)
            snapshot_one();
        else
            reopen_and_check();
    }

    void create_some() {
        std::vector<storage::ShardKey> keys;
        for (std::uint64_t i = 0; i <= below(3); ++i) {
            const storage::ShardKey key{next_stream_, static_cast<std::uint32_t>(i)};
            keys.push_back(key);
            shards_[key];
        }
        ++next_stream_;
        ASSERT_TRUE(create(keys));
    }

    void append_some() {
        std::vector<const Sent*> sent;
        std::vector<storage::NewRecord> records;
        for (std::uint64_t i = 0; i <= below(chance(20) ? 50 : 4); ++i) {
            now_ += Millis(below(20));
            const auto size = chance(5) ? below(100'000) : below(500);
            std::string data(size, '\0');
            for (char& c : data)
                c = static_cast<char>(random_());
            const WallTime stamp = chance(10) ? now_ - Millis(below(1000)) : now_;
            sent.push_back(&model_.send(some_shard(), std::move(data), stamp,
                                        std::string(below(60), 'k'),
                                        static_cast<std::uint8_t>(below(256))));
        }
        for (const Sent* one : sent)
            records.push_back(one->record());
        const auto results = append(records);
        ASSERT_EQ(results.size(), sent.size());
        for (std::size_t i = 0; i < results.size(); ++i) {
            ASSERT_EQ(model_.answered(*sent[i], results[i]), "");
            const bool there = is_there(sent[i]->shard);
            const auto status = results[i].status;
            ASSERT_EQ(status == storage::AppendStatus::kRejected, !there);
            if (there && shards_[sent[i]->shard].sealed) {
                ASSERT_EQ(status, storage::AppendStatus::kClosed);
            }
        }
    }

    void check_reads(storage::ShardKey key) {
        const auto everything = run([&] { return read_all(engine(), key); });
        ASSERT_EQ(everything.has_value(), is_there(key));
        if (!everything)
            return;
        const auto& found = everything.value();
        const Shard& shard = shards_[key];
        ASSERT_EQ(model_.check(key, found, shard.reclaimed), "");
        if (shard.sealed) {
            ASSERT_TRUE(found.empty() || found.back().position < shard.end);
        }
        for (int i = 0; i < 3; ++i)
            check_one_read(key, found, shard);
        check_locate(key, found, shard);
    }

    void check_one_read(storage::ShardKey key, const std::vector<Found>& found,
                        const Shard& shard) {
        const storage::Position beyond = model_.beyond(key);
        storage::ReadRequest request{key, storage::Position(below(beyond.value() + 3)),
                                     static_cast<std::uint32_t>(1 + below(20)),
                                     chance(50) ? below(2000) : 1 << 20, shard.reclaimed};
        if (!found.empty() && chance(50)) {
            request.horizon =
                std::max(request.horizon, found[below(found.size())].stamp + Millis(below(3)));
        }
        const auto result = read(request);
        auto due = std::find_if(found.begin(), found.end(), [&](const Found& one) {
            return one.position >= request.from && one.stamp >= request.horizon;
        });
        std::uint64_t bytes = 0;
        ASSERT_LE(result.records.size(), request.records_max);
        for (const auto& record : result.records) {
            ASSERT_TRUE(due != found.end());
            ASSERT_TRUE(Found(record) == *due);
            ++due;
            bytes += record.key.size() + record.data.size();
            ASSERT_TRUE(result.records.size() == 1 || bytes <= request.bytes_max);
            ASSERT_GT(result.next, record.position);
        }
        ASSERT_GE(result.next, request.from);
        if (due != found.end()) {
            ASSERT_FALSE(result.records.empty());
            ASSERT_LE(result.next, due->position);
            ASSERT_LT(result.next, result.tip);
            ASSERT_EQ(result.next_stamp, due->stamp);
            ASSERT_FALSE(result.at_end);
        } else if (!shard.sealed) {
            ASSERT_FALSE(result.at_end);
        } else if (result.next >= result.tip) {
            ASSERT_TRUE(result.at_end);
        }
    }

    void check_locate(storage::ShardKey key, const std::vector<Found>& found, const Shard& shard) {
        const auto stamp = std::max(shard.reclaimed, now_ - Millis(below(2000)));
        const storage::Position at = locate(key, {storage::Locate::What::kAtTime, stamp});
        const auto due = std::find_if(found.begin(), found.end(),
                                      [&](const Found& one) { return one.stamp >= stamp; });
        const storage::Position tip = locate(key, {storage::Locate::What::kTip, {}});
        if (due == found.end()) {
            ASSERT_EQ(at, tip);
        } else {
            ASSERT_LE(at, due->position);
            ASSERT_TRUE(due == found.begin() || at > std::prev(due)->position);
        }
        ASSERT_GE(tip, model_.beyond(key));
        ASSERT_LE(locate(key, {storage::Locate::What::kFirst, {}}),
                  found.empty() ? tip : found.front().position);
    }

    void seal_one(storage::ShardKey key) {
        if (!is_there(key))
            return;
        const auto ends = seal({key});
        ASSERT_EQ(ends.size(), 1U);
        Shard& shard = shards_[key];
        if (shard.sealed) {
            ASSERT_EQ(ends[0], shard.end);
        }
        ASSERT_GE(ends[0], model_.beyond(key));
        shard.sealed = true;
        shard.end = ends[0];
    }

    void drop_one(storage::ShardKey key) {
        ASSERT_TRUE(drop({key}));
        if (const auto at = shards_.find(key); at != shards_.end())
            at->second.dropped = true;
    }

    void trim_one(storage::ShardKey key) {
        if (!is_there(key))
            return;
        Shard& shard = shards_[key];
        shard.reclaimed = std::max(shard.reclaimed, now_ - Millis(below(3000)));
        ASSERT_TRUE(trim(key, shard.reclaimed));
    }

    void commit_one() {
        std::string command = std::to_string(random_()) + std::string(below(3000), 'c');
        const storage::Position at = commit(command);
        ASSERT_TRUE(!last_command_ || at > *last_command_);
        last_command_ = at;
        commands_.push_back({at, std::move(command)});
    }

    void snapshot_one() {
        if (commands_.empty())
            return;
        const storage::Position through = commands_[below(commands_.size())].position;
        std::string state = "state " + std::to_string(random_()) + std::string(below(9000), 's');
        ASSERT_TRUE(run([&] { return catalog_log().snapshot(through, state); }));
        snapshot_ = std::move(state);
        std::erase_if(commands_, [&](const auto& one) { return one.position <= through; });
    }

    void reopen_and_check() {
        reopen();
        ASSERT_TRUE(replay_.snapshot == snapshot_);
        ASSERT_EQ(replay_.commands.size(), commands_.size());
        for (std::size_t i = 0; i < commands_.size(); ++i) {
            ASSERT_EQ(replay_.commands[i].position, commands_[i].position);
            ASSERT_TRUE(replay_.commands[i].payload == commands_[i].payload);
        }
        for (const auto& [key, shard] : shards_) {
            check_reads(key);
            if (HasFatalFailure())
                return;
        }
    }

    std::mt19937_64 random_{seed()};
    LogModel model_;
    std::map<storage::ShardKey, Shard> shards_;
    std::uint64_t next_stream_ = 1;
    WallTime now_ = wall_time(1'000'000);
    std::vector<storage::CatalogLog::Entry> commands_;
    std::optional<storage::Position> last_command_;
    std::string snapshot_;
};

}  // namespace millrace::test
