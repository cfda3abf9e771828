#include "storage/read_ahead.h"

#include <algorithm>

namespace millrace::storage {

bool ReadAhead::expects(Position from) const {
    return std::ranges::any_of(places_, [&](const std::atomic<std::uint64_t>& place) {
        return place.load(std::memory_order_relaxed) == from.value();
    });
}

void ReadAhead::note(Position from, std::optional<Position> next) {
    const std::uint64_t to = next ? next->value() : kNone;
    for (std::atomic<std::uint64_t>& place : places_) {
        std::uint64_t there = from.value();
        if (place.compare_exchange_strong(there, to, std::memory_order_relaxed)) {
            return;
        }
    }
    if (next) {
        const std::uint32_t turn = turn_.fetch_add(1, std::memory_order_relaxed);
        places_[turn % places_.size()].store(to, std::memory_order_relaxed);
    }
}

}  // namespace millrace::storage
