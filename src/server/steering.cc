#include "server/steering.h"

#include "base/log.h"

namespace millrace::server {

Task<Result<Steering::Reading>> Steering::steer(Order order) {
    stream::Broker* const broker = broker_;
    if (broker == nullptr) {
        co_return Error{Errc::kOverloaded, "the broker is not ready"};
    }
    const auto done = clock_.steer(order);
    if (!done) {
        co_return Error{Errc::kInvalid, "the clock does not go back, nor beyond the year 2199"};
    }
    log::info("the clock was moved: frozen={} ahead-ms={}", done->frozen, done->ahead.count());
    timers_.clock_moved();
    co_await broker->settle();
    co_return clock_.read();
}

}  // namespace millrace::server
