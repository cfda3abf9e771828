// What a stream takes and how it spreads it: the size of records, warm throughput, and who places
// records in shards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "base/task.h"
#include "stream/stream.h"

namespace millrace::api {

struct UpdateMaxRecordSizeRequest {
    std::optional<std::int32_t> max_record_size_in_kib;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};

struct WarmThroughput {
    std::int32_t target_mibps = 0;
    std::int32_t current_mibps = 0;
};
struct UpdateStreamWarmThroughputRequest {
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_name;
    std::optional<std::int32_t> warm_throughput_mibps;
    std::optional<std::string_view> stream_id;
};
struct UpdateStreamWarmThroughputResponse {
    std::string stream_arn;
    std::string stream_name;
    WarmThroughput warm_throughput;
};

struct UpdateDistributionRequest {
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> record_distribution_strategy;
    std::optional<std::string_view> stream_id;
};

// In the order messages print.
inline constexpr std::string_view kDistributions[] = {"AUTO", "USER_PARTITION_KEY"};
std::string_view distribution_name(stream::Distribution distribution);
stream::Distribution distribution_of(std::string_view name);

// What a stream is asked to take at once, and what its open shards do take (1 MiB/s each).
WarmThroughput warm_throughput(const stream::Stream& stream);

Task<Answer<Nothing>> update_max_record_size(Context& context,
                                             const UpdateMaxRecordSizeRequest& request);
Task<Answer<UpdateStreamWarmThroughputResponse>> update_stream_warm_throughput(
    Context& context, const UpdateStreamWarmThroughputRequest& request);
Task<Answer<Nothing>> update_stream_record_distribution_strategy(
    Context& context, const UpdateDistributionRequest& request);

}  // namespace millrace::api
