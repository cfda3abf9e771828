#include "base/metrics.h"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace millrace {

struct Metrics::Impl {
    prometheus::Registry registry{prometheus::Registry::InsertBehavior::Merge};
    std::mutex mutex;
    std::vector<Callback<void()>> refreshers;
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(impl_->registry).Add(labels);
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(impl_->registry).Add(labels);
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const Labels& labels, const std::vector<double>& bounds) {
    return prometheus::BuildHistogram()
        .Name(name)
        .Help(help)
        .Register(impl_->registry)
        .Add(labels, bounds);
}

void Metrics::remove_counter(const std::string& name, const Labels& labels) {
    auto& family = prometheus::BuildCounter().Name(name).Register(impl_->registry);
    family.Remove(&family.Add(labels));
}

void Metrics::before_scrape(Callback<void()> refresh) {
    const std::lock_guard lock(impl_->mutex);
    impl_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::text() {
    {
        const std::lock_guard lock(impl_->mutex);
        for (auto& refresh : impl_->refreshers)
            refresh();
    }
    return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

const std::vector<double>& latency_bounds_seconds() {
    static const std::vector<double> bounds = {0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002,
                                               0.005,   0.01,   0.02,   0.05,   0.1,   0.2,
                                               0.5,     1,      2,      5,      10};
    return bounds;
}

}  // namespace millrace
