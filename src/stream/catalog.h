// Catalog: the state, its log and its readers. Reading never waits for a command in flight: each
// call takes a shared lock for one look-up and returns immutable entries. Commands go one at a
// time: decided against the state, made durable, applied. Thread-safe.
#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/callback.h"
#include "base/result.h"
#include "base/task.h"
#include "storage/engine.h"
#include "stream/async_mutex.h"
#include "stream/catalog_state.h"

namespace millrace::stream {

class Catalog final {
public:
    // `snapshot_commands`: commands between two snapshots.
    Catalog(storage::CatalogLog& log, std::uint32_t snapshot_commands);

    // `hear` is called with each stream a command has changed, once every reader sees the change.
    // Before anything else.
    void on_change(Callback<void(StreamUid)> hear) { hearers_.push_back(std::move(hear)); }

    // Replays the log. Once, before anything else; kUnsupported or kCorrupt refuse to start.
    Task<Result<void>> load();

    // `prepare` makes durable what commands rely on: no first command before it has succeeded.
    // Before anything else.
    void before_first(Callback<Task<Result<void>>()> prepare) { prepare_ = std::move(prepare); }
    // Does so now, unless it is done.
    Task<Result<void>> prepare();

    // Resumes when the command is durable and visible to every reader, or was found not to apply
    // (then nothing was logged). An error: the log failed, and what became of it shows at the next
    // start.
    Task<Result<Applied>> propose(Command command);

    // Writes a snapshot if commands were logged since the last: a quicker next start.
    Task<Result<void>> checkpoint();

    StreamPtr find(const model::Identity& owner, const model::StreamName& name) const;
    StreamPtr find(StreamUid uid) const;
    std::vector<StreamPtr> list(const model::Identity& owner, const model::StreamName& after,
                                std::size_t max) const;
    std::vector<StreamPtr> all() const;
    Totals totals(const model::Identity& owner) const;
    Commitment commitment(const model::Identity& owner, WallTime now) const;
    ChannelPtr channel(const std::string& id) const;
    std::vector<ChannelPtr> channels(const model::Identity& owner,
                                     const std::string& after = {}) const;
    std::vector<ChannelPtr> all_channels() const;
    std::size_t channels_of(StreamUid uid) const;

    std::uint64_t commands() const;  // so far, in its whole life
    CatalogState copy() const;

private:
    Task<Result<void>> prepare_locked();
    Task<Result<void>> snapshot();
    void tell(StreamUid uid);

    storage::CatalogLog& log_;
    const std::uint32_t snapshot_commands_;
    AsyncMutex proposals_;  // held by the one command in flight; guards the next three
    Callback<Task<Result<void>>()> prepare_;
    std::uint32_t commands_since_snapshot_ = 0;
    storage::Position last_;
    std::vector<Callback<void(StreamUid)>> hearers_;

    mutable std::shared_mutex mutex_;
    CatalogState state_;  // guarded by mutex_; changed only while proposals_ is held
};

}  // namespace millrace::stream
