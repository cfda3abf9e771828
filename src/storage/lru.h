// Lru<T>: the most recently used values by path, up to a total weight. Values are shared: one that
// is in use outlives its eviction. Thread-safe.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "env/file_system.h"

namespace millrace::storage {

template <class T>
class Lru final {
public:
    explicit Lru(std::uint64_t weight_max) : weight_max_(weight_max) {}

    std::shared_ptr<T> find(const env::Path& path) {
        const std::lock_guard lock(mutex_);
        const auto at = by_path_.find(path.native());
        if (at == by_path_.end()) {
            return nullptr;
        }
        order_.splice(order_.begin(), order_, at->second);
        return at->second->value;
    }

    // Replaces what was there.
    void put(const env::Path& path, std::shared_ptr<T> value, std::uint64_t weight) {
        std::list<Entry> evicted;  // outlives the lock: closing a file takes its time
        const std::lock_guard lock(mutex_);
        take(path.native(), evicted);
        order_.push_front({path.native(), std::move(value), weight});
        by_path_[order_.front().path] = order_.begin();
        weight_ += weight;
        while (weight_ > weight_max_ && order_.size() > 1) {
            take(std::string(order_.back().path), evicted);
        }
    }

    void forget(const env::Path& path) {
        std::list<Entry> evicted;
        const std::lock_guard lock(mutex_);
        take(path.native(), evicted);
    }

private:
    struct Entry {
        std::string path;
        std::shared_ptr<T> value;
        std::uint64_t weight;
    };

    void take(const std::string& path, std::list<Entry>& into) {
        const auto at = by_path_.find(path);
        if (at == by_path_.end()) {
            return;
        }
        const auto entry = at->second;
        by_path_.erase(at);
        weight_ -= entry->weight;
        into.splice(into.end(), order_, entry);
    }

    const std::uint64_t weight_max_;
    std::mutex mutex_;
    std::list<Entry> order_;  // the most recently used first
    std::unordered_map<std::string, typename std::list<Entry>::iterator> by_path_;
    std::uint64_t weight_ = 0;
};

}  // namespace millrace::storage
