// Shard-level metrics, switched on and off by name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "base/task.h"
#include "stream/stream.h"

namespace millrace::api {

// Of both directions.
struct EnhancedMonitoringRequest {
    std::optional<std::vector<std::string_view>> shard_level_metrics;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};
struct EnhancedMonitoringResponse {
    std::string stream_name;
    std::vector<std::string_view> current_shard_level_metrics;  // before the call
    std::vector<std::string_view> desired_shard_level_metrics;  // after it
    std::string stream_arn;
};

// In the order messages print; the last is "ALL", which is never stored or returned.
inline constexpr std::string_view kShardMetricNames[] = {"IncomingBytes",
                                                         "IncomingRecords",
                                                         "OutgoingBytes",
                                                         "OutgoingRecords",
                                                         "WriteProvisionedThroughputExceeded",
                                                         "ReadProvisionedThroughputExceeded",
                                                         "IteratorAgeMilliseconds",
                                                         "ALL"};

std::vector<std::string_view> metric_names(stream::ShardMetrics metrics);

Task<Answer<EnhancedMonitoringResponse>> enable_enhanced_monitoring(
    Context& context, const EnhancedMonitoringRequest& request);
Task<Answer<EnhancedMonitoringResponse>> disable_enhanced_monitoring(
    Context& context, const EnhancedMonitoringRequest& request);

}  // namespace millrace::api
