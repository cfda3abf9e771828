// Runs a task from a plain test: sync_wait(engine.append(records)) blocks until it has its result.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "base/check.h"
#include "base/task.h"

namespace millrace::test {

template <class T>
T sync_wait(Task<T> task) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    std::optional<T> result;
    start(std::move(task), Callback<void(std::optional<T>)>([&](std::optional<T> value) {
              const std::lock_guard lock(mutex);
              result = std::move(value);
              done = true;
              changed.notify_one();  // under the lock: the waiter may leave right after
          }));
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
    CHECK(result.has_value());  // an exception left the task
    return std::move(*result);
}

inline void sync_wait(Task<void> task) {
    std::mutex mutex;
    std::condition_variable changed;
    bool done = false;
    bool returned = false;
    start(std::move(task), Callback<void(bool)>([&](bool ok) {
              const std::lock_guard lock(mutex);
              returned = ok;
              done = true;
              changed.notify_one();
          }));
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return done; });
    CHECK(returned);
}

}  // namespace millrace::test
