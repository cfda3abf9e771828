#include "protocol/operation_metrics.h"

#include <algorithm>

namespace millrace::protocol {
namespace {

// Most frequent first. The last one stands for whatever is missing here.
constexpr std::string_view kResults[] = {
    "ok",
    "ProvisionedThroughputExceededException",
    "ResourceNotFoundException",
    "LimitExceededException",
    "ExpiredIteratorException",
    "InvalidArgumentException",
    "ValidationException",
    "ResourceInUseException",
    "InternalFailure",
    "SerializationException",
    "UnknownOperationException",
    "AccessDeniedException",
    "MissingAuthenticationTokenException",
    "IncompleteSignatureException",
    "InvalidSignatureException",
    "ExpiredNextTokenException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "KMSOptInRequired",
    "KMSThrottlingException",
    "preflight",
    "other",
};

}  // namespace

void OperationMetrics::record(std::string_view result, std::chrono::duration<double> took) {
    counter(result).Increment();
    histogram().Observe(took.count());
}

Counter& OperationMetrics::counter(std::string_view result) {
    static_assert(std::size(kResults) <= kResultsMax);
    const auto* const last = std::end(kResults) - 1;
    const auto* const found = std::find(std::begin(kResults), last, result);
    auto& slot = counters_[static_cast<std::size_t>(found - std::begin(kResults))];
    Counter* known = slot.load(std::memory_order_acquire);
    if (known == nullptr) {
        known = &metrics_.counter("millrace_requests_total", "Requests answered, by result.",
                                  {{"operation", operation_}, {"result", std::string(*found)}});
        slot.store(known, std::memory_order_release);
    }
    return *known;
}

Histogram& OperationMetrics::histogram() {
    Histogram* known = histogram_.load(std::memory_order_acquire);
    if (known == nullptr) {
        known = &metrics_.histogram("millrace_request_seconds",
                                    "Time from a whole request to its answer.",
                                    {{"operation", operation_}}, latency_bounds_seconds());
        histogram_.store(known, std::memory_order_release);
    }
    return *known;
}

}  // namespace millrace::protocol
