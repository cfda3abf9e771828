#include "stream/changes.h"

#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "env/executor.h"

namespace millrace::stream {

struct Changes::Waiting {
    struct Waiter {
        env::Executor* executor = nullptr;
        Callback<void(bool)> resume;
    };
    using ByStream = std::unordered_multimap<StreamUid, std::shared_ptr<Waiter>>;

    std::mutex mutex;
    bool stopped = false;
    ByStream waiters;

    void wake(StreamUid uid) {
        ByStream due;
        {
            const std::lock_guard lock(mutex);
            const auto [first, last] = waiters.equal_range(uid);
            due.insert(first, last);
            waiters.erase(first, last);
        }
        run(due);
    }
    void wake(StreamUid uid, const std::shared_ptr<Waiter>& waiter) {
        {
            const std::lock_guard lock(mutex);
            const auto [first, last] = waiters.equal_range(uid);
            auto found = first;
            while (found != last && found->second != waiter) {
                ++found;
            }
            if (found == last) {
                return;  // it has gone on
            }
            waiters.erase(found);
        }
        run({{uid, waiter}});
    }
    static void run(const ByStream& due) {
        for (const auto& [uid, waiter] : due) {
            auto go_on = [waiter = waiter] { waiter->resume(true); };
            env::post_or_run(waiter->executor, std::move(go_on));
        }
    }
};

Changes::Changes(Catalog& catalog, env::Timers& timers)
    : catalog_(catalog), timers_(timers), waiting_(std::make_shared<Waiting>()) {
    catalog_.on_change([waiting = waiting_](StreamUid uid) { waiting->wake(uid); });
}

Changes::~Changes() {
    const std::lock_guard lock(waiting_->mutex);
    CHECK(waiting_->waiters.empty());
}

Task<void> Changes::after(StreamPtr seen, Millis patience) {
    auto begin = [&](Callback<void(bool)> resume) {
        const StreamUid uid = seen->uid;
        auto waiter = std::make_shared<Waiting::Waiter>();
        waiter->executor = env::current_executor();
        waiter->resume = std::move(resume);
        bool waits = false;
        {
            // Who looks before the change is applied is on the list before it is told.
            const std::lock_guard lock(waiting_->mutex);
            waits = !waiting_->stopped && catalog_.find(uid) == seen;
            if (waits) {
                waiting_->waiters.emplace(uid, waiter);
            }
        }
        if (!waits) {
            waiter->resume(true);
            return;
        }
        timers_.after(patience, [waiting = waiting_, uid, waiter] { waiting->wake(uid, waiter); });
    };
    co_await completion<bool>(std::move(begin));
}

void Changes::stop() {
    Waiting::ByStream due;
    {
        const std::lock_guard lock(waiting_->mutex);
        waiting_->stopped = true;
        due.swap(waiting_->waiters);
    }
    Waiting::run(due);
}

}  // namespace millrace::stream
