#include "support/memory_engine.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace millrace::test {

using storage::AppendResult;
using storage::AppendStatus;
using storage::Locate;
using storage::Position;
using storage::ReadRequest;
using storage::ReadResult;
using storage::ShardKey;

namespace {

Error no_shard(ShardKey key) {
    return {Errc::kNotFound,
            "no shard " + std::to_string(key.stream_uid) + "/" + std::to_string(key.shard_no)};
}

void run_all(std::vector<std::pair<env::Executor*, Callback<void()>>> due) {
    for (auto& [home, run] : due)
        env::post_or_run(home, std::move(run));
}

}  // namespace

// Disarming is seen by a callback that is posted but has not run: both on the caller's thread.
class MemoryEngine::Handle final : public storage::WaitHandle {
public:
    Handle(MemoryEngine& engine, ShardKey shard, std::uint64_t id, std::shared_ptr<bool> armed)
        : engine_(engine), shard_(shard), id_(id), armed_(std::move(armed)) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() override {
        const std::lock_guard lock(engine_.mutex_);
        *armed_ = false;
        const auto found = engine_.shards_.find(shard_);
        if (found == engine_.shards_.end())
            return;
        std::erase_if(found->second.waiting, [&](const Waiting& w) { return w.id == id_; });
    }

private:
    MemoryEngine& engine_;
    ShardKey shard_;
    std::uint64_t id_;
    std::shared_ptr<bool> armed_;
};

MemoryEngine::MemoryEngine() : MemoryEngine(Options{}) {}
MemoryEngine::MemoryEngine(Options options) : options_(options), random_(options.seed) {}
MemoryEngine::~MemoryEngine() = default;

std::size_t MemoryEngine::release() {
    std::size_t count = 0;
    while (true) {
        std::pair<env::Executor*, Callback<void()>> next;
        {
            const std::lock_guard lock(mutex_);
            if (paused_.empty())
                return count;
            std::swap(paused_[random_() % paused_.size()], paused_.back());
            next = std::move(paused_.back());
            paused_.pop_back();
        }
        ++count;
        env::post_or_run(next.first, std::move(next.second));
    }
}

std::size_t MemoryEngine::waiting() const {
    const std::lock_guard lock(mutex_);
    return paused_.size();
}

void MemoryEngine::fail_next(std::size_t records, AppendStatus status) {
    const std::lock_guard lock(mutex_);
    fail_records_ = records;
    fail_status_ = status;
}

Task<void> MemoryEngine::pause() {
    if (!options_.delayed)
        co_return;
    auto begin = [this](Callback<void(bool)> done) {
        const std::lock_guard lock(mutex_);
        paused_.emplace_back(env::current_executor(),
                             [done = std::move(done)]() mutable { done(true); });
    };
    co_await completion<bool>(std::move(begin));
}

Task<Result<void>> MemoryEngine::create(std::span<const ShardKey> shards) {
    {
        const std::lock_guard lock(mutex_);
        for (const ShardKey key : shards) {
            const auto [at, made] = shards_.try_emplace(key);
            if (made)
                at->second.next = options_.first_position;
        }
    }
    co_await pause();
    co_return success();
}

AppendResult MemoryEngine::append_one(const storage::NewRecord& record) {
    const auto found = shards_.find(record.shard);
    if (found == shards_.end())
        return {};
    Shard& shard = found->second;
    const auto chance = [&](double rate) {
        return rate > 0 && std::uniform_real_distribution<double>()(random_) < rate;
    };
    AppendResult result;
    if (fail_records_ > 0) {
        --fail_records_;
        result.status = fail_status_;
        return result;
    }
    if (shard.sealed || chance(options_.closed_rate)) {
        result.status = AppendStatus::kClosed;
        return result;
    }
    const bool unknown = chance(options_.unknown_rate);
    if (unknown && chance(0.5)) {
        result.status = AppendStatus::kUnknown;
        return result;
    }
    if (options_.gap_max > 0)
        shard.next += random_() % (options_.gap_max + 1);
    shard.last_stamp = std::max(shard.last_stamp, record.stamp);
    auto bytes = std::make_shared<std::string>(record.key);
    bytes->append(as_text(record.data));
    shard.records.push_back({Position(shard.next), shard.last_stamp, record.attributes,
                             std::move(bytes), record.key.size()});
    result = {unknown ? AppendStatus::kUnknown : AppendStatus::kCommitted, Position(shard.next),
              shard.last_stamp};
    ++shard.next;
    wake(shard, false);
    return result;
}

// Moves those whose wish is fulfilled to due_.
void MemoryEngine::wake(Shard& shard, bool all) {
    const std::uint64_t tip = shard.sealed ? shard.end : shard.next;
    std::erase_if(shard.waiting, [&](Waiting& w) {
        if (!all && !shard.sealed && tip <= w.position.value())
            return false;
        due_.emplace_back(w.home, [this, armed = w.armed, ready = w.ready] {
            {
                const std::lock_guard lock(mutex_);
                if (!std::exchange(*armed, false))
                    return;
            }
            (*ready)();
        });
        return true;
    });
}

Task<std::vector<AppendResult>> MemoryEngine::append(std::span<const storage::NewRecord> records) {
    std::vector<AppendResult> results;
    results.reserve(records.size());
    decltype(due_) due;
    {
        const std::lock_guard lock(mutex_);
        for (const auto& record : records)
            results.push_back(append_one(record));
        due.swap(due_);
    }
    run_all(std::move(due));
    co_await pause();
    co_return results;
}

Result<ReadResult> MemoryEngine::read_now(const ReadRequest& request) {
    const std::lock_guard lock(mutex_);
    const auto found = shards_.find(request.shard);
    if (found == shards_.end())
        return no_shard(request.shard);
    const Shard& shard = found->second;
    ReadResult result;
    result.tip = Position(shard.sealed ? shard.end : shard.next);
    result.next = std::max(request.from, Position(shard.trimmed));
    auto at = std::lower_bound(
        shard.records.begin(), shard.records.end(), request.from,
        [](const Stored& stored, Position from) { return stored.position < from; });
    auto held = std::make_shared<std::vector<std::shared_ptr<const std::string>>>();
    std::uint64_t bytes = 0;
    for (; at != shard.records.end(); ++at) {
        if (at->stamp < request.horizon)
            continue;
        if (result.records.size() >= request.records_max)
            break;
        if (!result.records.empty() && bytes + at->bytes->size() > request.bytes_max)
            break;
        bytes += at->bytes->size();
        const std::string_view all = *at->bytes;
        held->push_back(at->bytes);
        result.records.push_back({at->position, at->stamp, all.substr(0, at->key_bytes),
                                  as_bytes(all.substr(at->key_bytes)), at->attributes});
        result.next = Position(at->position.value() + 1);
    }
    result.keepalive = std::move(held);
    if (at == shard.records.end()) {
        result.next = std::max(result.next, result.tip);
        result.at_end = shard.sealed;
    } else {
        result.next = at->position;
        result.next_stamp = at->stamp;
    }
    return result;
}

Task<Result<ReadResult>> MemoryEngine::read(ReadRequest request) {
    co_await pause();
    co_return read_now(request);
}

std::unique_ptr<storage::WaitHandle> MemoryEngine::wait_beyond(ShardKey key, Position position,
                                                               Callback<void()> ready) {
    const std::lock_guard lock(mutex_);
    const std::uint64_t id = random_();
    Waiting waiting{id, position, std::make_shared<bool>(true), env::current_executor(),
                    std::make_shared<Callback<void()>>(std::move(ready))};
    auto handle = std::make_unique<Handle>(*this, key, id, waiting.armed);
    const auto found = shards_.find(key);
    const bool now =
        found == shards_.end() || found->second.sealed || found->second.next > position.value();
    if (!now) {
        found->second.waiting.push_back(std::move(waiting));
    } else {
        auto run = [this, armed = waiting.armed, call = waiting.ready] {
            {
                const std::lock_guard inner(mutex_);
                if (!std::exchange(*armed, false))
                    return;
            }
            (*call)();
        };
        // Never inside this call: a thread without an executor gets it from the next release().
        if (waiting.home != nullptr) {
            waiting.home->post(std::move(run));
        } else {
            paused_.emplace_back(nullptr, std::move(run));
        }
    }
    return handle;
}

Task<Result<Position>> MemoryEngine::locate(ShardKey key, Locate locate) {
    co_await pause();
    const std::lock_guard lock(mutex_);
    const auto found = shards_.find(key);
    if (found == shards_.end())
        co_return no_shard(key);
    const Shard& shard = found->second;
    const Position tip(shard.sealed ? shard.end : shard.next);
    switch (locate.what) {
        case Locate::What::kTip:
            co_return tip;
        case Locate::What::kFirst:
            co_return shard.records.empty() ? tip : shard.records.front().position;
        case Locate::What::kAtTime:
            break;
    }
    const auto at =
        std::lower_bound(shard.records.begin(), shard.records.end(), locate.time,
                         [](const Stored& stored, WallTime time) { return stored.stamp < time; });
    co_return at == shard.records.end() ? tip : at->position;
}

Task<Result<std::vector<Position>>> MemoryEngine::seal(std::span<const ShardKey> shards) {
    std::vector<Position> ends;
    decltype(due_) due;
    {
        const std::lock_guard lock(mutex_);
        for (const ShardKey key : shards) {
            const auto found = shards_.find(key);
            if (found == shards_.end())
                co_return no_shard(key);
            Shard& shard = found->second;
            if (!shard.sealed) {
                shard.sealed = true;
                shard.end = shard.next++;
                wake(shard, true);
            }
            ends.emplace_back(shard.end);
        }
        due.swap(due_);
    }
    run_all(std::move(due));
    co_await pause();
    co_return ends;
}

Task<Result<void>> MemoryEngine::trim(ShardKey key, WallTime horizon) {
    {
        const std::lock_guard lock(mutex_);
        const auto found = shards_.find(key);
        if (found == shards_.end())
            co_return no_shard(key);
        Shard& shard = found->second;
        while (!shard.records.empty() && shard.records.front().stamp < horizon) {
            shard.trimmed = shard.records.front().position.value() + 1;
            shard.records.pop_front();
        }
    }
    co_await pause();
    co_return success();
}

Task<Result<void>> MemoryEngine::drop(std::span<const ShardKey> shards) {
    decltype(due_) due;
    {
        const std::lock_guard lock(mutex_);
        for (const ShardKey key : shards) {
            const auto found = shards_.find(key);
            if (found == shards_.end())
                continue;
            wake(found->second, true);
            shards_.erase(found);
        }
        due.swap(due_);
    }
    run_all(std::move(due));
    co_await pause();
    co_return success();
}

Task<Result<storage::CatalogLog::Replay>> MemoryEngine::load() {
    co_await pause();
    const std::lock_guard lock(mutex_);
    co_return Replay{snapshot_, commands_};
}

Task<Result<Position>> MemoryEngine::commit(std::string command) {
    Position position;
    {
        const std::lock_guard lock(mutex_);
        if (options_.gap_max > 0)
            catalog_next_ += random_() % (options_.gap_max + 1);
        position = Position(catalog_next_++);
        commands_.push_back({position, std::move(command)});
    }
    co_await pause();
    co_return position;
}

Task<Result<void>> MemoryEngine::snapshot(Position through, std::string state) {
    {
        const std::lock_guard lock(mutex_);
        snapshot_ = std::move(state);
        std::erase_if(commands_, [&](const Entry& entry) { return entry.position <= through; });
    }
    co_await pause();
    co_return success();
}

std::unique_ptr<MemoryEngine> MemoryEngine::reopened() const {
    const std::lock_guard lock(mutex_);
    CHECK(paused_.empty());
    auto next = std::make_unique<MemoryEngine>(options_);
    for (const auto& [key, shard] : shards_) {
        Shard& copy = next->shards_[key];
        copy.records = shard.records;
        copy.next = shard.next;
        copy.trimmed = shard.trimmed;
        copy.last_stamp = shard.last_stamp;
        copy.sealed = shard.sealed;
        copy.end = shard.end;
    }
    next->catalog_next_ = catalog_next_;
    next->snapshot_ = snapshot_;
    next->commands_ = commands_;
    return next;
}

}  // namespace millrace::test
