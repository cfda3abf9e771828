#include "stream/subscription.h"

#include <algorithm>
#include <utility>

#include "model/limits.h"

namespace millrace::stream {
namespace {

constexpr auto kRecordsMax = static_cast<std::uint32_t>(model::kSubscriptionEventMaxRecords);
constexpr auto kBytesMax = static_cast<std::uint64_t>(model::kSubscriptionEventMaxBytes);

}  // namespace

Subscription::Subscription(const Parts& parts, std::unique_ptr<Subscriptions::Place> place,
                           storage::Position from)
    : parts_(parts),
      place_(std::move(place)),
      position_(from),
      ends_(parts.clock.steady() + parts.settings.life),
      speaks_by_(parts.clock.steady() + kSignOfLife) {}

void Subscription::stop() {
    stopped_ = true;
    place_->bell().rope()();
}

Task<Delivery> Subscription::next() {
    const SubscriptionKey& key = place_->key();
    while (true) {
        const SteadyTime now = parts_.clock.steady();
        Delivery ended;
        if (const auto why = end(now)) {
            ended.what = *why;
            co_return ended;
        }
        const SteadyTime allowed = allowance_.free_of_debt(rate());
        if (allowed > now) {
            co_await wait(std::min(allowed, ends_), false);
            continue;
        }
        ReadBatch batch = co_await parts_.reader.read(key.consumer.stream, key.shard_no, position_,
                                                      kRecordsMax, kBytesMax);
        if (batch.status != ReadStatus::kOk) {
            ended.what = end_of(batch.status);
            ended.batch = std::move(batch);
            co_return ended;
        }
        position_ = batch.next;
        const bool sealed = batch.sealed;
        const bool last = batch.at_end && !batch.stream->children(key.shard_no).empty();
        if (last || !batch.records.empty() || now >= speaks_by_) {
            co_return delivery(std::move(batch), last);
        }
        // A shard's log ends a moment before the catalog names its children: its change rings too.
        co_await wait(std::min(speaks_by_, ends_), !sealed);
    }
}

std::optional<Delivery::What> Subscription::end(SteadyTime now) const {
    const ConsumerKey& consumer = place_->key().consumer;
    if (stopped_) {
        return Delivery::What::kStopped;
    }
    if (place_->taken_over()) {
        return Delivery::What::kTakenOver;
    }
    const StreamPtr stream = parts_.catalog.find(consumer.stream);
    if (stream == nullptr || !stream->writable()) {
        return Delivery::What::kNoStream;
    }
    const Consumer* const found = stream->consumers.find(consumer.name, consumer.created_s);
    if (found == nullptr || found->status == Consumer::Status::kDeleting) {
        return Delivery::What::kNoConsumer;
    }
    if (now >= ends_) {
        return Delivery::What::kLifeOver;
    }
    return std::nullopt;
}

// What a read that did not succeed means.
Delivery::What Subscription::end_of(ReadStatus status) const {
    switch (status) {
        case ReadStatus::kGone:
            return parts_.catalog.find(place_->key().consumer.stream) == nullptr
                       ? Delivery::What::kNoStream
                       : Delivery::What::kNoShard;
        case ReadStatus::kNoKey:
            return Delivery::What::kNoKey;
        case ReadStatus::kThrottled:  // GetRecords alone is
        case ReadStatus::kFailed:
        case ReadStatus::kOk:
            break;
    }
    return Delivery::What::kFailed;
}

Delivery Subscription::delivery(ReadBatch batch, bool last) {
    const SteadyTime now = parts_.clock.steady();
    speaks_by_ = now + kSignOfLife;
    allowance_.take(rate(), batch.bytes, now);
    const Shard& shard = *batch.shard;
    if (!batch.records.empty()) {
        const storage::Record& record = batch.records.back();
        last_ = sequence_number(shard, record.position, record.stamp);
        last_stamp_ = record.stamp;
    }
    Delivery delivery;
    delivery.what = last ? Delivery::What::kLastOnes : Delivery::What::kRecords;
    // The clock may have been stepped back behind the records.
    const WallTime time = std::max(parts_.clock.now(), last_stamp_);
    delivery.continuation = last_ ? *last_ : sequence_number_before(shard, position_, time);
    delivery.batch = std::move(batch);
    return delivery;
}

Rate Subscription::rate() const {
    return Rate::of(parts_.settings.limited ? parts_.settings.bytes_per_second : 0);
}

Task<void> Subscription::wait(SteadyTime until, bool for_records) {
    std::unique_ptr<storage::WaitHandle> more;
    if (for_records) {
        const storage::ShardKey log{place_->key().consumer.stream.value(),
                                    place_->key().shard_no.value()};
        more = parts_.engine.wait_beyond(log, position_, place_->bell().rope());
    }
    arm(until);
    co_await place_->bell().wait();
}

// Timers cannot be taken back: one that is set and rings early enough is not set again, so that
// busy subscriptions do not leave a trail of them.
void Subscription::arm(SteadyTime until) {
    const SteadyTime now = parts_.clock.steady();
    if (armed_for_ > now && armed_for_ <= until) {
        return;
    }
    armed_for_ = until;
    const auto rest = std::chrono::ceil<Millis>(until - now);
    parts_.timers.after(std::max(rest, Millis(0)), place_->bell().rope());
}

}  // namespace millrace::stream
