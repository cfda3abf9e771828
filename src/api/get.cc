#include "api/get.h"

#include "api/access.h"
#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/check.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

using What = stream::StartAt::What;

What start_of(std::string_view type) {
    if (type == "AT_SEQUENCE_NUMBER") {
        return What::kAtSequenceNumber;
    }
    if (type == "AFTER_SEQUENCE_NUMBER") {
        return What::kAfterSequenceNumber;
    }
    if (type == "AT_TIMESTAMP") {
        return What::kAtTimestamp;
    }
    if (type == "LATEST") {
        return What::kLatest;
    }
    CHECK(type == "TRIM_HORIZON");  // the shape admits these alone
    return What::kTrimHorizon;
}

// The shard if it can still be read.
const stream::Shard* readable_shard(const stream::Stream& stream, model::ShardNo shard_no,
                                    WallTime now) {
    const stream::Shard* shard = stream.shard(shard_no);
    return shard != nullptr && !stream.expired(*shard, now) ? shard : nullptr;
}

Answer<model::ParsedSequence> check_starting_number(std::string_view text,
                                                    const stream::Stream& stream,
                                                    const stream::Shard& shard) {
    const auto parsed = model::ParsedSequence::parse(text);
    if (!parsed) {
        return starting_number_invalid(text, shard.no, arn_of(stream));
    }
    if (parsed->shard_index < 0 ||
        static_cast<std::uint32_t>(parsed->shard_index) != shard.no.value()) {
        return starting_number_of_other_shard(parsed->shard_index, shard.no);
    }
    if (parsed->version != 2 || parsed->created_s != shard.created_s) {
        return starting_number_of_other_stream(text, shard.no, arn_of(stream));
    }
    return *parsed;
}

// The combinations of type, number and time that make sense.
Answer<stream::StartAt> start_at(const GetShardIteratorRequest& request,
                                 const stream::Stream& stream, const stream::Shard& shard,
                                 WallTime now) {
    const std::string_view type = *request.shard_iterator_type;
    stream::StartAt start;
    start.what = start_of(type);
    const bool needs_number =
        start.what == What::kAtSequenceNumber || start.what == What::kAfterSequenceNumber;
    if (needs_number != request.starting_sequence_number.has_value()) {
        return needs_number ? starting_number_missing(type) : starting_number_superfluous(type);
    }
    if (start.what == What::kAtTimestamp) {
        if (!request.timestamp) {
            return timestamp_missing();
        }
        if (*request.timestamp > now) {
            return timestamp_in_future(*request.timestamp, now);
        }
        start.time = *request.timestamp;
    }
    if (needs_number) {
        MILLRACE_TRY(start.sequence,
                     check_starting_number(*request.starting_sequence_number, stream, shard));
    }
    return start;
}

// The direct children, even if they have been split, merged or expired since.
std::vector<ChildShard> child_shards(const stream::Stream& stream, const stream::Shard& shard) {
    std::vector<ChildShard> children;
    for (const stream::Shard* child : stream.children(shard.no)) {
        ChildShard member;
        member.shard_id = model::shard_id(child->no);
        if (child->parent) {
            member.parent_shards.push_back(model::shard_id(*child->parent).str());
        }
        if (child->adjacent_parent) {
            member.parent_shards.push_back(model::shard_id(*child->adjacent_parent).str());
        }
        member.hash_key_range = hash_key_range(*child);
        children.push_back(std::move(member));
    }
    return children;
}

RecordMember record_member(const stream::Shard& shard, const storage::Record& record) {
    RecordMember member;
    member.sequence_number = stream::sequence_number(shard, record.position, record.stamp).text();
    member.approximate_arrival_timestamp = stream::arrival(shard, record.stamp);
    member.data = record.data;
    if (!record.key.empty()) {
        member.partition_key = record.key;
    }
    return member;
}

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
    MILLRACE_CO_TRY(const stream::StartAt start, start_at(request, *stream, *shard, now));
    if (request.dry_run.value_or(false)) {
        co_return dry_run();
    }
    const stream::Placed placed = co_await context.broker.place(stream, *shard_no, start);
    switch (placed.status) {
        case stream::ReadStatus::kOk:
            co_return GetShardIteratorResponse{
                context.broker.iterator(*stream, *shard_no, placed.position)};
        case stream::ReadStatus::kGone:
            co_return shard_does_not_exist(*shard_no, where);
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
    const stream::StreamPtr found = context.broker.catalog().find(iterator.uid);
    const model::StreamArn where =
        found ? arn_of(*found)
              : model::StreamArn{caller(context), model::StreamName(iterator.stream_name)};
    if (found && !has_access(context, *found, "GetRecords")) {
        co_return access_denied(context.account, "GetRecords", where.text());
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
    stream::ReadBatch batch =
        co_await context.broker.read(iterator.uid, iterator.shard_no, iterator.position, limit);
    switch (batch.status) {
        case stream::ReadStatus::kGone:
            co_return shard_does_not_exist(iterator.shard_no, where);
        case stream::ReadStatus::kFailed:
            co_return internal_failure();
        case stream::ReadStatus::kOk:
            break;
    }
    GetRecordsResponse response;
    response.records.reserve(batch.records.size());
    for (const storage::Record& record : batch.records) {
        response.records.push_back(record_member(*batch.shard, record));
    }
    response.keepalive = std::move(batch.keepalive);
    response.millis_behind_latest = batch.millis_behind_latest;
    if (batch.at_end) {
        response.child_shards = child_shards(*batch.stream, *batch.shard);
    }
    // Consumers take exactly one of the two as a contradiction: keep them strictly paired.
    if (!response.child_shards || response.child_shards->empty()) {
        response.child_shards.reset();
        response.next_shard_iterator =
            context.broker.iterator(*batch.stream, iterator.shard_no, batch.next);
    }
    co_return response;
}

}  // namespace millrace::api
