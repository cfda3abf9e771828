// Subscription: one consumer's reading of one shard, from a position on, for as long as it lasts.
// next() gives what is there at once and else waits for it: the engine says when there is more, a
// timer when the reader must hear from us, the registry when its time is over. Lives on one
// executor; everything it borrows outlives it.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/task.h"
#include "env/clock.h"
#include "model/sequence_number.h"
#include "storage/engine.h"
#include "stream/bucket.h"
#include "stream/catalog.h"
#include "stream/record_reader.h"
#include "stream/settings.h"
#include "stream/subscriptions.h"

namespace millrace::stream {

struct Delivery {
    enum class What : std::uint8_t {
        kRecords,    // or none, when it is only a sign of life
        kLastOnes,   // the same, and the shard ends here: its children go on
        kLifeOver,   // it ends as agreed
        kTakenOver,  // by a later subscription of the same pair
        kNoConsumer,
        kNoStream,
        kNoShard,
        kNoKey,  // batch.key_id is of no use now
        kFailed,
        kStopped,
    };
    What what = What::kFailed;
    ReadBatch batch;                     // of the first two, and of kNoKey
    model::SequenceNumber continuation;  // kRecords: reading on after it misses and repeats nothing
};

class Subscription final {
public:
    static constexpr Millis kSignOfLife{5'000};  // the longest time without a delivery

    struct Parts {
        const Catalog& catalog;
        RecordReader& reader;
        storage::LogEngine& engine;
        env::Clock& clock;
        env::Timers& timers;
        const SubscriptionSettings& settings;
    };
    Subscription(const Parts& parts, std::unique_ptr<Subscriptions::Place> place,
                 storage::Position from);
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    // REQUIRES: no next() is running. After anything but kRecords there is nothing more to come.
    Task<Delivery> next();
    // A running next() resumes soon, with kStopped.
    void stop();

private:
    // Why it ends now, if it does.
    std::optional<Delivery::What> end(SteadyTime now) const;
    Delivery::What end_of(ReadStatus status) const;
    Delivery delivery(ReadBatch batch, bool last);
    Task<void> wait(SteadyTime until, bool for_records);
    void arm(SteadyTime until);
    Rate rate() const;

    const Parts parts_;
    const std::unique_ptr<Subscriptions::Place> place_;
    storage::Position position_;
    std::optional<model::SequenceNumber> last_;  // delivered
    WallTime last_stamp_;
    SteadyTime ends_;
    SteadyTime speaks_by_;
    SteadyTime armed_for_{};  // the timer set last
    Bucket allowance_;        // may be overdrawn by one delivery
    bool stopped_ = false;
};

}  // namespace millrace::stream
