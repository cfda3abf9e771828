// Callback<R(A...)>: a move-only std::function, for completions that own what they capture.
// Calling an empty one is a bug. Not thread-safe.
#pragma once

#include <memory>
#include <utility>

#include "base/check.h"
#include "base/recycled.h"

namespace millrace {

template <class Signature>
class Callback;

template <class R, class... A>
class Callback<R(A...)> final {
public:
    Callback() = default;
    Callback(std::nullptr_t) {}
    template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, Callback> &&
             std::is_invocable_r_v<R, std::remove_cvref_t<F>&, A...>) Callback(F&& f)
        : target_(std::make_unique<Holder<std::remove_cvref_t<F>>>(std::forward<F>(f))) {}

    explicit operator bool() const { return target_ != nullptr; }
    R operator()(A... args) {
        CHECK(target_ != nullptr);
        return target_->call(std::forward<A>(args)...);
    }

private:
    struct Base : Recycled {
        virtual ~Base() = default;
        virtual R call(A... args) = 0;
    };
    template <class F>
    struct Holder final : Base {
        explicit Holder(F&& f) : f_(std::move(f)) {}
        explicit Holder(const F& f) : f_(f) {}
        R call(A... args) override { return f_(std::forward<A>(args)...); }
        F f_;
    };
    std::unique_ptr<Base> target_;
};

}  // namespace millrace
