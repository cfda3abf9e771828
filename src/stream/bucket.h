// Bucket: a token bucket that refills continuously, kept as one number: when it will be full again.
// Pure: it knows no clock and no lock, and the same questions at the same times have the same
// answers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace millrace::stream {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Rate {
    std::uint64_t per_second = 0;  // 0: no limit
    std::uint64_t burst = 0;       // what a full bucket holds, which is never less than per_second

    static constexpr std::uint64_t kPerSecondMax = std::uint64_t{4} << 30;

    // A bucket of one second's worth.
    static constexpr Rate of(std::uint64_t per_second) { return {per_second, per_second}; }
};

class Bucket final {
public:
    bool full(SteadyTime now) const { return full_at_ <= now; }

    // Whether `amount` is there. A full bucket has any amount: else what is larger than the bucket
    // would never be admitted.
    bool has(Rate rate, std::uint64_t amount, SteadyTime now) const {
        return rate.per_second == 0 || full(now) ||
               missing(now) + time_for(rate, amount) <= time_for(rate, rate.burst);
    }
    // From when on nothing is owed; may have passed.
    SteadyTime free_of_debt(Rate rate) const {
        return rate.per_second == 0 ? SteadyTime() : full_at_ - time_for(rate, rate.burst);
    }

    void take(Rate rate, std::uint64_t amount, SteadyTime now) {
        if (rate.per_second != 0) {
            full_at_ = now + missing(now) + time_for(rate, amount);
        }
    }
    // Takes what was used before it could be counted. An amount that is not there is owed whole: so
    // long after 10 MiB at 2 MiB/s there is debt for 5 seconds, however full the bucket was.
    void overdraw(Rate rate, std::uint64_t amount, SteadyTime now) {
        if (rate.per_second != 0 &&
            missing(now) + time_for(rate, amount) > time_for(rate, rate.burst)) {
            full_at_ = std::max(full_at_, now + time_for(rate, rate.burst));
        }
        take(rate, amount, now);
    }

private:
    using Nanos = std::chrono::nanoseconds;
    static Nanos time_for(Rate rate, std::uint64_t amount) {
        return Nanos(amount / rate.per_second * kNanosPerSecond +
                     amount % rate.per_second * kNanosPerSecond / rate.per_second);
    }
    Nanos missing(SteadyTime now) const { return full(now) ? Nanos(0) : Nanos(full_at_ - now); }

    static constexpr std::uint64_t kNanosPerSecond = 1'000'000'000;
    static_assert(Rate::kPerSecondMax < ~std::uint64_t{0} / kNanosPerSecond, "time_for() must fit");

    SteadyTime full_at_;
};

}  // namespace millrace::stream
