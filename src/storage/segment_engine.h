// The embedded engine: shard logs as append-only segment files behind one commit journal, in one
// data directory that it owns alone. FORMAT.md has the bytes, README.md the parts.
//
// After append() resumes with kCommitted, a record is durable as the mode promises and readable.
// A failed write or sync poisons the shard or the journal; the engine then reopens it through
// recovery on a later append (at most every reopen_interval), so that writing goes on by itself
// when space returns. Reads never depend on that.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "env/clock.h"
#include "env/disk_pool.h"
#include "env/file_system.h"
#include "storage/engine.h"
#include "storage/segment_engine_options.h"

namespace millrace::storage {

// A stretch of a file that failed its checksum or grammar although it had been durable.
struct Corruption {
    ShardKey shard;  // {0, 0} when a whole journal frame is damaged
    std::string file;
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    Position first;  // the first position that may be lost
};

class SegmentEngine final : public LogEngine {
public:
    // Takes the directory's lock (kLocked if another process has it), recovers and is ready.
    // Blocks. The references must outlive the engine.
    static Result<std::unique_ptr<SegmentEngine>> open(SegmentEngineOptions options,
                                                       env::FileSystem& files, env::Clock& clock,
                                                       env::DiskPool& pool, Metrics& metrics);
    ~SegmentEngine() override;  // close()
    SegmentEngine(const SegmentEngine&) = delete;
    SegmentEngine& operator=(const SegmentEngine&) = delete;

    // Commits what is pending, writes a checkpoint and lets the directory go; the next open replays
    // nothing. Idempotent. Blocks; calls in progress must have resumed, later ones fail.
    Result<void> close();

    CatalogLog& catalog_log();

    // Every damaged stretch met since open, by recovery or by a reader. Thread-safe.
    std::vector<Corruption> corruptions() const;

    Task<Result<void>> create(std::span<const ShardKey> shards) override;
    Task<std::vector<AppendResult>> append(std::span<const NewRecord> records) override;
    Task<Result<ReadResult>> read(ReadRequest request) override;
    std::unique_ptr<WaitHandle> wait_beyond(ShardKey shard, Position position,
                                            Callback<void()> ready) override;
    Task<Result<Position>> locate(ShardKey shard, Locate locate) override;
    Task<Result<std::vector<Position>>> seal(std::span<const ShardKey> shards) override;
    Task<Result<void>> trim(ShardKey shard, WallTime horizon) override;
    Task<Result<void>> drop(std::span<const ShardKey> shards) override;

private:
    class Impl;
    explicit SegmentEngine(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::storage
