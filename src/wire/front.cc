#include "wire/front.h"

#include "base/check.h"

namespace millrace::wire {

Front::Front(FrontConfig config, Handler& handler, env::Clock& clock)
    : config_(std::move(config)), context_(config_.limits, config_.tls_expected, handler, clock) {
    context_.tls_required = config_.tls_required;
}

Result<std::unique_ptr<Front>> Front::open(FrontConfig config, Handler& handler,
                                           env::Clock& clock) {
    CHECK(config.workers > 0);
    std::unique_ptr<Front> front(new Front(std::move(config), handler, clock));
    for (unsigned i = 0; i < front->config_.workers; ++i) {
        front->workers_.push_back(std::make_unique<Worker>(front->context_));
    }
    for (Address address : front->config_.listen) {
        MILLRACE_TRY(check_unused(address));
        for (const auto& worker : front->workers_) {
            // The first one settles the port for the others.
            MILLRACE_TRY(address, worker->listen(address));
        }
        front->addresses_.push_back(address);
    }
    return front;
}

Front::~Front() = default;

void Front::start() {
    for (const auto& worker : workers_) {
        worker->start();
    }
}

void Front::use_tls(std::shared_ptr<const TlsContext> context) {
    context_.tls.set(std::move(context));
    for (const auto& worker : workers_) {
        worker->tls_came();
    }
}

bool Front::drain(Millis patience, Millis handlers_patience) {
    for (const auto& worker : workers_) {
        worker->drain();
    }
    const bool empty = wait_until_empty(patience);
    for (const auto& worker : workers_) {
        worker->close_all();
    }
    wait_until_empty(handlers_patience);
    return empty;
}

void Front::join(Millis patience) {
    for (const auto& worker : workers_) {
        worker->finish();
    }
    const auto ended = [this] { return context_.running.load() == 0; };
    {
        std::unique_lock lock(context_.mutex);
        context_.ended.wait_for(lock, patience, ended);
    }
    workers_.clear();
}

bool Front::wait_until_empty(Millis patience) {
    const auto empty = [this] { return context_.connections.load() == 0; };
    std::unique_lock lock(context_.mutex);
    return context_.ended.wait_for(lock, patience, empty);
}

}  // namespace millrace::wire
