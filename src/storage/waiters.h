// Waiters: who wants to know when a shard's tip exceeds a position. Guarded by the shard log's
// lock; a Wake is run after that was let go.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "base/callback.h"
#include "env/disk_pool.h"
#include "env/executor.h"
#include "storage/engine.h"

namespace millrace::storage {

// One wish, shared by the shard that fulfils it and the handle that cancels it.
struct Wish {
    Position position;
    env::Executor* home = nullptr;
    Callback<void()> ready;
    std::atomic<bool> open = true;
};

using WishPtr = std::shared_ptr<Wish>;

// Runs the wish's callback on its executor (a thread without one: on the pool), unless it was
// cancelled. Never inside this call.
inline void fulfil(WishPtr wish, env::DiskPool& pool) {
    env::Executor* const home = wish->home;
    auto run = [granted = std::move(wish)] {
        if (granted->open.exchange(false)) {
            granted->ready();
        }
    };
    if (home != nullptr) {
        home->post(std::move(run));
    } else {
        pool.submit(std::move(run));
    }
}

class Waiters final {
public:
    void add(WishPtr wish) { wishes_.push_back(std::move(wish)); }

    // Takes out those that `tip` fulfils (all: every one), and forgets the cancelled.
    void take(Position tip, bool all, std::vector<WishPtr>& into) {
        std::erase_if(wishes_, [&](WishPtr& wish) {
            if (!wish->open) {
                return true;
            }
            if (!all && wish->position >= tip) {
                return false;
            }
            into.push_back(std::move(wish));
            return true;
        });
    }

    // Forgets the cancelled.
    void sweep() {
        std::erase_if(wishes_, [](const WishPtr& wish) { return !wish->open; });
    }

private:
    std::vector<WishPtr> wishes_;
};

}  // namespace millrace::storage
