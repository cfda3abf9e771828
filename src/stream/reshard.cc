#include "stream/reshard.h"

#include <algorithm>
#include <utility>

#include "stream/daily.h"

namespace millrace::stream {
namespace {

const model::ShardNo* merged_with(const ReshardStep& step) {
    return std::get_if<model::ShardNo>(&step.with);
}

Shard* open_shard(std::vector<Shard>& shards, model::ShardNo no) {
    return no.value() < shards.size() && shards[no.value()].open() ? &shards[no.value()] : nullptr;
}

// The first instant at which it may be closed. It may have been dated ahead of the clock, and must
// have lived all the same: a shard without a moment of its own answers for no instant.
WallTime first_close(const Shard& shard) {
    return WallTime(Seconds(shard.created_s)) + Millis(1);
}

void close(Shard& shard, WallTime at, storage::Position end) {
    shard.closed = at;
    shard.end = end;
}

// `parent` is closed.
Shard child_of(const Shard& parent, std::size_t no) {
    Shard child;
    child.no = model::ShardNo(static_cast<std::uint32_t>(no));
    child.range = parent.range;
    child.created_s =
        std::min(to_seconds(*parent.closed) + 1, model::SequenceNumber::kCreatedSecondsEnd - 1);
    child.parent = parent.no;
    return child;
}

bool split(std::vector<Shard>& shards, Shard& parent, model::HashKey at, WallTime time,
           storage::Position end) {
    if (!splits(parent.range, at)) {
        return false;
    }
    close(parent, std::max(time, first_close(parent)), end);
    Shard left = child_of(parent, shards.size());
    Shard right = child_of(parent, shards.size() + 1);
    left.range.last = model::HashKey(at.value() - 1);
    right.range.first = at;
    shards.push_back(left);
    shards.push_back(right);
    return true;
}

bool merge(std::vector<Shard>& shards, Shard& low, Shard& high, WallTime time,
           std::span<const storage::Position> ends) {
    if (!adjacent(low, high)) {
        return false;
    }
    const WallTime closed = std::max({time, first_close(low), first_close(high)});
    close(low, closed, ends[0]);
    close(high, closed, ends[1]);
    Shard child = child_of(low, shards.size());
    child.adjacent_parent = high.no;
    child.range.last = high.range.last;
    shards.push_back(child);
    return true;
}

}  // namespace

bool splits(const model::HashRange& range, model::HashKey at) {
    return at > range.first && at.value() - range.first.value() > 1 && at < range.last;
}

model::HashKey middle(const model::HashRange& range) {
    const model::Uint128 width_less_one = range.last.value() - range.first.value();
    return model::HashKey(range.first.value() + width_less_one / 2 + width_less_one % 2);
}

bool adjacent(const Shard& low, const Shard& high) {
    return low.range.last < high.range.first &&
           high.range.first.value() - low.range.last.value() == 1;
}

std::vector<model::ShardNo> closed_by(std::span<const ReshardStep> steps) {
    std::vector<model::ShardNo> closed;
    for (const ReshardStep& step : steps) {
        closed.push_back(step.shard);
        if (const model::ShardNo* other = merged_with(step)) {
            closed.push_back(*other);
        }
    }
    return closed;
}

std::uint32_t children_made_by(std::span<const ReshardStep> steps) {
    std::uint32_t count = 0;
    for (const ReshardStep& step : steps) {
        count += merged_with(step) != nullptr ? 1 : 2;
    }
    return count;
}

bool resharding(const Stream& stream) {
    return stream.pending.has_value() && !stream.pending->steps.empty();
}

std::uint64_t planned_growth(const Stream& stream) {
    if (!resharding(stream)) {
        return 0;
    }
    const auto& steps = stream.pending->steps;
    const auto made = children_made_by(steps);
    const auto closed = closed_by(steps).size();
    return made > closed ? made - closed : 0;
}

bool reshard(std::vector<Shard>& shards, std::span<const ReshardStep> steps, WallTime at,
             std::span<const storage::Position> ends) {
    if (shards.size() + children_made_by(steps) > std::size_t{model::kShardNoMax} + 1 ||
        ends.size() != closed_by(steps).size()) {
        return false;
    }
    shards.reserve(shards.size() + children_made_by(steps));  // pointers into it stay good
    for (const ReshardStep& step : steps) {
        Shard* const shard = open_shard(shards, step.shard);
        if (shard == nullptr) {
            return false;
        }
        const model::ShardNo* const other = merged_with(step);
        if (other == nullptr) {
            if (!split(shards, *shard, std::get<model::HashKey>(step.with), at, ends[0])) {
                return false;
            }
            ends = ends.subspan(1);
            continue;
        }
        Shard* const high = open_shard(shards, *other);
        if (high == nullptr || !merge(shards, *shard, *high, at, ends)) {
            return false;
        }
        ends = ends.subspan(2);
    }
    return true;
}

bool fit(const std::vector<Shard>& shards, std::span<const ReshardStep> steps) {
    std::vector<Shard> tried = shards;
    const std::vector<storage::Position> ends(closed_by(steps).size());
    return reshard(tried, steps, WallTime(), ends);
}

Applied begin_reshard(const StreamPtr& found, const BeginReshard& command, WallTime time,
                      const Totals& totals) {
    if (found->status != Status::kActive) {
        return refused(Outcome::kNotActive, found);
    }
    if (command.planned_over != found->shards.size() || command.mode != found->mode ||
        command.steps.empty() || !fit(found->shards, command.steps)) {
        return refused(Outcome::kStale, found);
    }
    Stream next = *found;
    next.status = Status::kUpdating;
    next.pending = Transition{Transition::What::kReshard, command.due, command.steps, {}};
    if (command.warm_mibps) {
        next.warm_mibps = command.warm_mibps;
    }
    const std::uint64_t growth = planned_growth(next);
    if (growth > 0 && exceeds(command.shards_max, totals.shards() + growth)) {
        return refused(Outcome::kShardQuota, found, totals.shards());
    }
    if (command.scalings_max.has_value()) {
        next.scalings = counted_with(next.scalings, time);
        if (exceeds(command.scalings_max, next.scalings.size())) {
            return refused(Outcome::kDailyQuota, found, next.scalings.size() - 1);
        }
    }
    return applied(std::move(next));
}

Applied finish_reshard(const StreamPtr& found, const FinishReshard& command, WallTime time) {
    if (!found->pending.has_value() || found->pending->what != Transition::What::kReshard) {
        return refused(Outcome::kNotActive, found);
    }
    Stream next = *found;
    if (!reshard(next.shards, found->pending->steps, time, command.ends)) {
        return refused(Outcome::kStale, found);
    }
    next.status = Status::kActive;
    next.pending.reset();
    rebuild_routes(next);
    return applied(std::move(next));
}

Applied drop_shards(const StreamPtr& found, const DropShards& command) {
    Stream next = *found;
    for (const model::ShardNo no : command.shards) {
        const Shard* const shard = found->shard(no);
        if (shard == nullptr || shard->open()) {
            return refused(Outcome::kStale, found);
        }
        next.shards[no.value()].dropped = true;
    }
    return applied(std::move(next));
}

}  // namespace millrace::stream
