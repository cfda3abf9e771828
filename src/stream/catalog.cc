#include "stream/catalog.h"

#include <mutex>
#include <string>
#include <utility>
#include <variant>

#include "base/log.h"
#include "stream/command_codec.h"
#include "stream/state_codec.h"

namespace millrace::stream {

namespace {

// The commands that count, in order of their numbers, which go on after `applied`.
Result<std::vector<Command>> history(const std::vector<storage::CatalogLog::Entry>& entries,
                                     std::uint64_t applied) {
    std::vector<Command> commands;
    for (const storage::CatalogLog::Entry& entry : entries) {
        const std::string where =
            " (command at position " + std::to_string(entry.position.value()) + ")";
        auto command = decode_command(entry.payload);
        if (!command) {
            Error error = std::move(command).error();
            error.message += where;
            return error;
        }
        const std::uint64_t number = command.value().number;
        if (number <= applied || number > applied + commands.size() + 1) {
            return Error{Errc::kCorrupt,
                         "catalog: number " + std::to_string(number) + " is out of order" + where};
        }
        // What failed before it, and was never answered, did not happen.
        commands.erase(commands.begin() + static_cast<std::ptrdiff_t>(number - applied - 1),
                       commands.end());
        commands.push_back(std::move(command).value());
    }
    return commands;
}

}  // namespace

Catalog::Catalog(storage::CatalogLog& log, std::uint32_t snapshot_commands)
    : log_(log), snapshot_commands_(snapshot_commands) {}

Task<Result<void>> Catalog::load() {
    AsyncMutex::Guard guard = co_await proposals_.lock();
    auto replay = co_await log_.load();
    if (!replay) {
        co_return std::move(replay).error();
    }
    CatalogState state;
    if (!replay.value().snapshot.empty()) {
        auto decoded = decode_state(replay.value().snapshot);
        if (!decoded) {
            co_return std::move(decoded).error();
        }
        state = std::move(decoded).value();
    }
    auto commands = history(replay.value().commands, state.commands());
    if (!commands) {
        co_return std::move(commands).error();
    }
    for (const Command& command : commands.value()) {
        if (state.apply(command).outcome != Outcome::kApplied) {
            co_return Error{Errc::kCorrupt, "catalog: command " + std::to_string(command.number) +
                                                " does not apply to the state before it"};
        }
    }
    if (!replay.value().commands.empty()) {
        last_ = replay.value().commands.back().position;
    }
    commands_since_snapshot_ = static_cast<std::uint32_t>(commands.value().size());
    const std::unique_lock lock(mutex_);
    state_ = std::move(state);
    co_return success();
}

Task<Result<void>> Catalog::prepare() {
    AsyncMutex::Guard guard = co_await proposals_.lock();
    co_return co_await prepare_locked();
}

// REQUIRES: proposals_ is held.
Task<Result<void>> Catalog::prepare_locked() {
    if (!prepare_) {
        co_return success();
    }
    auto prepared = co_await prepare_();
    if (prepared) {
        prepare_ = nullptr;
    }
    co_return prepared;
}

Task<Result<Applied>> Catalog::propose(Command command) {
    AsyncMutex::Guard guard = co_await proposals_.lock();
    // Nothing changes the state while we hold proposals_: what is decided here is what apply()
    // does.
    command.number = state_.commands() + 1;
    Applied decided = state_.decide(command);
    if (decided.outcome != Outcome::kApplied) {
        co_return decided;
    }
    auto prepared = co_await prepare_locked();
    if (!prepared) {
        co_return std::move(prepared).error();
    }
    auto position = co_await log_.commit(encode_command(command));
    if (!position) {
        co_return std::move(position).error();
    }
    last_ = position.value();
    ++commands_since_snapshot_;
    Applied applied;
    {
        const std::unique_lock lock(mutex_);
        applied = state_.apply(command);
    }
    if (applied.stream != nullptr) {
        tell(applied.stream->uid);
    } else if (const auto* removed = std::get_if<RemoveStream>(&command.action)) {
        tell(removed->uid);
    }
    if (commands_since_snapshot_ >= snapshot_commands_) {
        // The command stands whether or not its snapshot does; the next command tries again.
        const auto written = co_await snapshot();
        if (!written) {
            log::warn("the catalog's snapshot could not be written: {}", written.error().message);
        }
    }
    co_return applied;
}

void Catalog::tell(StreamUid uid) {
    for (Callback<void(StreamUid)>& hear : hearers_) {
        hear(uid);
    }
}

Task<Result<void>> Catalog::checkpoint() {
    AsyncMutex::Guard guard = co_await proposals_.lock();
    if (commands_since_snapshot_ == 0) {
        co_return success();
    }
    co_return co_await snapshot();
}

// REQUIRES: proposals_ is held.
Task<Result<void>> Catalog::snapshot() {
    auto written = co_await log_.snapshot(last_, encode_state(state_));
    if (written) {
        commands_since_snapshot_ = 0;
    }
    co_return written;
}

StreamPtr Catalog::find(const model::Identity& owner, const model::StreamName& name) const {
    const std::shared_lock lock(mutex_);
    return state_.find(owner, name);
}

StreamPtr Catalog::find(StreamUid uid) const {
    const std::shared_lock lock(mutex_);
    return state_.find(uid);
}

std::vector<StreamPtr> Catalog::list(const model::Identity& owner, const model::StreamName& after,
                                     std::size_t max) const {
    const std::shared_lock lock(mutex_);
    return state_.list(owner, after, max);
}

std::vector<StreamPtr> Catalog::all() const {
    const std::shared_lock lock(mutex_);
    return state_.all();
}

Totals Catalog::totals(const model::Identity& owner) const {
    const std::shared_lock lock(mutex_);
    return state_.totals(owner);
}

Commitment Catalog::commitment(const model::Identity& owner, WallTime now) const {
    const std::shared_lock lock(mutex_);
    return state_.commitment(owner, now);
}

ChannelPtr Catalog::channel(const std::string& id) const {
    const std::shared_lock lock(mutex_);
    return state_.channels().find(id);
}

std::vector<ChannelPtr> Catalog::channels(const model::Identity& owner,
                                          const std::string& after) const {
    const std::shared_lock lock(mutex_);
    return state_.channels().list(owner, after);
}

std::vector<ChannelPtr> Catalog::all_channels() const {
    const std::shared_lock lock(mutex_);
    return state_.channels().all();
}

std::size_t Catalog::channels_of(StreamUid uid) const {
    const std::shared_lock lock(mutex_);
    return state_.channels().count(uid);
}

std::uint64_t Catalog::commands() const {
    const std::shared_lock lock(mutex_);
    return state_.commands();
}

CatalogState Catalog::copy() const {
    const std::shared_lock lock(mutex_);
    return state_;
}

}  // namespace millrace::stream
