// BucketTable: the buckets of what was lately used, by key. An entry whose buckets are full again
// says nothing, so those are forgotten from time to time: memory is bounded by what can be used in
// the time a bucket takes to fill. Thread-safe; keys are spread over stripes with a lock each.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "stream/bucket.h"

namespace millrace::stream {

// `Entry` has full(now): whether all its buckets are.
template <class Key, class Entry, class Hash>
class BucketTable final {
public:
    // What `use(entry)` returns. It runs under the stripe's lock.
    template <class Use>
    auto with(const Key& key, SteadyTime now, Use use) {
        Stripe& stripe = stripes_[Hash{}(key) % stripes_.size()];
        const std::lock_guard lock(stripe.mutex);
        if (stripe.entries.size() >= stripe.sweep_at) {
            std::erase_if(stripe.entries, [now](const auto& at) { return at.second.full(now); });
            stripe.sweep_at = std::max(kSweepLeast, 2 * stripe.entries.size());
        }
        return use(stripe.entries[key]);
    }

    std::size_t size() const {
        std::size_t entries = 0;
        for (const Stripe& stripe : stripes_) {
            const std::lock_guard lock(stripe.mutex);
            entries += stripe.entries.size();
        }
        return entries;
    }

private:
    static constexpr std::size_t kSweepLeast = 64;
    struct alignas(64) Stripe {
        mutable std::mutex mutex;
        std::unordered_map<Key, Entry, Hash> entries;  // guarded by mutex
        std::size_t sweep_at = kSweepLeast;            // guarded by mutex
    };
    std::array<Stripe, 16> stripes_;
};

}  // namespace millrace::stream
