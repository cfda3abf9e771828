// The commands that change the catalog, and what comes of them. A command carries everything that
// is not deterministic (time, identifiers), so that replaying the log gives the same state
// everywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "stream/channel.h"
#include "stream/commitment.h"
#include "stream/stream.h"

namespace millrace::stream {

struct CreateStream {
    StreamUid uid;  // drawn at random by the proposer
    model::Identity owner;
    model::StreamName name;
    Mode mode = Mode::kProvisioned;
    std::uint32_t shards = 1;
    std::uint32_t record_max_kib = 1024;
    std::map<std::string, std::string> tags;
    Distribution distribution = Distribution::kPartitionKey;
    std::optional<std::uint32_t> warm_mibps;
    WallTime due;  // when it becomes ACTIVE
    // Quotas in force when it was proposed, over the owner's streams; none: unlimited.
    std::optional<std::uint32_t> shards_max;
    std::optional<std::uint32_t> on_demand_streams_max;
    std::optional<std::uint32_t> pending_streams_max;
    bool operator==(const CreateStream&) const = default;
};

// CREATING -> ACTIVE: the shards' logs exist. UPDATING -> ACTIVE after ConfigureStream.
struct ActivateStream {
    StreamUid uid;
    bool operator==(const ActivateStream&) const = default;
};

struct DeleteStream {
    StreamUid uid;
    WallTime due;                 // when it is removed
    bool with_consumers = false;  // even if some are registered
    bool operator==(const DeleteStream&) const = default;
};

// DELETING -> gone: the shards' logs are dropped.
struct RemoveStream {
    StreamUid uid;
    std::int64_t youngest_consumer_s = 0;  // its creation; 0: there was none
    bool operator==(const RemoveStream&) const = default;
};

struct SetRetention {
    enum class Direction : std::uint8_t { kIncrease, kDecrease };
    StreamUid uid;
    std::chrono::hours retention{24};
    Direction direction = Direction::kIncrease;
    std::optional<WallTime> due = {};  // as in ConfigureStream
    bool operator==(const SetRetention&) const = default;
};

// `remove` first, then `put`.
struct ChangeTags {
    StreamUid uid;
    std::map<std::string, std::string> put;
    std::vector<std::string> remove;
    std::uint32_t tags_max = 50;
    bool operator==(const ChangeTags&) const = default;
};

// ACTIVE -> UPDATING: splits and merges that were planned over one state of the stream.
struct BeginReshard {
    StreamUid uid;
    std::uint32_t planned_over = 0;  // shards it had, open or not: tells whether any came since
    Mode mode = Mode::kProvisioned;  // it had
    std::vector<ReshardStep> steps;
    WallTime due;
    std::optional<std::uint32_t> shards_max;       // of the owner, open
    std::optional<std::uint32_t> scalings_max;     // within a day, this one included
    std::optional<std::uint32_t> warm_mibps = {};  // of an on-demand stream: the target it is for
    bool operator==(const BeginReshard&) const = default;
};

// UPDATING -> ACTIVE: the children's logs exist and the parents are sealed. All of it takes place
// at the command's time.
struct FinishReshard {
    StreamUid uid;
    std::vector<storage::Position> ends;  // of the closed shards, in the order of the steps
    bool operator==(const FinishReshard&) const = default;
};

// ACTIVE -> UPDATING
struct BeginModeChange {
    StreamUid uid;
    Mode mode = Mode::kProvisioned;
    WallTime due;
    std::optional<std::uint32_t> on_demand_streams_max;  // of the owner
    std::optional<std::uint32_t> changes_max;            // within a day, this one included
    std::optional<std::uint32_t> warm_mibps = {};        // to on-demand: its target, if any
    std::vector<ReshardStep> steps = {};                 // that make the shards it asks for
    std::uint32_t planned_over = 0;                      // with steps: as in BeginReshard
    bool operator==(const BeginModeChange&) const = default;
};

// UPDATING -> ACTIVE
struct FinishModeChange {
    StreamUid uid;
    std::vector<storage::Position> ends = {};  // as in FinishReshard
    bool operator==(const FinishModeChange&) const = default;
};

// ACTIVE -> UPDATING
struct BeginEncryptionChange {
    StreamUid uid;
    std::optional<DataKey> key;  // for what is put from then on; none: that is not encrypted
    WallTime due;
    std::optional<std::uint32_t> changes_max;  // of the kind within a day, this one included
    bool operator==(const BeginEncryptionChange&) const = default;
};

// UPDATING -> ACTIVE
struct FinishEncryptionChange {
    StreamUid uid;
    bool operator==(const FinishEncryptionChange&) const = default;
};

// Closed shards have expired and their logs are dropped. Their entries stay: numbers are places,
// and children name them.
struct DropShards {
    StreamUid uid;
    std::vector<model::ShardNo> shards;
    bool operator==(const DropShards&) const = default;
};

struct RegisterConsumer {
    StreamUid uid;
    std::string name;
    std::map<std::string, std::string> tags;
    WallTime due;  // when it becomes ACTIVE
    // Quotas in force when it was proposed: of the stream, and of the owner's in CREATING.
    std::optional<std::uint32_t> consumers_max;
    std::optional<std::uint32_t> creating_consumers_max;
    std::int64_t not_before_s = 0;  // it counts as created then, or later
    bool operator==(const RegisterConsumer&) const = default;
};

// CREATING -> ACTIVE.
struct ActivateConsumer {
    StreamUid uid;
    std::string name;
    std::int64_t created_s = 0;
    bool operator==(const ActivateConsumer&) const = default;
};

// Whatever it was -> DELETING.
struct DeregisterConsumer {
    StreamUid uid;
    std::string name;
    std::int64_t created_s = 0;
    WallTime due;  // when it is removed
    bool operator==(const DeregisterConsumer&) const = default;
};

// DELETING -> gone.
struct RemoveConsumer {
    StreamUid uid;
    std::string name;
    std::int64_t created_s = 0;
    bool operator==(const RemoveConsumer&) const = default;
};

// Of an ACTIVE one. Changes what is given and leaves the rest: tags `remove` first, then `put`.
struct ConfigureConsumer {
    StreamUid uid;
    std::string name;
    std::int64_t created_s = 0;
    std::map<std::string, std::string> put = {};
    std::vector<std::string> remove = {};
    std::uint32_t tags_max = 50;
    std::optional<std::string> policy = {};  // empty: removes it
    bool operator==(const ConfigureConsumer&) const = default;
};

// Changes what is given and leaves the rest.
struct ConfigureStream {
    StreamUid uid;
    ShardMetrics metrics_on = 0;
    ShardMetrics metrics_off = 0;
    std::optional<std::uint32_t> record_max_kib;
    std::optional<std::uint32_t> warm_mibps;   // on-demand streams only
    std::optional<Distribution> distribution;  // on-demand streams only
    std::optional<std::string> policy;         // empty: removes it
    std::optional<WallTime> due;               // UPDATING until then; none: stays ACTIVE
    bool operator==(const ConfigureStream&) const = default;
};

struct SetCommitment {
    model::Identity owner;
    bool enabled = false;
    bool operator==(const SetCommitment&) const = default;
};

struct CreateChannel {
    Channel channel;  // CREATING until it is due
    bool operator==(const CreateChannel&) const = default;
};

struct UpdateChannel {
    std::string id;
    std::optional<std::uint32_t> freshness_s;
    std::optional<ChannelLogging> logging;
    WallTime due;  // UPDATING until then
    bool operator==(const UpdateChannel&) const = default;
};

struct DeleteChannel {
    std::string id;
    WallTime due;  // when it is removed
    bool operator==(const DeleteChannel&) const = default;
};

// What it waits for has come: CREATING, UPDATING -> ACTIVE; DELETING -> gone.
struct AdvanceChannel {
    std::string id;
    bool operator==(const AdvanceChannel&) const = default;
};

// `remove` first, then `put`.
struct ChangeChannelTags {
    std::string id;
    std::map<std::string, std::string> put;
    std::vector<std::string> remove;
    std::uint32_t tags_max = 50;
    bool operator==(const ChangeChannelTags&) const = default;
};

using Action =
    std::variant<CreateStream, ActivateStream, DeleteStream, RemoveStream, SetRetention, ChangeTags,
                 BeginReshard, FinishReshard, BeginModeChange, FinishModeChange, DropShards,
                 BeginEncryptionChange, FinishEncryptionChange, ConfigureStream, SetCommitment,
                 CreateChannel, UpdateChannel, DeleteChannel, AdvanceChannel, ChangeChannelTags,
                 RegisterConsumer, ActivateConsumer, DeregisterConsumer, RemoveConsumer,
                 ConfigureConsumer>;

struct Command {
    WallTime time;  // the proposer's clock
    Action action;
    // Its place in the catalog's history, from 1: set by Catalog. A log may hold two commands of
    // one number: the first failed without anybody knowing whether it was stored, was never
    // answered, and has no part in the history.
    std::uint64_t number = 0;
    bool operator==(const Command&) const = default;
};

enum class Outcome : std::uint8_t {
    kApplied,
    kExists,             // a stream or consumer of that name, in whatever status (in `stream`)
    kNotFound,           // no such stream (any more), or, if there is `stream`, no such consumer
    kNotActive,          // its status does not admit the command (`stream` tells which)
    kPendingQuota,       // too many CREATING or DELETING
    kConsumerQuota,      // `current` consumers of the stream are all there may be
    kHasConsumers,       // registered ones, and they were not to go with the stream
    kShardQuota,         // `current` open shards + the new ones exceed the limit
    kOnDemandQuota,      // `current` on-demand streams are all there may be
    kTooManyTags,        // the result would exceed tags_max
    kRetentionTooShort,  // kIncrease below the current period
    kRetentionTooLong,   // kDecrease above the current period
    kUidTaken,           // draw another
    kStale,              // what it was planned over has changed meanwhile
    kDailyQuota,         // as many changes of the kind within a day as there may be
    kWrongMode,          // the mode does not go with it
    kHasChannels,        // a stream with channels is neither deleted nor provisioned
    kChannelExists,      // a channel of that name, in whatever status
    kChannelQuota,       // the stream has a channel of that kind
    kChannelNotFound,    // no such channel (any more)
    kChannelNotActive,   // its status does not admit the command (`channel` tells which)
};

struct Applied {
    Outcome outcome = Outcome::kApplied;
    StreamPtr stream;  // after the change, or as found; null when kNotFound and after RemoveStream
    std::uint64_t current = 0;     // the count a quota was compared with
    ChannelPtr channel = nullptr;  // of a channel's command: likewise
    Commitment commitment = {};    // of SetCommitment: after it
};

inline Applied refused(Outcome outcome, StreamPtr stream, std::uint64_t current = 0) {
    return {outcome, std::move(stream), current};
}
inline Applied applied(Stream next) {
    return {Outcome::kApplied, std::make_shared<const Stream>(std::move(next)), 0};
}
// Whether one more than `max` is counted; never without a limit.
inline bool exceeds(const std::optional<std::uint32_t>& max, std::uint64_t count) {
    return max.has_value() && count > *max;
}

}  // namespace millrace::stream
