// RecordReader: places iterators and reads from them, honouring the retention horizon to the
// millisecond, and opens what is sealed. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/task.h"
#include "env/clock.h"
#include "model/sequence_number.h"
#include "storage/engine.h"
#include "stream/catalog.h"
#include "stream/key_states.h"
#include "stream/meters.h"
#include "stream/record_seal.h"
#include "stream/stream.h"

namespace millrace::stream {

enum class ReadStatus : std::uint8_t {
    kOk,
    kGone,    // stream or shard is not there
    kFailed,  // the disk failed, or the bytes at the position are damaged
    kThrottled,
    kNoKey,  // the client's key, which the records are encrypted with, is of no use now
};

struct ReadBatch {
    ReadStatus status = ReadStatus::kFailed;
    StreamPtr stream;                      // as read from; set when kOk
    const Shard* shard = nullptr;          // of `stream`
    std::vector<storage::Record> records;  // views into keepalive
    std::shared_ptr<const void> keepalive;
    std::uint64_t bytes = 0;  // of their data and keys
    storage::Position next;   // of the iterator to go on with
    std::int64_t millis_behind_latest = 0;
    bool at_end = false;  // closed, and nothing is left: no next iterator, children instead
    bool sealed = false;  // nothing is left and nothing will come, whether or not it is closed yet
    std::string key_id;   // of kNoKey
};

// Where an iterator starts. Sequence numbers and times were checked by the caller.
struct StartAt {
    enum class What : std::uint8_t {
        kTrimHorizon,
        kLatest,
        kAtSequenceNumber,
        kAfterSequenceNumber,
        kAtTimestamp,
    };
    What what = What::kTrimHorizon;
    model::ParsedSequence sequence;  // the two sequence types; version 2 and of this shard
    WallTime time;                   // kAtTimestamp
};

struct Placed {
    ReadStatus status = ReadStatus::kFailed;
    storage::Position position;  // valid when kOk
};

class RecordReader final {
public:
    RecordReader(const Catalog& catalog, storage::LogEngine& engine, env::Clock& clock,
                 Meters& meters, RecordSeal& seal, const KeyStates& key_states)
        : catalog_(catalog),
          engine_(engine),
          clock_(clock),
          meters_(meters),
          seal_(seal),
          key_states_(key_states) {}

    // Up to `records_max` records and `bytes_max` bytes from `from`; always one if any is due.
    // `hurried`: whoever asks comes back at once, and is served less at a time while there is more
    // than `bytes_max` to come.
    Task<ReadBatch> read(StreamUid uid, model::ShardNo shard_no, storage::Position from,
                         std::uint32_t records_max, std::uint64_t bytes_max, bool hurried = false);

    Task<Placed> place(StreamPtr stream, model::ShardNo shard_no, StartAt start);

private:
    ReadStatus open(StreamUid uid, model::ShardNo shard_no, storage::ReadResult& read,
                    std::string& key_id);
    Task<Placed> locate(storage::ShardKey key, storage::Locate where);
    Task<Placed> beside(StreamPtr stream, model::ShardNo shard_no, StartAt start);

    const Catalog& catalog_;
    storage::LogEngine& engine_;
    env::Clock& clock_;
    Meters& meters_;
    RecordSeal& seal_;
    const KeyStates& key_states_;
};

}  // namespace millrace::stream
