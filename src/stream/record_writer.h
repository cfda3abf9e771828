// RecordWriter: routes records to shards (by their keys, or evenly where the stream says so), seals
// those of encrypted streams, appends them in one engine call, and names each by its sequence
// number. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/task.h"
#include "env/clock.h"
#include "env/entropy.h"
#include "model/hash_key.h"
#include "model/sequence_number.h"
#include "storage/engine.h"
#include "stream/catalog.h"
#include "stream/changes.h"
#include "stream/key_states.h"
#include "stream/meters.h"
#include "stream/record_seal.h"
#include "stream/shard_load.h"
#include "stream/stream.h"
#include "stream/throttle.h"

namespace millrace::stream {

struct PutRecord {
    std::string_view partition_key;  // empty: none was given, which only kAuto streams admit
    Bytes data;
    std::optional<model::HashKey> explicit_hash;
};

enum class PutStatus : std::uint8_t {
    kStored,      // durable as the mode promises
    kGone,        // the stream is no longer there, or no longer takes records
    kFailed,      // may or may not be stored
    kOverloaded,  // not stored: too much is in flight, or more than the shard may take now
    kNoKey,       // not stored: the stream's key must not be used
};

struct PutResult {
    PutStatus status = PutStatus::kFailed;
    model::ShardNo shard_no;       // valid when kStored or kOverloaded
    model::SequenceNumber number;  // valid when kStored
    bool encrypted = false;        // as all that its stream took at the time
};

class RecordWriter final {
public:
    // How long a put waits for a resharding under way, at most.
    static constexpr Millis kPatience{20'000};

    RecordWriter(const Catalog& catalog, storage::LogEngine& engine, env::Clock& clock,
                 env::Entropy& entropy, Meters& meters, Changes& changes, ShardLoad& load,
                 Throttle& throttle, RecordSeal& seal, const KeyStates& key_states)
        : catalog_(catalog),
          engine_(engine),
          clock_(clock),
          entropy_(entropy),
          meters_(meters),
          changes_(changes),
          load_(load),
          throttle_(throttle),
          seal_(seal),
          key_states_(key_states) {}

    // One result per record, in order; records are borrowed until it resumes. Records of one shard
    // keep their order. A record whose shard has closed meanwhile goes to the shard that took over,
    // as soon as that is open.
    Task<std::vector<PutResult>> put(StreamPtr stream, std::span<const PutRecord> records);

    // What a record was stamped with last.
    WallTime latest() const { return latest_.load(std::memory_order_relaxed); }

private:
    const Catalog& catalog_;
    storage::LogEngine& engine_;
    env::Clock& clock_;
    env::Entropy& entropy_;
    Meters& meters_;
    Changes& changes_;
    ShardLoad& load_;
    Throttle& throttle_;
    RecordSeal& seal_;
    const KeyStates& key_states_;
    std::atomic<WallTime> latest_{WallTime()};  // stored without order: a millisecond is nothing
};

// The hash space's points the records belong to.
// REQUIRES: a hash for each record.
void hash_keys(std::span<const PutRecord> records, std::span<model::HashKey> hashes);

}  // namespace millrace::stream
