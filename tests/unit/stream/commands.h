// Builds catalog commands, random ones included, for tests of the state, its codec and its log.
#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "stream/catalog_state.h"
#include "stream/command.h"
#include "stream/reshard.h"
#include "stream/scaling.h"

namespace millrace::stream {

inline const WallTime kStart = wall_time(1'700'000'000'000);

inline Command command(Action action, WallTime time = kStart) {
    return {time, std::move(action)};
}

inline CreateStream create_action(std::uint64_t uid, std::string_view name,
                                  std::uint32_t shards = 1) {
    CreateStream create;
    create.uid = StreamUid(uid);
    create.owner = {"000000000000", "us-east-1"};
    create.name = model::StreamName(name);
    create.shards = shards;
    create.due = kStart;
    return create;
}

inline Channel channel_of(const Stream& stream, std::string id, std::string name) {
    Channel channel;
    channel.id = std::move(id);
    channel.owner = stream.owner;
    channel.name = std::move(name);
    channel.created = kStart;
    channel.due = kStart;
    channel.stream = stream.uid;
    channel.stream_name = stream.name;
    channel.stream_created_s = stream.created_s;
    channel.role = "arn:aws:iam::000000000000:role/r";
    channel.record_format = "JSON";
    channel.bucket = {"arn:aws:s3:::b", "000000000000",   "NONE",         "k",
                      "STANDARD",       "arn:aws:s3:::d", "111111111111", "errors/"};
    channel.freshness_s = 300;
    return channel;
}

// A stream of commands such as clients and the lifecycle give, sensible and not, over few enough
// names that they meet each other.
class RandomCommands final {
public:
    explicit RandomCommands(std::uint64_t seed) : random_(seed) {}

    Command next(const CatalogState& state) {
        time_ += Millis(below(700));
        const std::vector<StreamPtr> streams = state.all();
        const StreamUid uid = streams.empty() || below(20) == 0
                                  ? StreamUid(below(50))
                                  : streams[below(streams.size())]->uid;
        const StreamPtr stream = state.find(uid);
        const std::string id = "c" + std::to_string(below(4));
        switch (below(25)) {
            case 0:
                return command(create(), time_);
            case 1:
            case 2:
                return command(ActivateStream{uid}, time_);
            case 3:
                return command(DeleteStream{uid, time_ + Millis(below(1000)), below(2) == 0},
                               time_);
            case 4:
                return command(RemoveStream{uid, below(2) == 0 ? to_seconds(time_) + 1 : 0}, time_);
            case 5: {
                SetRetention action;
                action.uid = uid;
                action.retention = std::chrono::hours(24 + below(100));
                action.direction = below(2) == 0 ? SetRetention::Direction::kIncrease
                                                 : SetRetention::Direction::kDecrease;
                if (below(3) == 0) {
                    action.due = time_ + Millis(below(500));
                }
                return command(action, time_);
            }
            case 6: {
                ConfigureStream action;
                action.uid = uid;
                action.metrics_on = static_cast<ShardMetrics>(below(128));
                action.metrics_off = static_cast<ShardMetrics>(below(128));
                if (below(2) == 0) {
                    action.record_max_kib = static_cast<std::uint32_t>(1024 + below(9));
                }
                if (below(2) == 0) {
                    action.distribution =
                        below(2) == 0 ? Distribution::kAuto : Distribution::kPartitionKey;
                }
                if (below(3) == 0) {
                    action.warm_mibps = static_cast<std::uint32_t>(below(9));
                }
                if (below(3) == 0) {
                    action.policy = below(3) == 0 ? "" : "{\"\xc3\xa9\": 1}";
                }
                if (below(3) == 0) {
                    action.due = time_ + Millis(below(500));
                }
                return command(std::move(action), time_);
            }
            case 7:
                return command(
                    SetCommitment{{below(2) == 0 ? "000000000000" : "111111111111", "us-east-1"},
                                  below(2) == 0},
                    time_ + std::chrono::hours(below(30)));
            case 8: {
                if (streams.empty()) {
                    return command(create(), time_);
                }
                Channel channel =
                    channel_of(*streams[below(streams.size())], id, "n" + std::to_string(below(4)));
                channel.tags = {{"a", std::to_string(below(4))}};
                return command(CreateChannel{std::move(channel)}, time_);
            }
            case 9: {
                UpdateChannel action;
                action.id = id;
                action.due = time_;
                if (below(2) == 0) {
                    action.freshness_s = static_cast<std::uint32_t>(below(900));
                }
                if (below(2) == 0) {
                    action.logging = ChannelLogging{below(2) == 0, "group", "stream"};
                }
                return command(std::move(action), time_);
            }
            case 10:
                return command(DeleteChannel{id, time_}, time_);
            case 11:
                return command(AdvanceChannel{id}, time_);
            case 12:
                return command(begin_reshard(uid, stream), time_);
            case 13:
            case 14: {
                std::vector<storage::Position> ends;
                if (stream != nullptr && stream->pending.has_value()) {
                    for (const model::ShardNo no : closed_by(stream->pending->steps)) {
                        ends.emplace_back(no.value() * 10 + below(5));
                    }
                }
                if (below(3) == 0) {
                    return command(FinishModeChange{uid, std::move(ends)}, time_);
                }
                return command(FinishReshard{uid, std::move(ends)}, time_);
            }
            case 15: {
                BeginModeChange action;
                action.uid = uid;
                action.mode = below(2) == 0 ? Mode::kOnDemand : Mode::kProvisioned;
                action.due = time_ + Millis(below(500));
                if (below(2) == 0) {
                    action.on_demand_streams_max = static_cast<std::uint32_t>(1 + below(3));
                    action.changes_max = static_cast<std::uint32_t>(1 + below(3));
                }
                if (stream != nullptr && !stream->routes.empty() && below(2) == 0) {
                    action.warm_mibps = static_cast<std::uint32_t>(below(9));
                    action.steps = growth(*stream, *action.warm_mibps);
                    if (!action.steps.empty()) {
                        action.planned_over = static_cast<std::uint32_t>(stream->shards.size());
                    }
                }
                return below(2) == 0 ? command(std::move(action), time_)
                                     : command(FinishModeChange{uid}, time_);
            }
            case 16: {
                DropShards action;
                action.uid = uid;
                for (std::size_t i = below(3); i > 0; --i) {
                    action.shards.emplace_back(static_cast<std::uint32_t>(below(6)));
                }
                return command(std::move(action), time_);
            }
            case 17: {
                RegisterConsumer action;
                action.uid = uid;
                action.name = "c" + std::to_string(below(3));
                action.due = time_ + Millis(below(500));
                action.tags = {{"k", std::to_string(below(3))}};
                if (below(2) == 0) {
                    action.consumers_max = static_cast<std::uint32_t>(1 + below(2));
                    action.creating_consumers_max = static_cast<std::uint32_t>(1 + below(3));
                }
                return command(action, time_);
            }
            case 21: {
                BeginEncryptionChange action{uid, {}, time_ + Millis(below(500)), {}};
                if (below(3) != 0) {
                    action.key = DataKey{"alias/" + id, "wrapped"};
                }
                if (below(2) == 0) {
                    action.changes_max = static_cast<std::uint32_t>(1 + below(3));
                }
                return command(std::move(action), time_);
            }
            case 22:
                return command(FinishEncryptionChange{uid}, time_);
            case 18:
            case 19:
            case 20:
                return command(consumer_action(state.find(uid)), time_);
            default: {
                if (below(2) == 0) {
                    return command(ChangeChannelTags{id, {{"k", "v"}}, {"a"}, 2}, time_);
                }
                ChangeTags action;
                action.uid = uid;
                action.tags_max = static_cast<std::uint32_t>(3 + below(5));
                for (std::size_t i = below(4); i > 0; --i) {
                    action.put["key" + std::to_string(below(9))] = "v\xc3\xa9" + std::to_string(i);
                    action.remove.push_back("key" + std::to_string(below(9)));
                }
                return command(std::move(action), time_);
            }
        }
    }

private:
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_() % n); }

    // One split or merge, as a rule of an open shard.
    BeginReshard begin_reshard(StreamUid uid, const StreamPtr& stream) {
        BeginReshard action;
        action.uid = uid;
        action.due = time_ + Millis(below(500));
        if (below(2) == 0) {
            action.shards_max = static_cast<std::uint32_t>(10 + below(30));
            action.scalings_max = static_cast<std::uint32_t>(1 + below(3));
        }
        if (stream == nullptr || stream->routes.empty()) {
            return action;
        }
        action.mode = stream->mode;
        action.planned_over = static_cast<std::uint32_t>(stream->shards.size());
        const std::size_t place = below(stream->routes.size());
        const model::ShardNo no = stream->routes[place];
        const model::HashRange range = stream->shards[no.value()].range;
        if (below(2) == 0 && place + 1 < stream->routes.size()) {
            action.steps.push_back({no, stream->routes[place + 1]});
        } else {
            const model::Uint128 half = (range.last.value() - range.first.value()) / 2;
            action.steps.push_back({no, model::HashKey(range.first.value() + half)});
        }
        return action;
    }

    Action consumer_action(const StreamPtr& stream) {
        StreamUid uid(3);
        std::string name = "nobody";
        std::int64_t created_s = 1;
        if (stream != nullptr && !stream->consumers.present.empty()) {
            const auto& present = stream->consumers.present;
            const Consumer& consumer =
                std::next(present.begin(), static_cast<std::ptrdiff_t>(below(present.size())))
                    ->second;
            uid = stream->uid;
            name = consumer.name;
            created_s = consumer.created_s;
        }
        switch (below(4)) {
            case 0:
                return ActivateConsumer{uid, name, created_s};
            case 1: {
                ConfigureConsumer action{uid, name, created_s};
                action.put["k" + std::to_string(below(3))] = std::to_string(below(9));
                action.remove = {"k0"};
                action.tags_max = static_cast<std::uint32_t>(below(4));
                if (below(2) == 0) {
                    action.policy = below(2) == 0 ? "" : "{}";
                }
                return action;
            }
            case 2:
                return DeregisterConsumer{uid, name, created_s, time_ + Millis(below(500))};
            default:
                return RemoveConsumer{uid, name, created_s};
        }
    }

    CreateStream create() {
        CreateStream action =
            create_action(below(4) == 0 ? below(50) : random_(), "s" + std::to_string(below(8)),
                          static_cast<std::uint32_t>(1 + below(9)));
        action.owner.account = below(2) == 0 ? "000000000000" : "111111111111";
        action.mode = below(3) == 0 ? Mode::kOnDemand : Mode::kProvisioned;
        action.record_max_kib = static_cast<std::uint32_t>(1024 + below(9) * 1024);
        action.due = time_ + Millis(below(500));
        if (below(2) == 0) {
            action.tags = {{"a", "1"}, {"b", ""}};
        }
        if (below(2) == 0) {
            action.shards_max = static_cast<std::uint32_t>(10 + below(20));
            action.on_demand_streams_max = static_cast<std::uint32_t>(1 + below(3));
            action.pending_streams_max = static_cast<std::uint32_t>(2 + below(4));
        }
        return action;
    }

    std::mt19937_64 random_;
    WallTime time_ = kStart;
};

}  // namespace millrace::stream
