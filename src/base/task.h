// Task<T>: a lazy coroutine with one awaiter. It starts when awaited (or by start()), runs on the
// thread that resumes it and hands its result to its awaiter by symmetric transfer. It knows no
// event loop: whoever completes an awaited operation decides on which thread the rest runs, and the
// house rule is the thread (env::Executor) that began it. Owned by the Task object until awaited.
//
// Only start() may leave a coroutine without an awaiter; it holds the one catch-all. GCC 12
// miscompiles braced temporaries inside a co_await expression: name the argument first.
#pragma once

#include <atomic>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/callback.h"
#include "base/check.h"
#include "base/recycled.h"

namespace millrace {

template <class T = void>
class Task;

namespace detail {

struct PromiseBase : Recycled {
    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr exception;

    struct Final {
        bool await_ready() noexcept { return false; }
        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> done) noexcept {
            return done.promise().continuation;
        }
        void await_resume() noexcept {}
    };
    std::suspend_always initial_suspend() noexcept { return {}; }
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { exception = std::current_exception(); }
};

template <class T>
struct Promise final : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object();
    template <class U>
    void return_value(U&& v) {
        value.emplace(std::forward<U>(v));
    }
    T take() {
        if (exception)
            std::rethrow_exception(exception);
        return std::move(*value);
    }
};

template <>
struct Promise<void> final : PromiseBase {
    Task<void> get_return_object();
    void return_void() noexcept {}
    void take() {
        if (exception)
            std::rethrow_exception(exception);
    }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task final {
public:
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (handle_)
            handle_.destroy();
    }

    auto operator co_await() && noexcept {
        struct Awaiter {
            Handle handle;
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
                handle.promise().continuation = awaiting;
                return handle;
            }
            T await_resume() { return handle.promise().take(); }
        };
        CHECK(handle_);
        return Awaiter{handle_};
    }

private:
    Handle handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
    return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
    return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

namespace detail {

struct Detached {
    struct promise_type : Recycled {
        Detached get_return_object() noexcept { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }
    };
};

}  // namespace detail

// Runs `task` now, on this thread, until it first suspends; `done` is called with its result, or
// with nullopt if an exception left it (a bug or bad_alloc in a handler: the caller answers 500).
// `done` lies in the frame and must not throw. The caller keeps whatever the task borrows alive
// until `done`.
template <class T, class Done>
void start(Task<T> task, Done done) {
    [](Task<T> owned, Done completed) -> detail::Detached {
        std::optional<T> result;
        try {
            result.emplace(co_await std::move(owned));
        } catch (...) {
        }
        completed(std::move(result));
    }(std::move(task), std::move(done));
}

// The same for Task<void>; `done` learns whether it returned (true) or threw (false).
template <class Done>
void start(Task<void> task, Done done) {
    [](Task<void> owned, Done completed) -> detail::Detached {
        bool returned = false;
        try {
            // NOLINTNEXTLINE(bugprone-use-after-move): it is awaited once
            co_await std::move(owned);
            returned = true;
        } catch (...) {
        }
        completed(returned);
    }(std::move(task), std::move(done));
}

// co_await completion<T>([&](Callback<void(T)> done) { begin(..., std::move(done)); })
// bridges a callback API. `done` may be called inline or later, once, on any thread; the coroutine
// goes on where it was called.
template <class T, class Begin>
class Completion final {
public:
    explicit Completion(Begin begin) : begin_(std::move(begin)) {}
    Completion(const Completion&) = delete;
    bool await_ready() noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) {
        begin_(Callback<void(T)>([this, awaiting](T value) {
            value_.emplace(std::move(value));
            if (met_.exchange(true))
                awaiting.resume();
        }));
        return !met_.exchange(true);  // whoever comes second goes on
    }
    T await_resume() { return std::move(*value_); }

private:
    Begin begin_;
    std::optional<T> value_;
    std::atomic<bool> met_ = false;
};

template <class T, class Begin>
auto completion(Begin begin) {
    return Completion<T, Begin>(std::move(begin));
}

}  // namespace millrace
