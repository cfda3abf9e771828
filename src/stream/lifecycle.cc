#include "stream/lifecycle.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace millrace::stream {
namespace {

constexpr Millis kRetryAfter{1000};
constexpr std::size_t kShardsPerBreath = 64;  // swept before other work gets its turn

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
                     Background& background, Meters& meters, const Settings& settings)
    : catalog_(catalog),
      engine_(engine),
      clock_(clock),
      background_(background),
      meters_(meters),
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

void Lifecycle::arm(const Channel& channel) {
    background_.at(*channel.due, [this, id = channel.id] { return finish(id); });
}

Task<void> Lifecycle::finish(std::string channel_id) {
    const ChannelPtr channel = catalog_.channel(channel_id);
    // A later command has its own timer: what it waits for may be due later than what we waited
    // for.
    if (channel == nullptr || !channel->due || *channel->due > clock_.now()) {
        co_return;
    }
    Action action = AdvanceChannel{channel_id};
    if (!co_await record(std::move(action))) {
        background_.at(clock_.now() + kRetryAfter,
                       [this, id = std::move(channel_id)] { return finish(id); });
    }
}

void Lifecycle::arm(const Stream& stream) {
    background_.at(stream.pending->due, [this, uid = stream.uid] { return finish(uid); });
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
    Action action = RemoveStream{stream->uid};
    co_return co_await record(std::move(action));
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
    background_.at(clock_.now() + kRetryAfter, [this, uid] { return finish(uid); });
}

void Lifecycle::arm_sweep() {
    auto run = [this]() -> Task<void> { return sweep(); };
    background_.at(clock_.now() + settings_.sweep_interval, std::move(run));
}

Task<void> Lifecycle::sweep() {
    std::size_t swept = 0;
    const std::vector<StreamPtr> streams = catalog_.all();
    for (const StreamPtr& stream : streams) {
        const WallTime horizon = stream->horizon(clock_.now());
        for (const Shard& shard : stream->shards) {
            if (background_.stopping()) {
                co_return;
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
    }
    arm_sweep();
}

}  // namespace millrace::stream
