// Resharding as pure functions: which splits and merges fit a stream, what becomes of its shards,
// and what the catalog's commands about it do. Nothing moves: records stay in the parents, which
// close; new ones go to the children.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/hash_range.h"
#include "stream/command.h"
#include "stream/totals.h"

namespace millrace::stream {

// Whether a shard of that range may be split so that the right half begins at `at`: the service
// wants more than one key on the left and on the right.
bool splits(const model::HashRange& range, model::HashKey at);
// Where it is split into halves: start + floor((end - start + 1) / 2).
model::HashKey middle(const model::HashRange& range);
// Whether `high` follows `low` in the hash space. The order matters.
bool adjacent(const Shard& low, const Shard& high);

// The shards that close, in the order of the steps; a merge's lower one first.
std::vector<model::ShardNo> closed_by(std::span<const ReshardStep> steps);
// How many shards the steps make.
std::uint32_t children_made_by(std::span<const ReshardStep> steps);
// Whether splits and merges are under way, be it as a part of another change.
bool resharding(const Stream& stream);
// How many more shards will be open when they are done; 0 if none is under way.
std::uint64_t planned_growth(const Stream& stream);

// Carries out the steps at the instant `at`; `ends` are those of closed_by(). A child is born one
// second after its parents close; a shard that was not yet born at `at` (a child of the same run,
// or of one in the same second) closes at its birth. False, with `shards` in pieces: a step does
// not fit.
[[nodiscard]] bool reshard(std::vector<Shard>& shards, std::span<const ReshardStep> steps,
                           WallTime at, std::span<const storage::Position> ends);
// Whether they all fit.
bool fit(const std::vector<Shard>& shards, std::span<const ReshardStep> steps);

Applied begin_reshard(const StreamPtr& found, const BeginReshard& command, WallTime time,
                      const Totals& totals);
Applied finish_reshard(const StreamPtr& found, const FinishReshard& command, WallTime time);
Applied drop_shards(const StreamPtr& found, const DropShards& command);

}  // namespace millrace::stream
