#include "env/steered_clock.h"

namespace millrace::env {

WallTime SteeredClock::now() {
    const std::lock_guard lock(mutex_);
    return instant().now;
}

std::chrono::steady_clock::time_point SteeredClock::steady() {
    const std::lock_guard lock(mutex_);
    return instant().steady;
}

bool SteeredClock::stands() {
    const std::lock_guard lock(mutex_);
    return frozen_.has_value();
}

SteeredClock::Reading SteeredClock::read() {
    const std::lock_guard lock(mutex_);
    const WallTime now = instant().now;
    return {now, frozen_.has_value(), now - real_.now()};
}

std::optional<SteeredClock::Reading> SteeredClock::steer(const Order& order) {
    const std::lock_guard lock(mutex_);
    const WallTime now = instant().now;
    const WallTime aim = order.now.value_or(now) + order.advance;
    if (order.now.value_or(now) < now || aim > kLatest) {
        return std::nullopt;
    }
    if (order.frozen) {
        *order.frozen ? freeze() : go_on();
    }
    move(aim - now);
    const WallTime then = instant().now;
    return Reading{then, frozen_.has_value(), then - real_.now()};
}

SteeredClock::Instant SteeredClock::instant() {
    return frozen_ ? *frozen_ : Instant{real_.now() + ahead_, real_.steady() + steady_ahead_};
}

void SteeredClock::freeze() {
    frozen_ = instant();
}

void SteeredClock::go_on() {
    if (frozen_) {
        ahead_ = frozen_->now - real_.now();
        steady_ahead_ = frozen_->steady - real_.steady();
        frozen_.reset();
    }
}

void SteeredClock::move(Millis by) {
    if (frozen_) {
        frozen_->now += by;
        frozen_->steady += by;
    } else {
        ahead_ += by;
        steady_ahead_ += by;
    }
}

}  // namespace millrace::env
