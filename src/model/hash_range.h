// HashRange: the closed interval of hash keys one shard owns.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "model/hash_key.h"

namespace millrace::model {

struct HashRange {
    HashKey first;
    HashKey last;

    constexpr bool contains(HashKey key) const { return first <= key && key <= last; }
    friend constexpr auto operator<=>(const HashRange&, const HashRange&) = default;
};

// Divides the whole space into n >= 1 ranges of floor(2^128 / n); the last one takes the remainder.
std::vector<HashRange> initial_ranges(std::uint32_t n);

}  // namespace millrace::model
