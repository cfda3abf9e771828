// Stream: one entry of the catalog, immutable once published. Handlers hold it by
// shared_ptr<const Stream> and see one consistent state for as long as they like; a change makes a
// new object. Shards are dense: shards[n].no is n.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/strong.h"
#include "base/time.h"
#include "model/hash_range.h"
#include "model/identity.h"
#include "model/sequence_number.h"
#include "model/shard_id.h"
#include "model/stream_name.h"
#include "storage/engine.h"
#include "stream/consumer.h"

namespace millrace::stream {

// Names one life of a stream: never reused, not by a re-created namesake either. Never 0.
using StreamUid = Strong<struct StreamUidTag, std::uint64_t>;

enum class Status : std::uint8_t { kCreating, kActive, kUpdating, kDeleting };
enum class Mode : std::uint8_t { kProvisioned, kOnDemand };
// What places a record: its partition key, or the broker alone (the key may then be absent).
enum class Distribution : std::uint8_t { kPartitionKey, kAuto };
// A bit each, in the order of the model's names; api knows these.
using ShardMetrics = std::uint8_t;

struct Shard {
    model::ShardNo no;
    model::HashRange range;
    std::int64_t created_s = 0;  // the creation field of its sequence numbers
    std::optional<model::ShardNo> parent;
    std::optional<model::ShardNo> adjacent_parent;
    std::optional<WallTime> closed;        // by a split or merge; none: open
    std::optional<storage::Position> end;  // with `closed`: every record lies below it
    bool dropped = false;                  // it has expired for good; its log is gone

    bool open() const { return !closed.has_value(); }
    // Closed without ever having held a record. It need not have a log: the shards that a scaling
    // makes on its way have none.
    bool hollow() const { return end == storage::Position(0); }
    bool operator==(const Shard&) const = default;
};

// One split or merge. Children take the next free numbers: a split's left half first.
struct ReshardStep {
    model::ShardNo shard;  // to split, or the lower one of a merge
    // A split: where the right half begins. A merge: the shard that follows in the hash space.
    std::variant<model::HashKey, model::ShardNo> with;
    bool operator==(const ReshardStep&) const = default;
};

// A key that records of a stream are sealed with. DataKeys knows what it is.
struct DataKey {
    std::string key_id;   // of the client's key that stands for it, as StartStreamEncryption had it
    std::string wrapped;  // sealed with the master key
    bool operator==(const DataKey&) const = default;
};

// What a stream waits for. It is due by the clock, and taken up again after a restart.
struct Transition {
    // kSettle: UPDATING -> ACTIVE, no more.
    enum class What : std::uint8_t {
        kCreate,
        kDelete,
        kSettle,
        kReshard,
        kChangeMode,
        kChangeEncryption,
    };
    What what = What::kCreate;
    WallTime due;
    std::vector<ReshardStep> steps = {};   // kReshard, and kChangeMode if it needs any: in order
    Mode mode = Mode::kProvisioned;        // kChangeMode: the new one
    std::optional<DataKey> data_key = {};  // kChangeEncryption: the new one; none: no encryption
    bool operator==(const Transition&) const = default;
};

struct Stream {
    StreamUid uid;
    model::Identity owner;
    model::StreamName name;
    Status status = Status::kCreating;
    Mode mode = Mode::kProvisioned;
    std::int64_t created_s = 0;  // Unix seconds; also the creation second of the initial shards
    std::chrono::hours retention{24};
    WallTime horizon_floor;  // records stamped before it stay unreadable; never moves back
    std::uint32_t record_max_kib = 1024;
    std::map<std::string, std::string> tags;
    Distribution distribution = Distribution::kPartitionKey;
    ShardMetrics shard_metrics = 0;
    std::optional<std::uint32_t> warm_mibps;  // the target; none: never asked for
    std::string policy;                       // the resource policy as given; empty: none
    bool encrypted = false;                   // new records are, with the last of these keys:
    std::vector<DataKey> data_keys;           // all there were; records name theirs by its place
    std::uint32_t initial_shards = 0;
    std::vector<Shard> shards;           // none while CREATING
    std::vector<model::ShardNo> routes;  // the open shards by their range; derived from `shards`
    std::optional<Transition> pending;
    // When the changes that are limited by the day were made, as far as a limit counts them.
    std::vector<WallTime> scalings;      // calls of UpdateShardCount
    std::vector<WallTime> mode_changes;  // of UpdateStreamMode
    std::vector<WallTime> encryption_starts;
    std::vector<WallTime> encryption_stops;
    Consumers consumers;

    // Of the client's key that new records are encrypted under. REQUIRES: encrypted.
    const std::string& key_id() const { return data_keys.back().key_id; }

    bool writable() const { return status == Status::kActive || status == Status::kUpdating; }
    // Readable until removed, once there are shards.
    const Shard* shard(model::ShardNo no) const {
        return no.value() < shards.size() ? &shards[no.value()] : nullptr;
    }
    std::size_t open_shards() const { return routes.size(); }
    // The open shard that owns `hash`. REQUIRES: shards is not empty.
    const Shard& route(model::HashKey hash) const;

    // Records stamped before it cannot be read. Exact, to the millisecond.
    WallTime horizon(WallTime now) const;
    // Closed so long ago that nothing of it can be read: such a shard is not listed.
    bool expired(const Shard& shard, WallTime now) const {
        return shard.dropped || (shard.closed.has_value() && *shard.closed < horizon(now));
    }
    // Those that name `parent` as parent or adjacent parent, in order of number; even if expired.
    std::vector<const Shard*> children(model::ShardNo parent) const;

    storage::ShardKey key(model::ShardNo no) const { return {uid.value(), no.value()}; }

    bool operator==(const Stream&) const = default;
};

using StreamPtr = std::shared_ptr<const Stream>;

// One registration of a consumer: never reused, not by a namesake either.
struct ConsumerKey {
    StreamUid stream;
    std::string name;
    std::int64_t created_s = 0;
    friend auto operator<=>(const ConsumerKey&, const ConsumerKey&) = default;
    bool operator==(const ConsumerKey&) const = default;
};

// Recomputes `routes` after a change of `shards`.
void rebuild_routes(Stream& stream);
// n open shards that divide the hash space evenly.
std::vector<Shard> initial_shards(std::uint32_t n, std::int64_t created_s);

// The sequence number of the record at `position`: index = position + 1, time = max(stamp,
// creation).
model::SequenceNumber sequence_number(const Shard& shard, storage::Position position,
                                      WallTime stamp);
// A number between those of the records before `position` and those from there on, at `now`.
model::SequenceNumber sequence_number_before(const Shard& shard, storage::Position position,
                                             WallTime now);
model::SequenceNumber starting_sequence_number(const Shard& shard);
// Nothing for an open shard.
std::optional<model::SequenceNumber> ending_sequence_number(const Shard& shard);

// When a record counts as having arrived: never before its shard's creation.
WallTime arrival(const Shard& shard, WallTime stamp);

}  // namespace millrace::stream
