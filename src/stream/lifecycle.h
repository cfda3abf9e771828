// Lifecycle: carries streams and channels from CREATING to ACTIVE, from UPDATING back to it, and
// from DELETING to gone, and trims what has aged out. What a stream waits for stands in the
// catalog, so a restart takes it up where it was; each step's effect on the engine is idempotent
// and comes before the command that records it. A step that fails is tried again: no stream stays
// stuck.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "env/clock.h"
#include "storage/engine.h"
#include "stream/async_mutex.h"
#include "stream/background.h"
#include "stream/catalog.h"
#include "stream/data_keys.h"
#include "stream/meters.h"
#include "stream/settings.h"

namespace millrace::stream {

class Lifecycle final {
public:
    Lifecycle(Catalog& catalog, storage::LogEngine& engine, env::Clock& clock,
              Background& background, Meters& meters, DataKeys& data_keys,
              const Settings& settings);

    // After the catalog was loaded: arms what is pending, and the sweeper.
    void resume();

    // Proposes what begins a transition, and proceeds if it is applied.
    Task<Result<Applied>> begin(Action action, StreamUid uid, Millis delay);
    // Carries out the transition that `applied` began: within the call if nothing delays it.
    Task<Result<Applied>> proceed(Applied applied, StreamUid uid, Millis delay);

    // Sees to it that finish() runs when the stream's transition is due.
    void arm(const Stream& stream);
    // Does now what the stream waits for, due or not; nothing if it waits for nothing.
    Task<void> finish(StreamUid uid);
    // The same for a channel, but only of what is due then.
    void arm(const Channel& channel);
    Task<void> finish(std::string channel_id, WallTime due);

    // Asks the engine to reclaim what no stream can read any more; shards that have expired go
    // altogether.
    Task<void> sweep();

private:
    // One at a time for each stream: a deletion must not overtake the creation of the logs it
    // drops.
    class Turn;

    Task<bool> activate(StreamPtr stream);
    Task<bool> remove(StreamPtr stream);
    Task<bool> reshard(StreamPtr stream);
    Task<bool> change_mode(StreamPtr stream);
    Task<Result<std::vector<storage::Position>>> carry_out(StreamPtr stream);
    Task<Result<std::vector<storage::Position>>> seal(StreamPtr stream,
                                                      std::vector<model::ShardNo> shards);
    Task<void> drop(StreamPtr stream, std::vector<model::ShardNo> shards);
    Task<bool> record(Action action);
    void retry(StreamUid uid);
    void arm_sweep();

    Catalog& catalog_;
    storage::LogEngine& engine_;
    env::Clock& clock_;
    Background& background_;
    Meters& meters_;
    DataKeys& data_keys_;
    const Settings& settings_;

    std::mutex mutex_;
    std::unordered_map<StreamUid, std::weak_ptr<AsyncMutex>> turns_;  // guarded by mutex_
};

}  // namespace millrace::stream
