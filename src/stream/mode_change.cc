#include "stream/mode_change.h"

#include <utility>

#include "stream/daily.h"
#include "stream/reshard.h"

namespace millrace::stream {

Applied begin_mode_change(const StreamPtr& found, const BeginModeChange& command, WallTime time,
                          std::size_t channels, const Totals& totals) {
    if (found->status != Status::kActive) {
        return refused(Outcome::kNotActive, found);
    }
    if (command.mode == found->mode) {
        return refused(Outcome::kStale, found);
    }
    if (!command.steps.empty() &&
        (command.planned_over != found->shards.size() || !fit(found->shards, command.steps))) {
        return refused(Outcome::kStale, found);
    }
    if (command.mode == Mode::kProvisioned && channels != 0) {
        return refused(Outcome::kHasChannels, found, channels);
    }
    // Silently dropped, it would break the producers that send no partition keys.
    if (command.mode == Mode::kProvisioned && found->distribution == Distribution::kAuto) {
        return refused(Outcome::kWrongMode, found);
    }
    if (command.mode == Mode::kOnDemand &&
        exceeds(command.on_demand_streams_max, totals.on_demand_streams + 1)) {
        return refused(Outcome::kOnDemandQuota, found, totals.on_demand_streams);
    }
    Stream next = *found;
    if (command.changes_max.has_value()) {
        next.mode_changes = counted_with(next.mode_changes, time);
        if (exceeds(command.changes_max, next.mode_changes.size())) {
            return refused(Outcome::kDailyQuota, found, next.mode_changes.size() - 1);
        }
    }
    next.warm_mibps = command.warm_mibps;  // shown once the stream is on-demand
    next.status = Status::kUpdating;
    next.pending =
        Transition{Transition::What::kChangeMode, command.due, command.steps, command.mode};
    return applied(std::move(next));
}

Applied finish_mode_change(const StreamPtr& found, const FinishModeChange& command, WallTime time) {
    if (!found->pending.has_value() || found->pending->what != Transition::What::kChangeMode) {
        return refused(Outcome::kNotActive, found);
    }
    Stream next = *found;
    if (!reshard(next.shards, found->pending->steps, time, command.ends)) {
        return refused(Outcome::kStale, found);
    }
    rebuild_routes(next);
    next.status = Status::kActive;
    next.mode = found->pending->mode;
    next.pending.reset();
    if (next.mode == Mode::kProvisioned) {  // what only on-demand streams have
        next.distribution = Distribution::kPartitionKey;
        next.warm_mibps.reset();
    }
    return applied(std::move(next));
}

}  // namespace millrace::stream
