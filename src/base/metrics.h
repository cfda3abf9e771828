// Counters, gauges and histograms under Prometheus names: the one door to prometheus-cpp. Look a
// series up once and keep the reference (it lives as long as Metrics); updating it is thread-safe
// and cheap, looking it up takes a lock.
#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/callback.h"

namespace millrace {

using Counter = prometheus::Counter;
using Gauge = prometheus::Gauge;
using Histogram = prometheus::Histogram;
using Labels = std::map<std::string, std::string>;

class Metrics final {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    // `bounds` are the upper bounds of the buckets, ascending, in the unit the name ends with.
    Histogram& histogram(const std::string& name, const std::string& help, const Labels& labels,
                         const std::vector<double>& bounds);

    // Forgets a series (a deleted stream's); references to it die.
    void remove_counter(const std::string& name, const Labels& labels);

    // Called before each text(), to refresh gauges that are read rather than counted.
    void before_scrape(Callback<void()> refresh);

    // All series in the Prometheus text exposition format 0.0.4.
    std::string text();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Bucket bounds in seconds for latencies from 50 us to 10 s.
const std::vector<double>& latency_bounds_seconds();

}  // namespace millrace
