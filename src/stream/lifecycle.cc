#include "stream/lifecycle.h"

#include <algorithm>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/log.h"
#include "stream/reshard.h"

namespace millrace::stream {
namespace {

constexpr Millis kRetryAfter{1000};
constexpr std::size_t kShardsPerBreath = 64;  // swept or sealed before others get their turn

// The logs the stream has or will have; while CREATING its shards are still to be made.
std::vector<storage::ShardKey> logs_of(const Stream& stream) {
    const std::size_t count = std::max<std::size_t>(stream.shards.size(), stream.initial_shards);
    std::vector<storage::ShardKey> keys;
    keys.reserve(count);
    for (std::uint32_t no = 0; no < count; ++no) {
        keys.push_back(stream.key(model::ShardNo(no)));
    }
    return keys;
}

std::vector<storage::ShardKey> keys_of(const Stream& stream,
                                       const std::vector<model::ShardNo>& shards) {
    std::vector<storage::ShardKey> keys;
    keys.reserve(shards.size());
    for (const model::ShardNo no : shards) {
        keys.push_back(stream.key(no));
    }
    return keys;
}

// Of the children that are open when the resharding is done: the others never hold a record.
std::vector<storage::ShardKey> logs_of_children(const Stream& stream,
                                                const std::vector<model::ShardNo>& closed) {
    std::vector<storage::ShardKey> keys;
    const std::set<model::ShardNo> shut(closed.begin(), closed.end());
    const auto first = static_cast<std::uint32_t>(stream.shards.size());
    const std::uint32_t end = first + children_made_by(stream.pending->steps);
    for (std::uint32_t no = first; no < end; ++no) {
        if (!shut.contains(model::ShardNo(no))) {
            keys.push_back(stream.key(model::ShardNo(no)));
        }
    }
    return keys;
}

}  // namespace

// Keeps the stream's mutex in the table for as long as somebody holds or awaits it.
class Lifecycle::Turn final {
public:
    Turn(Lifecycle& lifecycle, StreamUid uid) : lifecycle_(lifecycle), uid_(uid) {
        const std::lock_guard lock(lifecycle_.mutex_);
        auto& slot = lifecycle_.turns_[uid];
        mutex_ = slot.lock();
        if (mutex_ == nullptr) {
            mutex_ = std::make_shared<AsyncMutex>();
            slot = mutex_;
        }
    }
    ~Turn() {
        const std::lock_guard lock(lifecycle_.mutex_);
        mutex_.reset();
        const auto found = lifecycle_.turns_.find(uid_);
        if (found != lifecycle_.turns_.end() && found->second.expired()) {
            lifecycle_.turns_.erase(found);
        }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    AsyncMutex& mutex() { return *mutex_; }

private:
    Lifecycle& lifecycle_;
    StreamUid uid_;
    std::shared_ptr<AsyncMutex> mutex_;
};

Lifecycle::Lifecycle(Catalog& catalog, storage::LogEngine& engine, env::Clock& clock,
                     Background& background, Meters& meters, DataKeys& data_keys,
                     const Settings& settings)
    : catalog_(catalog),
      engine_(engine),
      clock_(clock),
      background_(background),
      meters_(meters),
      data_keys_(data_keys),
      settings_(settings) {}

void Lifecycle::resume() {
    for (const StreamPtr& stream : catalog_.all()) {
        if (stream->writable()) {
            meters_.add(*stream);
        }
        if (stream->pending.has_value()) {
            arm(*stream);
        }
    }
    for (const ChannelPtr& channel : catalog_.all_channels()) {
        if (channel->due.has_value()) {
            arm(*channel);
        }
    }
    arm_sweep();
}

Task<Result<Applied>> Lifecycle::begin(Action action, StreamUid uid, Millis delay) {
    Command command{clock_.now(), std::move(action)};
    auto answer = co_await catalog_.propose(std::move(command));
    if (!answer || answer.value().outcome != Outcome::kApplied) {
        co_return answer;
    }
    co_return co_await proceed(std::move(answer).value(), uid, delay);
}

Task<Result<Applied>> Lifecycle::proceed(Applied applied, StreamUid uid, Millis delay) {
    if (delay > Millis(0)) {
        arm(*applied.stream);
        co_return applied;
    }
    co_await finish(uid);
    applied.stream = catalog_.find(uid);
    co_return applied;
}

void Lifecycle::arm(const Channel& channel) {
    background_.after(settings_.rest(*channel.due, clock_.now()),
                      [this, id = channel.id, due = *channel.due] { return finish(id, due); });
}

Task<void> Lifecycle::finish(std::string channel_id, WallTime due) {
    const ChannelPtr channel = catalog_.channel(channel_id);
    // A later command has its own timer: what it waits for may be due later than what we waited
    // for.
    if (channel == nullptr || channel->due != due) {
        co_return;
    }
    Action action = AdvanceChannel{channel_id};
    if (!co_await record(std::move(action))) {
        background_.after(kRetryAfter,
                          [this, id = std::move(channel_id), due] { return finish(id, due); });
    }
}

void Lifecycle::arm(const Stream& stream) {
    background_.after(settings_.rest(stream.pending->due, clock_.now()),
                      [this, uid = stream.uid] { return finish(uid); });
}

Task<void> Lifecycle::finish(StreamUid uid) {
    Turn turn(*this, uid);
    AsyncMutex::Guard guard = co_await turn.mutex().lock();
    const StreamPtr stream = catalog_.find(uid);
    if (stream == nullptr || !stream->pending.has_value()) {
        co_return;
    }
    bool done = false;
    switch (stream->pending->what) {
        case Transition::What::kCreate:
            done = co_await activate(stream);
            break;
        case Transition::What::kDelete:
            done = co_await remove(stream);
            break;
        case Transition::What::kReshard:
            done = co_await reshard(stream);
            break;
        case Transition::What::kChangeMode:
            done = co_await change_mode(stream);
            break;
        case Transition::What::kChangeEncryption: {
            Action action = FinishEncryptionChange{uid};
            done = co_await record(std::move(action));
            break;
        }
        case Transition::What::kSettle: {
            Action action = ActivateStream{uid};
            done = co_await record(std::move(action));
            break;
        }
    }
    if (!done) {
        retry(uid);
    }
}

Task<bool> Lifecycle::activate(StreamPtr stream) {
    const std::vector<storage::ShardKey> keys = logs_of(*stream);
    const auto created = co_await engine_.create(keys);
    if (!created) {
        log::error("a stream's shards could not be created, will try again: {} stream={}",
                   created.error().message, stream->name.text());
        co_return false;
    }
    meters_.add(*stream);
    Action action = ActivateStream{stream->uid};
    co_return co_await record(std::move(action));
}

Task<bool> Lifecycle::remove(StreamPtr stream) {
    meters_.remove(stream->uid);
    const std::vector<storage::ShardKey> keys = logs_of(*stream);
    const auto dropped = co_await engine_.drop(keys);
    if (!dropped) {
        log::error("a deleted stream's shards could not be dropped, will try again: {} stream={}",
                   dropped.error().message, stream->name.text());
        co_return false;
    }
    data_keys_.forget(stream->uid);
    Action action = RemoveStream{stream->uid, stream->consumers.last_created_s()};
    co_return co_await record(std::move(action));
}

// The children's logs are there before a parent stops taking records, and no record is acknowledged
// in a parent once it is sealed: the ends that the command fixes lie above all of them. Between the
// two the parents' puts wait (RecordWriter).
Task<Result<std::vector<storage::Position>>> Lifecycle::carry_out(StreamPtr stream) {
    const std::vector<model::ShardNo> closed = closed_by(stream->pending->steps);
    const std::vector<storage::ShardKey> children = logs_of_children(*stream, closed);
    const auto created = co_await engine_.create(children);
    if (!created) {
        log::error("shards for a resharding could not be created, will try again: {} stream={}",
                   created.error().message, stream->name.text());
        co_return created.error();
    }
    auto ends = co_await seal(stream, closed);
    if (!ends) {
        log::error("shards could not be closed for a resharding, will try again: {} stream={}",
                   ends.error().message, stream->name.text());
    }
    co_return ends;
}

Task<bool> Lifecycle::reshard(StreamPtr stream) {
    auto ends = co_await carry_out(stream);
    if (!ends) {
        co_return false;
    }
    Action action = FinishReshard{stream->uid, std::move(ends).value()};
    co_return co_await record(std::move(action));
}

Task<bool> Lifecycle::change_mode(StreamPtr stream) {
    FinishModeChange finish{stream->uid, {}};
    if (resharding(*stream)) {
        auto ends = co_await carry_out(stream);
        if (!ends) {
            co_return false;
        }
        finish.ends = std::move(ends).value();
    }
    Action action = std::move(finish);
    co_return co_await record(std::move(action));
}

// The end of each, those that are only made by this resharding included. A few at a time: each may
// cost the engine an open file until its next checkpoint.
Task<Result<std::vector<storage::Position>>> Lifecycle::seal(StreamPtr stream,
                                                             std::vector<model::ShardNo> shards) {
    std::vector<storage::Position> ends(shards.size());
    std::vector<storage::ShardKey> keys;
    std::vector<std::size_t> places;  // of their ends
    for (std::size_t i = 0; i < shards.size(); ++i) {
        if (stream->shard(shards[i]) != nullptr) {
            keys.push_back(stream->key(shards[i]));
            places.push_back(i);
        }
    }
    const std::span<const storage::ShardKey> all = keys;
    for (std::size_t begun = 0; begun < keys.size(); begun += kShardsPerBreath) {
        const auto some = all.subspan(begun, std::min(kShardsPerBreath, keys.size() - begun));
        const auto sealed = co_await engine_.seal(some);
        if (!sealed) {
            co_return sealed.error();
        }
        for (std::size_t i = 0; i < some.size(); ++i) {
            ends[places[begun + i]] = sealed.value()[i];
        }
    }
    co_return ends;
}

// True when there is nothing to try again: recorded, or overtaken by another command.
Task<bool> Lifecycle::record(Action action) {
    Command command{clock_.now(), std::move(action)};
    const auto answer = co_await catalog_.propose(std::move(command));
    if (!answer) {
        log::error("the catalog's log failed, will try again: {}", answer.error().message);
        co_return false;
    }
    co_return true;
}

void Lifecycle::retry(StreamUid uid) {
    background_.after(kRetryAfter, [this, uid] { return finish(uid); });
}

void Lifecycle::arm_sweep() {
    auto run = [this]() -> Task<void> { return sweep(); };
    background_.after(settings_.sweep_interval, std::move(run));
}

Task<void> Lifecycle::sweep() {
    std::size_t swept = 0;
    const std::vector<StreamPtr> streams = catalog_.all();
    for (const StreamPtr& stream : streams) {
        const WallTime now = clock_.now();
        const WallTime horizon = stream->horizon(now);
        std::vector<model::ShardNo> expired;
        for (const Shard& shard : stream->shards) {
            if (background_.stopping()) {
                co_return;
            }
            if (stream->expired(shard, now)) {
                if (!shard.dropped) {
                    expired.push_back(shard.no);
                }
                continue;
            }
            const auto trimmed = co_await engine_.trim(stream->key(shard.no), horizon);
            // A shard dropped since the list was made is nobody's concern.
            if (!trimmed && trimmed.error().code != Errc::kNotFound) {
                log::warn("retention could not reclaim space: {} stream={} shard={}",
                          trimmed.error().message, stream->name.text(), shard.no.value());
            }
            if (++swept % kShardsPerBreath == 0) {
                co_await background_.yield();
            }
        }
        if (!expired.empty()) {
            co_await drop(stream, std::move(expired));
        }
    }
    arm_sweep();
}

// An expired shard stays so: a longer retention brings nothing back (Stream::horizon_floor).
Task<void> Lifecycle::drop(StreamPtr stream, std::vector<model::ShardNo> shards) {
    const std::vector<storage::ShardKey> keys = keys_of(*stream, shards);
    const auto dropped = co_await engine_.drop(keys);
    if (!dropped) {
        log::warn("expired shards could not be dropped: {} stream={}", dropped.error().message,
                  stream->name.text());
        co_return;
    }
    Action action = DropShards{stream->uid, std::move(shards)};
    static_cast<void>(co_await record(std::move(action)));  // if it fails, by the next sweep
}

}  // namespace millrace::stream
