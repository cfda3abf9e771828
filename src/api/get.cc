#include "api/get.h"

#include "api/access.h"
#include "api/addressing.h"
#include "api/encryption.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {
namespace {

// A client that waits so long between two reads gets as much as one may hold.
constexpr Millis kPause{250};

}  // namespace

Task<Answer<GetShardIteratorResponse>> get_shard_iterator(Context& context,
                                                          const GetShardIteratorRequest& request) {
    MILLRACE_CO_TRY(const model::StreamArn where,
                    address(context, request.stream_name, request.stream_arn));
    const std::optional<model::ShardNo> shard_no = model::parse_shard_id(*request.shard_id);
    if (!shard_no) {
        co_return shard_not_found_as_given(*request.shard_id, where);
    }
    MILLRACE_CO_TRY(const stream::StreamPtr stream, look_up(context, where, "GetShardIterator"));
    const WallTime now = context.broker.now();
    const stream::Shard* shard = stream ? readable_shard(*stream, *shard_no, now) : nullptr;
    if (shard == nullptr) {
        co_return shard_does_not_exist(*shard_no, where);
    }
    const GivenStart given{*request.shard_iterator_type, request.starting_sequence_number,
                           request.timestamp, "GetShardIterator"};
    MILLRACE_CO_TRY(const stream::StartAt start, start_at(given, *stream, *shard, now));
    if (request.dry_run.value_or(false)) {
        co_return dry_run();
    }
    if (!context.broker.admits_iterator(*stream, *shard_no)) {
        co_return read_rate_exceeded(*shard_no, where);
    }
    const stream::Placed placed = co_await context.broker.place(stream, *shard_no, start);
    switch (placed.status) {
        case stream::ReadStatus::kOk:
            co_return GetShardIteratorResponse{
                context.broker.iterator(*stream, *shard_no, placed.position)};
        case stream::ReadStatus::kGone:
            co_return shard_does_not_exist(*shard_no, where);
        case stream::ReadStatus::kThrottled:
        case stream::ReadStatus::kNoKey:  // placing opens nothing
        case stream::ReadStatus::kFailed:
            break;
    }
    co_return internal_failure();
}

Task<Answer<GetRecordsResponse>> get_records(Context& context, const GetRecordsRequest& request) {
    const WallTime now = context.broker.now();
    const auto opened = context.broker.tokens().open_iterator(*request.shard_iterator, now);
    switch (opened.state) {
        case stream::TokenState::kInvalid:
            co_return iterator_invalid();
        case stream::TokenState::kExpired:
            co_return iterator_expired(opened.issued, now);
        case stream::TokenState::kValid:
            break;
    }
    const stream::ShardIterator& iterator = opened.value;
    stream::StreamPtr found = context.broker.catalog().find(iterator.uid);
    if (found && found->owner.region != context.region) {
        found = nullptr;
    }
    const model::StreamArn where =
        found ? arn_of(*found)
              : model::StreamArn{caller(context), model::StreamName(iterator.stream_name)};
    if (found && !has_access(context, *found, "GetRecords")) {
        co_return access_denied(caller(context), "GetRecords", where.text());
    }
    if (!found || readable_shard(*found, iterator.shard_no, now) == nullptr) {
        co_return shard_does_not_exist(iterator.shard_no, where);
    }
    if (request.stream_arn && model::StreamArn::parse(*request.stream_arn) != where) {
        co_return iterator_of_other_stream(*request.stream_arn);
    }
    if (request.dry_run.value_or(false)) {
        co_return dry_run();
    }
    const auto limit =
        static_cast<std::uint32_t>(request.limit.value_or(model::kGetRecordsMaxRecords));
    // Who works off a backlog without a wish for so many, and without a pause.
    const bool hurried = iterator.goes_on && !request.limit && now - opened.issued < kPause;
    stream::ReadBatch batch = co_await context.broker.read(iterator.uid, iterator.shard_no,
                                                           iterator.position, limit, hurried);
    switch (batch.status) {
        case stream::ReadStatus::kGone:
            co_return shard_does_not_exist(iterator.shard_no, where);
        case stream::ReadStatus::kThrottled:
            co_return read_rate_exceeded(iterator.shard_no, where);
        case stream::ReadStatus::kFailed:
            co_return internal_failure();
        case stream::ReadStatus::kNoKey:
            co_return key_unusable(context, batch.key_id, KeyUse::kRead, *found);
        case stream::ReadStatus::kOk:
            break;
    }
    GetRecordsResponse response;
    response.records = record_members(batch);
    response.keepalive = batch.keepalive;
    response.millis_behind_latest = batch.millis_behind_latest;
    if (batch.at_end) {
        response.child_shards = child_shards(*batch.stream, *batch.shard);
    }
    // Consumers take exactly one of the two as a contradiction: keep them strictly paired.
    if (!response.child_shards || response.child_shards->empty()) {
        response.child_shards.reset();
        response.next_shard_iterator =
            context.broker.iterator(*batch.stream, iterator.shard_no, batch.next, true);
    }
    co_return response;
}

}  // namespace millrace::api
