// An engine without a disk, for tests of what stands on the seam, and the contract suite's second
// subject. It may leave gaps between positions, delay completions and answer kClosed or kUnknown at
// random, as a cluster engine may. Deterministic for a seed as long as calls come from one thread.
// Thread-safe. Completions return to the caller's executor (inline on a thread that has none).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include "env/executor.h"
#include "storage/engine.h"

namespace millrace::test {

class MemoryEngine final : public storage::LogEngine, public storage::CatalogLog {
public:
    struct Options {
        std::uint64_t seed = 1;
        std::uint32_t gap_max = 0;  // positions advance by 1 + [0, gap_max]
        double unknown_rate = 0;    // of appends: answered kUnknown, stored or not
        double closed_rate = 0;     // of appends: answered kClosed, never stored
        bool delayed = false;       // completions wait for release()
        std::uint64_t first_position = 0;
    };
    MemoryEngine();
    explicit MemoryEngine(Options options);
    ~MemoryEngine() override;

    // Completes what waits, in random order, until nothing waits. Returns how many there were.
    std::size_t release();
    std::size_t waiting() const;

    // The next n appended records answer this and are not stored.
    void fail_next(std::size_t records, storage::AppendStatus status);

    Task<Result<void>> create(std::span<const storage::ShardKey> shards) override;
    Task<std::vector<storage::AppendResult>> append(
        std::span<const storage::NewRecord> records) override;
    Task<Result<storage::ReadResult>> read(storage::ReadRequest request) override;
    std::unique_ptr<storage::WaitHandle> wait_beyond(storage::ShardKey key,
                                                     storage::Position position,
                                                     Callback<void()> ready) override;
    Task<Result<storage::Position>> locate(storage::ShardKey key, storage::Locate locate) override;
    Task<Result<std::vector<storage::Position>>> seal(
        std::span<const storage::ShardKey> shards) override;
    Task<Result<void>> trim(storage::ShardKey key, WallTime horizon) override;
    Task<Result<void>> drop(std::span<const storage::ShardKey> shards) override;

    Task<Result<Replay>> load() override;
    Task<Result<storage::Position>> commit(std::string command) override;
    Task<Result<void>> snapshot(storage::Position through, std::string state) override;

    // A second engine over what this one holds, as after a restart. Nothing may be in progress.
    std::unique_ptr<MemoryEngine> reopened() const;

private:
    struct Stored {
        storage::Position position;
        WallTime stamp;
        std::uint8_t attributes;
        std::shared_ptr<const std::string> bytes;  // key, then data
        std::size_t key_bytes;
    };
    struct Waiting {
        std::uint64_t id;
        storage::Position position;
        std::shared_ptr<bool> armed;
        env::Executor* home;
        std::shared_ptr<Callback<void()>> ready;
    };
    struct Shard {
        std::deque<Stored> records;
        std::uint64_t next = 0;
        std::uint64_t trimmed = 0;  // no record below it is held
        WallTime last_stamp{};
        bool sealed = false;
        std::uint64_t end = 0;
        std::vector<Waiting> waiting;
    };
    class Handle;

    storage::AppendResult append_one(const storage::NewRecord& record);
    Result<storage::ReadResult> read_now(const storage::ReadRequest& request);
    void wake(Shard& shard, bool all);
    Task<void> pause();

    Options options_;
    mutable std::mutex mutex_;
    std::mt19937_64 random_;
    std::map<storage::ShardKey, Shard> shards_;
    std::vector<std::pair<env::Executor*, Callback<void()>>> paused_;
    std::vector<std::pair<env::Executor*, Callback<void()>>> due_;  // to run once mutex_ is free
    std::size_t fail_records_ = 0;
    storage::AppendStatus fail_status_ = storage::AppendStatus::kRejected;

    std::uint64_t catalog_next_ = 0;
    std::string snapshot_;
    std::vector<Entry> commands_;
};

}  // namespace millrace::test
