// A bound on bytes held by all connections together. Thread-safe; never waits.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace millrace::wire {

class ByteBudget final {
public:
    explicit ByteBudget(std::size_t bytes_max) : max_(bytes_max) {}
    ByteBudget(const ByteBudget&) = delete;
    ByteBudget& operator=(const ByteBudget&) = delete;

    // False, and nothing taken, when `bytes` more would exceed the bound.
    bool take(std::size_t bytes) {
        if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= max_) {
            return true;
        }
        give(bytes);
        return false;
    }
    void give(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
    std::size_t used() const { return used_.load(std::memory_order_relaxed); }

private:
    const std::size_t max_;
    std::atomic<std::size_t> used_ = 0;
};

// What one owner holds of a budget; given back on destruction.
class BudgetShare final {
public:
    explicit BudgetShare(ByteBudget& budget) : budget_(&budget) {}
    ~BudgetShare() { budget_->give(held_); }
    BudgetShare(BudgetShare&& other) noexcept
        : budget_(other.budget_), held_(std::exchange(other.held_, 0)) {}
    BudgetShare& operator=(BudgetShare&& other) noexcept {
        std::swap(budget_, other.budget_);
        std::swap(held_, other.held_);
        return *this;
    }

    // Holds `bytes` from now on, more or fewer than before. False, and no change, if that is too
    // much.
    bool hold(std::size_t bytes) {
        if (bytes > held_ && !budget_->take(bytes - held_)) {
            return false;
        }
        if (bytes < held_) {
            budget_->give(held_ - bytes);
        }
        held_ = bytes;
        return true;
    }

private:
    ByteBudget* budget_;
    std::size_t held_ = 0;
};

}  // namespace millrace::wire
