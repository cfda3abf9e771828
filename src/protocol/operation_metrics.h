// Requests and their latency, of one operation. Series appear with their first request, and are
// looked up once. Labels come from our own tables, never from clients. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <string_view>

#include "base/metrics.h"

namespace millrace::protocol {

class OperationMetrics final {
public:
    OperationMetrics(Metrics& metrics, std::string_view operation)
        : metrics_(metrics), operation_(operation) {}

    // `result`: "ok" or an error type.
    void record(std::string_view result, std::chrono::duration<double> took);

private:
    static constexpr std::size_t kResultsMax = 32;

    Counter& counter(std::string_view result);
    Histogram& histogram();

    Metrics& metrics_;
    const std::string operation_;
    std::array<std::atomic<Counter*>, kResultsMax> counters_{};  // in the order of kResults
    std::atomic<Histogram*> histogram_{};
};

}  // namespace millrace::protocol
