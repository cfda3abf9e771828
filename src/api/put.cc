#include "api/put.h"

#include <algorithm>

#include "api/addressing.h"
#include "api/encryption.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

std::int64_t size_of(std::optional<std::string_view> key, Bytes data) {
    return static_cast<std::int64_t>(key.value_or("").size() + data.size());
}

std::int64_t record_limit(const stream::Stream& stream) {
    return std::int64_t{stream.record_max_kib} * model::kKiB;
}

// The stream a write goes to; one that takes no records counts as missing.
Answer<stream::StreamPtr> find_writable(const Context& context, const model::StreamArn& where,
                                        std::string_view operation) {
    MILLRACE_TRY(stream::StreamPtr stream, look_up(context, where, operation));
    if (!stream || !stream->writable()) {
        return stream_not_found(where);
    }
    return stream;
}

Answer<std::optional<model::HashKey>> parse_explicit_hash(std::optional<std::string_view> text) {
    std::optional<model::HashKey> key;
    if (text) {
        key = model::HashKey::parse(*text);
        if (!key) {
            return explicit_hash_key_out_of_range(*text);
        }
    }
    return key;
}

// A reshard dates its children ahead of the clock, and so the numbers they issue: those are no
// future.
bool is_future(const model::ParsedSequence& number, const stream::Stream& stream, WallTime now) {
    return number.time_s > to_seconds(now) &&
           std::ranges::none_of(stream.shards, [&](const stream::Shard& shard) {
               return number.time_s <= shard.created_s;
           });
}

// Any number that parses and does not come from the future will do. Whatever shard it came from,
// the numbers this shard issues from now on are above all it issued before.
Answer<void> check_ordering_number(const Context& context, std::string_view text,
                                   const stream::Stream& stream) {
    const auto parsed = model::ParsedSequence::parse(text);
    if (!parsed || is_future(*parsed, stream, context.broker.latest())) {
        return ordering_number_invalid(text, arn_of(stream));
    }
    return success();
}

bool needs_keys(const stream::Stream& stream) {
    return stream.distribution == stream::Distribution::kPartitionKey;
}

// The records at fault, as violations name them.
struct Offenders {
    std::vector<std::string> paths;
    std::size_t count = 0;

    void add(std::size_t record, std::string_view member) {
        if (++count <= kViolationsMax) {
            paths.push_back("records." + std::to_string(record + 1) + ".member." +
                            std::string(member));
        }
    }
};

Answer<void> check_keys(std::span<const PutRecordsRequestEntry> records,
                        const stream::Stream& stream) {
    Offenders found;
    for (std::size_t i = 0; i < records.size() && needs_keys(stream); ++i) {
        if (!records[i].partition_key) {
            found.add(i, "partitionKey");
        }
    }
    if (found.count != 0) {
        return partition_keys_missing(found.paths, found.count);
    }
    return success();
}

Answer<void> check_sizes(std::span<const PutRecordsRequestEntry> records,
                         const stream::Stream& stream) {
    const std::int64_t limit = record_limit(stream);
    Offenders found;
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (size_of(records[i].partition_key, *records[i].data) > limit) {
            found.add(i, "data");
        }
    }
    if (found.count != 0) {
        return data_too_long(found.paths, found.count, limit);
    }
    return success();
}

// Why records were not put for want of the stream's key.
ClientError key_failure(const Context& context, const stream::Stream& stream) {
    const Answer<void> fault = check_key(context, stream);
    return fault ? internal_failure() : fault.error();  // another change has come between
}

// One record's part of a PutRecords answer.
PutRecordsResultEntry result_entry(const stream::PutResult& result,
                                   const model::StreamArn& stream) {
    PutRecordsResultEntry entry;
    switch (result.status) {
        case stream::PutStatus::kStored:
            entry.sequence_number = result.number.text();
            entry.shard_id = model::shard_id(result.shard_no);
            return entry;
        case stream::PutStatus::kOverloaded:
            entry.error_code = type_name(ErrorType::kProvisionedThroughputExceeded);
            entry.error_message = write_rate_exceeded(result.shard_no, stream).message;
            return entry;
        case stream::PutStatus::kGone:
        case stream::PutStatus::kNoKey:
        case stream::PutStatus::kFailed:
            break;
    }
    entry.error_code = type_name(ErrorType::kInternalFailure);
    entry.error_message = kInternalFailureText;
    return entry;
}

}  // namespace

Task<Answer<PutRecordResponse>> put_record(Context& context, const PutRecordRequest& request) {
    MILLRACE_CO_TRY(const model::StreamArn where,
                    address(context, request.stream_name, request.stream_arn));
    MILLRACE_CO_TRY(const stream::StreamPtr stream, find_writable(context, where, "PutRecord"));
    if (!request.partition_key && needs_keys(*stream)) {
        const std::vector<std::string> paths = {"partitionKey"};
        co_return partition_keys_missing(paths, 1);
    }
    if (size_of(request.partition_key, *request.data) > record_limit(*stream)) {
        const std::vector<std::string> paths = {"data"};
        co_return data_too_long(paths, 1, record_limit(*stream));
    }
    MILLRACE_CO_TRY(const std::optional<model::HashKey> hash,
                    parse_explicit_hash(request.explicit_hash_key));
    if (request.sequence_number_for_ordering) {
        if (!needs_keys(*stream)) {
            co_return ordering_number_unsupported(where);
        }
        MILLRACE_CO_TRY(
            check_ordering_number(context, *request.sequence_number_for_ordering, *stream));
    }
    if (request.dry_run.value_or(false)) {
        co_return dry_run();
    }
    const stream::PutRecord record{request.partition_key.value_or(""), *request.data, hash};
    const std::span<const stream::PutRecord> records(&record, 1);
    const std::vector<stream::PutResult> results = co_await context.broker.put(stream, records);
    const stream::PutResult& result = results.front();
    switch (result.status) {
        case stream::PutStatus::kStored:
            co_return PutRecordResponse{model::shard_id(result.shard_no), result.number.text(),
                                        encryption_type_if(result.encrypted)};
        case stream::PutStatus::kGone:
            co_return stream_not_found(where);
        case stream::PutStatus::kOverloaded:
            co_return write_rate_exceeded(result.shard_no, where);
        case stream::PutStatus::kNoKey:
            co_return key_failure(context, *stream);
        case stream::PutStatus::kFailed:
            break;
    }
    co_return internal_failure();
}

Task<Answer<PutRecordsResponse>> put_records(Context& context, const PutRecordsRequest& request) {
    MILLRACE_CO_TRY(const model::StreamArn where,
                    address(context, request.stream_name, request.stream_arn));
    const std::vector<PutRecordsRequestEntry>& entries = *request.records;
    std::int64_t total = 0;
    for (const PutRecordsRequestEntry& entry : entries) {
        total += size_of(entry.partition_key, *entry.data);
    }
    if (total > model::kPutRecordsMaxBytes) {
        co_return records_too_large();
    }
    MILLRACE_CO_TRY(const stream::StreamPtr stream, find_writable(context, where, "PutRecords"));
    MILLRACE_CO_TRY(check_keys(entries, *stream));
    MILLRACE_CO_TRY(check_sizes(entries, *stream));
    std::vector<stream::PutRecord> records;
    records.reserve(entries.size());
    for (const PutRecordsRequestEntry& entry : entries) {
        MILLRACE_CO_TRY(const std::optional<model::HashKey> hash,
                        parse_explicit_hash(entry.explicit_hash_key));
        records.push_back(stream::PutRecord{entry.partition_key.value_or(""), *entry.data, hash});
    }
    if (request.dry_run.value_or(false)) {
        co_return dry_run();
    }
    const std::vector<stream::PutResult> results = co_await context.broker.put(stream, records);
    const auto is_gone = [](const stream::PutResult& result) {
        return result.status == stream::PutStatus::kGone;
    };
    if (std::ranges::all_of(results, is_gone)) {
        co_return stream_not_found(where);
    }
    if (std::ranges::find(results, stream::PutStatus::kNoKey, &stream::PutResult::status) !=
        results.end()) {
        co_return key_failure(context, *stream);
    }
    PutRecordsResponse response;
    response.encryption_type =
        encryption_type_if(std::ranges::any_of(results, &stream::PutResult::encrypted));
    response.records.reserve(results.size());
    for (const stream::PutResult& result : results) {
        response.records.push_back(result_entry(result, where));
        response.failed_record_count += result.status == stream::PutStatus::kStored ? 0 : 1;
    }
    co_return response;
}

}  // namespace millrace::api
