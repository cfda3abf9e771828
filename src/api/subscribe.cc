#include "api/subscribe.h"

#include <string>
#include <utility>

#include "api/addressing.h"
#include "api/consumers.h"
#include "api/encryption.h"
#include "api/messages.h"
#include "base/check.h"
#include "base/result.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

constexpr std::string_view kOperation = "SubscribeToShard";

class ShardEvents final : public EventSource {
public:
    ShardEvents(const Context& caller, stream::StreamPtr stream,
                std::unique_ptr<stream::Subscription> subscription, model::ConsumerArn consumer,
                std::string arn_as_given, model::ShardNo shard_no)
        : caller_(caller),
          stream_(std::move(stream)),
          subscription_(std::move(subscription)),
          consumer_(std::move(consumer)),
          arn_as_given_(std::move(arn_as_given)),
          shard_no_(shard_no) {}

    Task<Answer<Event>> next() override {
        if (last_sent_) {
            co_return Event();
        }
        stream::Delivery delivery = co_await subscription_->next();
        switch (delivery.what) {
            case stream::Delivery::What::kRecords:
                co_return event(delivery);
            case stream::Delivery::What::kLastOnes:
                last_sent_ = true;
                co_return event(delivery);
            case stream::Delivery::What::kLifeOver:
                co_return Event();
            case stream::Delivery::What::kTakenOver:
                co_return subscription_active(consumer_, shard_no_);
            case stream::Delivery::What::kNoConsumer:
                co_return consumer_not_found(arn_as_given_, consumer_.stream.owner.account);
            case stream::Delivery::What::kNoStream:
                co_return stream_not_found(consumer_.stream);
            case stream::Delivery::What::kNoShard:
                co_return shard_does_not_exist(shard_no_, consumer_.stream);
            case stream::Delivery::What::kNoKey:
                co_return key_unusable(caller_, delivery.batch.key_id, KeyUse::kRead, *stream_);
            case stream::Delivery::What::kStopped:
                if (client_gone_) {
                    co_return Event();
                }
                co_return internal_failure();
            case stream::Delivery::What::kFailed:
                break;
        }
        co_return internal_failure();
    }

    void client_gone() override {
        client_gone_ = true;
        subscription_->stop();
    }
    void server_stopping() override { subscription_->stop(); }

private:
    static Event event(const stream::Delivery& delivery) {
        const stream::ReadBatch& batch = delivery.batch;
        auto event = std::make_shared<SubscribeToShardEvent>();
        event->records = record_members(batch);
        event->millis_behind_latest = batch.millis_behind_latest;
        event->keepalive = batch.keepalive;
        if (delivery.what == stream::Delivery::What::kLastOnes) {
            event->child_shards = child_shards(*batch.stream, *batch.shard);
        } else {
            event->continuation_sequence_number = delivery.continuation.text();
        }
        return event;
    }

    const Context caller_;
    const stream::StreamPtr stream_;  // as it was when it was subscribed to
    const std::unique_ptr<stream::Subscription> subscription_;
    const model::ConsumerArn consumer_;
    const std::string arn_as_given_;
    const model::ShardNo shard_no_;
    bool last_sent_ = false;
    bool client_gone_ = false;
};

}  // namespace

Task<Answer<std::unique_ptr<EventSource>>> subscribe_to_shard(
    Context& context, const SubscribeToShardRequest& request) {
    const auto named = model::ConsumerArn::parse(*request.consumer_arn);
    const std::optional<model::ShardNo> shard_no = model::parse_shard_id(*request.shard_id);
    if (named && !shard_no) {
        co_return shard_not_found_as_given(*request.shard_id, named->stream);
    }
    MILLRACE_CO_TRY(const FoundConsumer found,
                    find_consumer(context, *request.consumer_arn, kOperation));
    const stream::StreamPtr& stream = found.stream;
    const model::ConsumerArn arn = found.arn();
    if (found.consumer->status != stream::Consumer::Status::kActive) {
        co_return consumer_not_active(arn);
    }
    if (!stream->writable()) {  // ACTIVE or UPDATING
        co_return not_active(*stream);
    }
    const WallTime now = context.broker.now();
    const stream::Shard* const shard = readable_shard(*stream, *shard_no, now);
    if (shard == nullptr) {
        co_return shard_does_not_exist(*shard_no, arn.stream);
    }
    const StartingPosition& position = *request.starting_position;
    const GivenStart given{*position.type, position.sequence_number, position.timestamp,
                           kOperation};
    MILLRACE_CO_TRY(const stream::StartAt start, start_at(given, *stream, *shard, now));
    if (request.dry_run.value_or(false)) {
        co_return dry_run();
    }
    const stream::Placed placed = co_await context.broker.place(stream, *shard_no, start);
    if (placed.status == stream::ReadStatus::kGone) {
        co_return shard_does_not_exist(*shard_no, arn.stream);
    }
    if (placed.status == stream::ReadStatus::kFailed) {
        co_return internal_failure();
    }
    const stream::SubscriptionKey key{found.key(), *shard_no};
    stream::Subscribed subscribed = context.broker.subscribe(key, placed.position);
    switch (subscribed.admission) {
        case stream::Subscriptions::Admission::kGranted:
            break;
        case stream::Subscriptions::Admission::kTooOften:
            co_return subscription_rate_exceeded(arn, *shard_no);
        case stream::Subscriptions::Admission::kActive:
            co_return subscription_active(arn, *shard_no);
    }
    std::unique_ptr<EventSource> events =
        std::make_unique<ShardEvents>(context, stream, std::move(subscribed.subscription), arn,
                                      std::string(*request.consumer_arn), *shard_no);
    co_return events;
}

}  // namespace millrace::api
