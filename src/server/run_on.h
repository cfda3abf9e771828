// Runs a task on an executor and waits for it on this thread: start and stop only, never a worker.
#pragma once

#include <future>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/task.h"
#include "env/executor.h"

namespace millrace::server {

// `make` returns the task; it runs on the executor's thread. A task that throws is a bug.
template <class Make>
auto run_on(env::Executor& executor, Make make) {
    using T =
        decltype(std::declval<std::invoke_result_t<Make&>>().operator co_await().await_resume());
    std::promise<std::optional<T>> promise;
    auto future = promise.get_future();
    executor.post([&promise, &make] {
        start(make(), Callback<void(std::optional<T>)>([&promise](std::optional<T> value) {
                  promise.set_value(std::move(value));
              }));
    });
    std::optional<T> value = future.get();
    CHECK(value.has_value());
    return std::move(*value);
}

}  // namespace millrace::server
