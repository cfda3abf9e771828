#include "env/executor.h"

#include <utility>

namespace millrace::env {
namespace {
thread_local Executor* t_executor = nullptr;
}

Executor* current_executor() noexcept {
    return t_executor;
}

ExecutorScope::ExecutorScope(Executor& executor) noexcept
    : previous_(std::exchange(t_executor, &executor)) {}

ExecutorScope::~ExecutorScope() {
    t_executor = previous_;
}

void post_or_run(Executor* executor, Callback<void()> run) {
    if (executor != nullptr) {
        executor->post(std::move(run));
    } else {
        run();
    }
}

}  // namespace millrace::env
