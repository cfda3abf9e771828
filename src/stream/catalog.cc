#include "stream/catalog.h"

#include <mutex>
#include <utility>

#include "base/log.h"
#include "stream/catalog_codec.h"

namespace millrace::stream {

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
    for (const storage::CatalogLog::Entry& entry : replay.value().commands) {
        auto command = decode_command(entry.payload);
        if (!command) {
            Error error = std::move(command).error();
            error.message +=
                " (command at position " + std::to_string(entry.position.value()) + ")";
            co_return error;
        }
        state.apply(command.value());
        last_ = entry.position;
        ++commands_since_snapshot_;
    }
    const std::unique_lock lock(mutex_);
    state_ = std::move(state);
    co_return success();
}

Task<Result<Applied>> Catalog::propose(Command command) {
    AsyncMutex::Guard guard = co_await proposals_.lock();
    // Nothing changes the state while we hold proposals_: what is decided here is what apply()
    // does.
    Applied decided = state_.decide(command);
    if (decided.outcome != Outcome::kApplied) {
        co_return decided;
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
    if (commands_since_snapshot_ >= snapshot_commands_) {
        // The command stands whether or not its snapshot does; the next command tries again.
        const auto written = co_await snapshot();
        if (!written) {
            log::warn("the catalog's snapshot could not be written: {}", written.error().message);
        }
    }
    co_return applied;
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

CatalogState Catalog::copy() const {
    const std::shared_lock lock(mutex_);
    return state_;
}

}  // namespace millrace::stream
