#include "model/hash_range.h"

#include "base/check.h"

namespace millrace::model {

std::vector<HashRange> initial_ranges(std::uint32_t n) {
    CHECK(n > 0);
    if (n == 1) {
        return {HashRange{HashKey(), HashKey::max()}};
    }
    // 2^128 itself does not fit: divide 2^128 - 1 and correct when the remainder is n - 1.
    const Uint128 most = HashKey::max().value();
    const Uint128 width = most / n + (most % n == n - 1 ? 1 : 0);
    std::vector<HashRange> ranges;
    ranges.reserve(n);
    for (std::uint32_t i = 0; i < n; ++i) {
        const Uint128 first = width * i;
        const Uint128 last = i + 1 == n ? most : first + width - 1;
        ranges.push_back(HashRange{HashKey(first), HashKey(last)});
    }
    return ranges;
}

}  // namespace millrace::model
