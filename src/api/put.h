// Writing records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "base/bytes.h"
#include "base/task.h"
#include "model/sequence_number.h"
#include "model/shard_id.h"

namespace millrace::api {

struct PutRecordRequest {
    std::optional<std::string_view> sequence_number_for_ordering;
    std::optional<std::string_view> partition_key;
    std::optional<std::string_view> explicit_hash_key;
    std::optional<Bytes> data;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
    std::optional<bool> dry_run;
};
struct PutRecordResponse {
    model::ShardIdText shard_id;
    model::SequenceText sequence_number;
    std::optional<std::string_view> encryption_type;
};

struct PutRecordsRequestEntry {
    std::optional<std::string_view> partition_key;
    std::optional<std::string_view> explicit_hash_key;
    std::optional<Bytes> data;
};
struct PutRecordsRequest {
    std::optional<std::vector<PutRecordsRequestEntry>> records;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
    std::optional<bool> dry_run;
};
// Either the first two or the last two are there.
struct PutRecordsResultEntry {
    std::optional<model::SequenceText> sequence_number;
    std::optional<model::ShardIdText> shard_id;
    std::optional<std::string_view> error_code;
    std::optional<std::string> error_message;
};
struct PutRecordsResponse {
    std::int32_t failed_record_count = 0;
    std::vector<PutRecordsResultEntry> records;
    std::optional<std::string_view> encryption_type;
};

Task<Answer<PutRecordResponse>> put_record(Context& context, const PutRecordRequest& request);
Task<Answer<PutRecordsResponse>> put_records(Context& context, const PutRecordsRequest& request);

}  // namespace millrace::api
