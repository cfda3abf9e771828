// UpdateShardCount's plan: which splits and merges lead from the open shards to `target` equal
// ones.
#pragma once

#include <cstdint>
#include <vector>

#include "stream/stream.h"

namespace millrace::stream {

// Walks the targets from the low end of the hash space to the high one. What reaches beyond a
// target's end is split there, what falls short is merged with its successor; what fits stays.
// Intermediate shards are made and closed on the way. A target that begins a few keys beside an
// open shard (the remainder of some division) is taken to begin with it, so that 10 -> 5 only
// merges.
//
// REQUIRES: the open shards partition the space; target >= 1. A pure function; the steps fit.
std::vector<ReshardStep> uniform_scaling(const Stream& stream, std::uint32_t target);

}  // namespace millrace::stream
