// Plans for a number of shards: which splits and merges lead from the open ones there.
#pragma once

#include <cstdint>
#include <vector>

#include "stream/stream.h"

namespace millrace::stream {

// UpdateShardCount's: `target` equal ones. Walks the targets from the low end of the hash space to
// the high one. What reaches beyond a target's end is split there, what falls short is merged with
// its successor; what fits stays. Intermediate shards are made and closed on the way. A target that
// begins a few keys beside an open shard (the remainder of some division) is taken to begin with
// it, so that 10 -> 5 only merges.
//
// REQUIRES: the open shards partition the space; target >= 1. A pure function; the steps fit.
std::vector<ReshardStep> uniform_scaling(const Stream& stream, std::uint32_t target);

// An on-demand stream's: halves the widest shard until there are `target`. Nothing is merged, and
// the rest of the shards stays. The same requirements.
std::vector<ReshardStep> growth(const Stream& stream, std::uint32_t target);

}  // namespace millrace::stream
