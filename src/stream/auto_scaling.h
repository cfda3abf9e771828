// AutoScaling: splits the hot shards of on-demand streams at their middle, as the service does when
// it makes room for twice the highest throughput seen. Shards are never merged again, so the number
// of open ones is itself the record of that peak. A shard that is hot by one partition key is split
// again and again, up to the ceiling: no split divides a key.
#pragma once

#include <chrono>
#include <map>

#include "base/task.h"
#include "env/clock.h"
#include "stream/background.h"
#include "stream/catalog.h"
#include "stream/lifecycle.h"
#include "stream/settings.h"
#include "stream/shard_load.h"

namespace millrace::stream {

class AutoScaling final {
public:
    AutoScaling(Catalog& catalog, Lifecycle& lifecycle, env::Clock& clock, Background& background,
                ShardLoad& load, const Settings& settings);

    // Begins to look once in each window; not at all if that is 0.
    void resume();

private:
    using Sums = std::map<model::ShardNo, ShardLoad::Sums>;

    void arm();
    Task<void> look();
    bool hot(const ShardLoad::Sums& sums, Millis elapsed) const;
    std::vector<ReshardStep> splits_of(const Stream& stream, const Sums& sums,
                                       Millis elapsed) const;

    Catalog& catalog_;
    Lifecycle& lifecycle_;
    env::Clock& clock_;
    Background& background_;
    ShardLoad& load_;
    const Settings& settings_;
    std::chrono::steady_clock::time_point looked_;  // of the one look at a time
};

}  // namespace millrace::stream
