// Channel: the description of a delivery from one stream to a bucket, immutable once published. The
// catalog keeps what was asked for, resolved (no default is left open); delivering is not its
// concern.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.h"
#include "model/identity.h"
#include "model/stream_name.h"
#include "stream/stream.h"

namespace millrace::stream {

struct ChannelLogging {
    bool enabled = false;
    std::string group;   // set if it was ever enabled or named
    std::string stream;  // likewise
    bool operator==(const ChannelLogging&) const = default;
};

// Where objects go, in the model's words.
struct ChannelBucket {
    std::string arn;
    std::string owner;
    std::string compression;
    std::string key_template;
    std::string storage_class;
    std::string dead_letter_arn;
    std::string dead_letter_owner;
    std::string dead_letter_prefix;
    bool operator==(const ChannelBucket&) const = default;
};

struct Channel {
    std::string id;  // [a-z0-9]{20}, random, never reused
    model::Identity owner;
    std::string name;  // unique among the owner's
    Status status = Status::kCreating;
    WallTime created;
    std::optional<WallTime> due;  // of what it waits for; none: ACTIVE

    // One life of a stream: a stream with channels is not deleted.
    StreamUid stream;
    model::StreamName stream_name;
    std::int64_t stream_created_s = 0;

    std::string role;
    std::string record_format;
    std::string schema_arn;  // empty: none
    ChannelBucket bucket;
    std::uint32_t freshness_s = 0;
    std::string key_id;  // empty: not encrypted
    ChannelLogging logging;
    std::map<std::string, std::string> tags;

    bool operator==(const Channel&) const = default;
};

using ChannelPtr = std::shared_ptr<const Channel>;

// All channels, by identifier and by name. Part of CatalogState.
class ChannelTable final {
public:
    ChannelPtr find(const std::string& id) const;
    ChannelPtr find(const model::Identity& owner, const std::string& name) const;
    // The owner's by name, after `after` (empty: from the first).
    std::vector<ChannelPtr> list(const model::Identity& owner, const std::string& after) const;
    std::vector<ChannelPtr> all() const;
    std::size_t count(StreamUid stream) const;  // that read from it, in whatever status

    // In place of the one with its identifier, if there is one.
    void put(ChannelPtr channel);
    void erase(const std::string& id);

    bool operator==(const ChannelTable& other) const;

private:
    using Key = std::pair<model::Identity, std::string>;
    std::map<Key, ChannelPtr> by_name_;
    std::unordered_map<std::string, ChannelPtr> by_id_;
    std::unordered_map<StreamUid, std::size_t> per_stream_;
};

}  // namespace millrace::stream
