// What `stream` sees of storage: shard logs and the catalog log. The embedded segment engine, the
// memory engine of the tests and (later) the Kafka engine implement it; tests/contract runs over
// all.
//
// Every call is made on a thread with an env::Executor and resumes there (or inline). Nothing here
// blocks a worker. Positions are ordinals, never byte offsets; gaps are allowed (Kafka has them).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/callback.h"
#include "base/result.h"
#include "base/strong.h"
#include "base/task.h"
#include "base/time.h"

namespace millrace::storage {

// Strictly increasing in one shard, below 2^63. The first record of a shard has position >= 0.
using Position = Strong<struct PositionTag, std::uint64_t>;

struct ShardKey {
    std::uint64_t stream_uid = 0;  // never reused; 0 is the catalog's
    std::uint32_t shard_no = 0;
    friend auto operator<=>(const ShardKey&, const ShardKey&) = default;
};

struct NewRecord {
    ShardKey shard;
    std::string_view key;  // partition key, borrowed until append() resumes
    Bytes data;            // borrowed until append() resumes
    WallTime stamp;        // the node's clock; the engine stores max(stamp, the shard's last stamp)
    std::uint8_t attributes = 0;
};

enum class AppendStatus : std::uint8_t {
    kCommitted,   // durable as the mode promises, and provably before the shard's end
    kClosed,      // not in this shard and never will be: re-route to the child
    kUnknown,     // may or may not be there: answer 500, never re-route
    kRejected,    // nothing was attempted (no such shard, poisoned, no space)
    kOverloaded,  // nothing was attempted: too many bytes in flight
};

struct AppendResult {
    AppendStatus status = AppendStatus::kRejected;
    Position position;  // valid when kCommitted
    WallTime stamp;     // as stored; never decreases along positions
};

struct Record {
    Position position;
    WallTime stamp;
    std::string_view key;
    Bytes data;
    std::uint8_t attributes = 0;
};

struct ReadRequest {
    ShardKey shard;
    Position from;
    std::uint32_t records_max = 0;
    std::uint64_t bytes_max = 0;  // of key + data; the first record due is returned even if larger
    WallTime horizon;             // records with an older stamp are skipped, exactly
};

struct ReadResult {
    std::vector<Record> records;  // views into keepalive
    std::shared_ptr<const void> keepalive;
    Position next;        // continue here; past everything returned or skipped
    Position tip;         // one past the last readable record at the time of the read
    WallTime next_stamp;  // stamp of the first unread record; meaningful when next < tip
    bool at_end = false;  // the shard is sealed and nothing lies at or after `next`
};

struct Locate {
    enum class What { kFirst, kTip, kAtTime } what = What::kTip;
    WallTime time;  // kAtTime: the first record with stamp >= time, or the tip
};

// Cancels on destruction: afterwards the callback will not run.
class WaitHandle {
public:
    virtual ~WaitHandle() = default;
};

class LogEngine {
public:
    virtual ~LogEngine() = default;

    // Idempotent. On return the shards accept appends, and survive power loss.
    virtual Task<Result<void>> create(std::span<const ShardKey> shards) = 0;

    // Appends records, grouped by shard, each shard's in the given order, in one commit as far as
    // the engine can. One result per record, in order. Returned records are readable at once.
    virtual Task<std::vector<AppendResult>> append(std::span<const NewRecord> records) = 0;

    // May return nothing although more exists; never waits for data. kNotFound: no such shard;
    // kCorrupt: a damaged stretch begins at `from` (reported, never skipped silently).
    virtual Task<Result<ReadResult>> read(ReadRequest request) = 0;

    // One shot: runs on the caller's executor once the tip exceeds `position` or the end is known
    // (possibly at once, but never inside this call).
    virtual std::unique_ptr<WaitHandle> wait_beyond(ShardKey shard, Position position,
                                                    Callback<void()> ready) = 0;

    virtual Task<Result<Position>> locate(ShardKey shard, Locate locate) = 0;

    // Idempotent: no append to these shards is committed afterwards. Returns each end: every
    // committed record's position is below it. Candidate ends; the catalog decides.
    virtual Task<Result<std::vector<Position>>> seal(std::span<const ShardKey> shards) = 0;

    // Advisory and late: space of records stamped before `horizon` may be reclaimed.
    virtual Task<Result<void>> trim(ShardKey shard, WallTime horizon) = 0;

    virtual Task<Result<void>> drop(std::span<const ShardKey> shards) = 0;  // idempotent
};

// The catalog's log: opaque commands in one total order, shared with the records' commits, plus a
// snapshot that spares their replay.
class CatalogLog {
public:
    virtual ~CatalogLog() = default;

    struct Entry {
        Position position;
        std::string payload;
    };
    struct Replay {
        std::string snapshot;         // empty: none
        std::vector<Entry> commands;  // every command after the snapshot, in order
    };
    virtual Task<Result<Replay>> load() = 0;  // once, before anything else

    // Resumes when the command is durable. Callers keep one in flight at a time.
    virtual Task<Result<Position>> commit(std::string command) = 0;

    // `state` covers every command up to and including `through`; older ones may be forgotten.
    virtual Task<Result<void>> snapshot(Position through, std::string state) = 0;
};

}  // namespace millrace::storage
