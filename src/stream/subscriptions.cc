#include "stream/subscriptions.h"

#include <utility>
#include <vector>

#include "base/check.h"

namespace millrace::stream {

Subscriptions::Place::Place(Subscriptions& all, SubscriptionKey key)
    : all_(all), key_(std::move(key)) {}

Subscriptions::Place::~Place() {
    const std::lock_guard lock(all_.mutex_);
    const auto found = all_.holders_.find(key_);
    if (found != all_.holders_.end() && found->second.place == this) {
        all_.holders_.erase(found);
    }
}

Subscriptions::~Subscriptions() {
    CHECK(size() == 0);
}

Subscriptions::Claim Subscriptions::claim(const SubscriptionKey& key, SteadyTime now) {
    Callback<void()> wake_former;  // outside the lock: it may run here
    Claim claim;
    {
        const std::lock_guard lock(mutex_);
        if (limited_ && too_often(key, now)) {
            claim.admission = Admission::kTooOften;
            return claim;
        }
        const auto found = holders_.find(key);
        if (found != holders_.end()) {
            if (now - found->second.began < kTakeoverAfter) {
                return claim;
            }
            found->second.place->taken_over_ = true;
            wake_former = found->second.place->bell().rope();
        }
        claim.admission = Admission::kGranted;
        claim.place = std::make_unique<Place>(*this, key);
        holders_[key] = {claim.place.get(), now};
    }
    if (wake_former) {
        wake_former();
    }
    return claim;
}

// REQUIRES: mutex_ is held. A call that is refused for it does not count.
bool Subscriptions::too_often(const SubscriptionKey& key, SteadyTime now) {
    if (now - forgotten_ >= kBetweenCalls) {
        std::erase_if(last_call_,
                      [now](const auto& call) { return now - call.second >= kBetweenCalls; });
        forgotten_ = now;
    }
    const auto [call, first] = last_call_.try_emplace(key, now);
    if (!first && now - call->second < kBetweenCalls) {
        return true;
    }
    call->second = now;
    return false;
}

void Subscriptions::stream_changed(StreamUid uid) {
    std::vector<Callback<void()>> ropes;
    {
        const std::lock_guard lock(mutex_);
        const SubscriptionKey first{{uid, {}, 0}, model::ShardNo(0)};
        for (auto at = holders_.lower_bound(first);
             at != holders_.end() && at->first.consumer.stream == uid; ++at) {
            ropes.push_back(at->second.place->bell().rope());
        }
    }
    for (Callback<void()>& ring : ropes) {
        ring();
    }
}

std::size_t Subscriptions::size() const {
    const std::lock_guard lock(mutex_);
    return holders_.size();
}

}  // namespace millrace::stream
