#include "api/monitoring.h"

#include <iterator>
#include <span>

#include "api/addressing.h"
#include "api/failures.h"
#include "base/result.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

constexpr std::size_t kAllAt = std::size(kShardMetricNames) - 1;
constexpr auto kAll = static_cast<stream::ShardMetrics>((1U << kAllAt) - 1);

stream::ShardMetrics metrics_of(std::span<const std::string_view> names) {
    unsigned metrics = 0;
    for (const std::string_view name : names) {
        for (std::size_t i = 0; i < kAllAt; ++i) {
            metrics |= name == kShardMetricNames[i] ? 1U << i : 0U;
        }
        metrics |= name == kShardMetricNames[kAllAt] ? kAll : 0U;
    }
    return static_cast<stream::ShardMetrics>(metrics);
}

Task<Answer<EnhancedMonitoringResponse>> change(Context& context,
                                                const EnhancedMonitoringRequest& request, bool on,
                                                std::string_view operation) {
    MILLRACE_CO_TRY(
        const stream::StreamPtr stream,
        find_active_stream(context, request.stream_name, request.stream_arn, operation));
    stream::ConfigureStream command;
    command.uid = stream->uid;
    (on ? command.metrics_on : command.metrics_off) = metrics_of(*request.shard_level_metrics);
    const auto applied = co_await context.broker.configure_stream(std::move(command), false);
    MILLRACE_CO_TRY(settled(applied, *stream, operation));
    co_return EnhancedMonitoringResponse{stream->name.text(), metric_names(stream->shard_metrics),
                                         metric_names(applied.value().stream->shard_metrics),
                                         arn_of(*stream).text()};
}

}  // namespace

std::vector<std::string_view> metric_names(stream::ShardMetrics metrics) {
    std::vector<std::string_view> names;
    for (std::size_t i = 0; i < kAllAt; ++i) {
        if ((metrics >> i & 1U) != 0) {
            names.push_back(kShardMetricNames[i]);
        }
    }
    return names;
}

Task<Answer<EnhancedMonitoringResponse>> enable_enhanced_monitoring(
    Context& context, const EnhancedMonitoringRequest& request) {
    return change(context, request, true, "EnableEnhancedMonitoring");
}

Task<Answer<EnhancedMonitoringResponse>> disable_enhanced_monitoring(
    Context& context, const EnhancedMonitoringRequest& request) {
    return change(context, request, false, "DisableEnhancedMonitoring");
}

}  // namespace millrace::api
