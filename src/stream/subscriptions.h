// Subscriptions: who reads which shard for which consumer now. A pair of the two has one reader at
// a time; a later one takes its place over once the first has had its time, and is refused before.
// Thread-safe.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>

#include "model/shard_id.h"
#include "stream/bell.h"
#include "stream/bucket.h"
#include "stream/stream.h"

namespace millrace::stream {

struct SubscriptionKey {
    ConsumerKey consumer;
    model::ShardNo shard_no;
    friend auto operator<=>(const SubscriptionKey&, const SubscriptionKey&) = default;
    bool operator==(const SubscriptionKey&) const = default;
};

class Subscriptions final {
public:
    // A subscription this old may be taken over.
    static constexpr Millis kTakeoverAfter{5'000};
    static constexpr Millis kBetweenCalls{1'000};

    enum class Admission : std::uint8_t {
        kGranted,
        kTooOften,  // the pair's last call is less than kBetweenCalls ago
        kActive,    // its subscription is open, and began less than kTakeoverAfter ago
    };

    // What a subscription holds for its life; destroyed, it frees the pair.
    class Place final {
    public:
        Place(Subscriptions& all, SubscriptionKey key);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        const SubscriptionKey& key() const { return key_; }
        bool taken_over() const { return taken_over_; }
        Bell& bell() { return bell_; }  // rung when it is taken over or its stream changed

    private:
        friend class Subscriptions;
        Subscriptions& all_;
        const SubscriptionKey key_;
        Bell bell_;
        std::atomic<bool> taken_over_ = false;
    };

    // `limited`: whether kBetweenCalls is enforced.
    explicit Subscriptions(bool limited) : limited_(limited) {}
    ~Subscriptions();  // REQUIRES: no place is left
    Subscriptions(const Subscriptions&) = delete;
    Subscriptions& operator=(const Subscriptions&) = delete;

    struct Claim {
        Admission admission = Admission::kActive;
        std::unique_ptr<Place> place;  // when kGranted
    };
    Claim claim(const SubscriptionKey& key, SteadyTime now);

    // Rings for everyone who reads the stream: they look at the catalog again. To be called with
    // every change of its entry.
    void stream_changed(StreamUid uid);

    std::size_t size() const;

private:
    struct Holder {
        Place* place;
        SteadyTime began;
    };
    bool too_often(const SubscriptionKey& key, SteadyTime now);

    const bool limited_;
    mutable std::mutex mutex_;
    std::map<SubscriptionKey, Holder> holders_;        // guarded by mutex_
    std::map<SubscriptionKey, SteadyTime> last_call_;  // guarded by mutex_; those lately made
    SteadyTime forgotten_;                             // guarded by mutex_: older ones are not kept
};

}  // namespace millrace::stream
