// Reserve: a file that holds space for what even a full disk must take: a checkpoint and a command,
// without which no stream could be deleted and no expired record removed to make room. It is given
// up for those, and until it is there again no record is written: whoever writes some holds it and
// asks whether it is spent. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>

#include "base/result.h"
#include "env/file_system.h"

namespace millrace::storage {

class Reserve final {
public:
    Reserve(env::FileSystem& files, env::Path path) : files_(files), path_(std::move(path)) {}

    // Makes it, or makes it larger, so that a checkpoint of that size fits in.
    Result<void> keep(std::uint64_t checkpoint_bytes);
    // Its space is for others now. False: there was none. Waits for whoever holds it.
    bool give_up();
    // Neither made nor given up while that lives.
    [[nodiscard]] std::unique_lock<std::mutex> hold() { return std::unique_lock(mutex_); }

    // Whether it was given up, or found no room, and is not there yet.
    bool spent() const { return spent_.load(std::memory_order_relaxed); }

private:
    Result<void> make();
    void spend();

    env::FileSystem& files_;
    const env::Path path_;
    std::mutex mutex_;
    std::uint64_t held_ = 0;    // guarded by mutex_
    std::uint64_t wanted_ = 0;  // guarded by mutex_; the most it was asked to be
    std::atomic<bool> spent_ = false;
};

}  // namespace millrace::storage
