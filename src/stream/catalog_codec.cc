#include "stream/catalog_codec.h"

#include <nlohmann/json.hpp>

#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "stream/reshard.h"

namespace millrace::stream {
namespace {

using Json = nlohmann::json;

// ---- writing

Json json(WallTime time) {
    return to_ms(time);
}
Json json(StreamUid uid) {
    return uid.value();
}
const char* json(Mode mode) {
    return mode == Mode::kOnDemand ? "on_demand" : "provisioned";
}

const char* json(Status status) {
    switch (status) {
        case Status::kCreating:
            return "creating";
        case Status::kActive:
            return "active";
        case Status::kUpdating:
            return "updating";
        case Status::kDeleting:
            return "deleting";
    }
    return "";
}

const char* json(Transition::What what) {
    switch (what) {
        case Transition::What::kCreate:
            return "create";
        case Transition::What::kDelete:
            return "delete";
        case Transition::What::kReshard:
            return "reshard";
        case Transition::What::kChangeMode:
            return "change_mode";
        case Transition::What::kChangeEncryption:
            return "change_encryption";
        case Transition::What::kSettle:
            return "settle";
    }
    return "";
}

const char* json(Distribution distribution) {
    return distribution == Distribution::kAuto ? "auto" : "partition_key";
}

const char* json(Commitment::Status status) {
    switch (status) {
        case Commitment::Status::kDisabled:
            return "disabled";
        case Commitment::Status::kEnabled:
            return "enabled";
        case Commitment::Status::kEndsWhenAllowed:
            return "ends_when_allowed";
    }
    return "";
}

// A split is [shard, "first key of the right half"], a merge [shard, shard].
Json json(const std::vector<ReshardStep>& steps) {
    Json list = Json::array();
    for (const ReshardStep& step : steps) {
        Json entry = Json::array({step.shard.value()});
        if (const auto* at = std::get_if<model::HashKey>(&step.with)) {
            entry.push_back(at->text());
        } else {
            entry.push_back(std::get<model::ShardNo>(step.with).value());
        }
        list.push_back(std::move(entry));
    }
    return list;
}

// Strong integers as bare ones.
template <class T>
Json numbers(const std::vector<T>& values) {
    Json list = Json::array();
    for (const T& value : values) {
        list.push_back(value.value());
    }
    return list;
}

Json json(const std::vector<WallTime>& times) {
    Json list = Json::array();
    for (const WallTime time : times) {
        list.push_back(to_ms(time));
    }
    return list;
}

template <class T>
void put_optional(Json& object, const char* key, const std::optional<T>& value) {
    if (value.has_value()) {
        object[key] = *value;
    }
}
void put_optional(Json& object, const char* key, const std::optional<WallTime>& value) {
    if (value.has_value()) {
        object[key] = json(*value);
    }
}
Json json(const DataKey& key);
void put_optional(Json& object, const char* key, const std::optional<DataKey>& value) {
    if (value.has_value()) {
        object[key] = json(*value);
    }
}
// What most have not is not written: absent means the default.
template <class T>
void put_unless(Json& object, const char* key, const T& value, const T& by_default) {
    if (value != by_default) {
        object[key] = value;
    }
}
void put_unless(Json& object, const char* key, Distribution value, Distribution by_default) {
    if (value != by_default) {
        object[key] = json(value);
    }
}

Json json(const CreateStream& a) {
    Json object = {{"uid", json(a.uid)},
                   {"account", a.owner.account},
                   {"region", a.owner.region},
                   {"name", a.name.text()},
                   {"mode", json(a.mode)},
                   {"shards", a.shards},
                   {"record_max_kib", a.record_max_kib},
                   {"tags", a.tags},
                   {"due", json(a.due)}};
    put_unless(object, "distribution", a.distribution, Distribution::kPartitionKey);
    put_optional(object, "warm_mibps", a.warm_mibps);
    put_optional(object, "shards_max", a.shards_max);
    put_optional(object, "on_demand_streams_max", a.on_demand_streams_max);
    put_optional(object, "pending_streams_max", a.pending_streams_max);
    return object;
}

Json json(const ActivateStream& a) {
    return {{"uid", json(a.uid)}};
}
Json json(const DeleteStream& a) {
    return {{"uid", json(a.uid)}, {"due", json(a.due)}, {"with_consumers", a.with_consumers}};
}
Json json(const RemoveStream& a) {
    Json object = {{"uid", json(a.uid)}};
    put_unless(object, "youngest_consumer", a.youngest_consumer_s, std::int64_t{0});
    return object;
}
Json json(const SetRetention& a) {
    Json object = {{"uid", json(a.uid)},
                   {"hours", a.retention.count()},
                   {"increase", a.direction == SetRetention::Direction::kIncrease}};
    put_optional(object, "due", a.due);
    return object;
}
Json json(const ChangeTags& a) {
    return {{"uid", json(a.uid)}, {"put", a.put}, {"remove", a.remove}, {"tags_max", a.tags_max}};
}
Json json(const BeginReshard& a) {
    Json object = {{"uid", json(a.uid)},
                   {"planned_over", a.planned_over},
                   {"mode", json(a.mode)},
                   {"steps", json(a.steps)},
                   {"due", json(a.due)}};
    put_optional(object, "shards_max", a.shards_max);
    put_optional(object, "scalings_max", a.scalings_max);
    put_optional(object, "warm_mibps", a.warm_mibps);
    return object;
}
Json json(const FinishReshard& a) {
    return {{"uid", json(a.uid)}, {"ends", numbers(a.ends)}};
}
Json json(const BeginModeChange& a) {
    Json object = {{"uid", json(a.uid)}, {"mode", json(a.mode)}, {"due", json(a.due)}};
    put_optional(object, "on_demand_streams_max", a.on_demand_streams_max);
    put_optional(object, "changes_max", a.changes_max);
    put_optional(object, "warm_mibps", a.warm_mibps);
    if (!a.steps.empty()) {
        object["steps"] = json(a.steps);
        object["planned_over"] = a.planned_over;
    }
    return object;
}
Json json(const FinishModeChange& a) {
    Json object = {{"uid", json(a.uid)}};
    if (!a.ends.empty()) {
        object["ends"] = numbers(a.ends);
    }
    return object;
}
Json json(const DataKey& key) {
    return {{"id", key.key_id}, {"wrapped", key.wrapped}};
}
Json json(const BeginEncryptionChange& a) {
    Json object = {{"uid", json(a.uid)}, {"due", json(a.due)}};
    put_optional(object, "key", a.key);
    put_optional(object, "changes_max", a.changes_max);
    return object;
}
Json json(const FinishEncryptionChange& a) {
    return {{"uid", json(a.uid)}};
}
Json json(const DropShards& a) {
    return {{"uid", json(a.uid)}, {"shards", numbers(a.shards)}};
}

Json json(const ConfigureStream& a) {
    Json object = {{"uid", json(a.uid)}};
    put_unless(object, "metrics_on", a.metrics_on, ShardMetrics{0});
    put_unless(object, "metrics_off", a.metrics_off, ShardMetrics{0});
    put_optional(object, "record_max_kib", a.record_max_kib);
    put_optional(object, "warm_mibps", a.warm_mibps);
    if (a.distribution.has_value()) {
        object["distribution"] = json(*a.distribution);
    }
    put_optional(object, "policy", a.policy);
    put_optional(object, "due", a.due);
    return object;
}
Json json(const SetCommitment& a) {
    return {{"account", a.owner.account}, {"region", a.owner.region}, {"enabled", a.enabled}};
}

Json json(const ChannelLogging& logging) {
    return {{"enabled", logging.enabled}, {"group", logging.group}, {"stream", logging.stream}};
}
Json json(const Channel& c) {
    Json object = {{"id", c.id},
                   {"account", c.owner.account},
                   {"region", c.owner.region},
                   {"name", c.name},
                   {"status", json(c.status)},
                   {"created", json(c.created)},
                   {"stream", c.stream.value()},
                   {"stream_name", c.stream_name.text()},
                   {"stream_created", c.stream_created_s},
                   {"role", c.role},
                   {"format", c.record_format},
                   {"schema", c.schema_arn},
                   {"bucket",
                    {{"arn", c.bucket.arn},
                     {"owner", c.bucket.owner},
                     {"compression", c.bucket.compression},
                     {"key_template", c.bucket.key_template},
                     {"storage_class", c.bucket.storage_class},
                     {"dead_letter_arn", c.bucket.dead_letter_arn},
                     {"dead_letter_owner", c.bucket.dead_letter_owner},
                     {"dead_letter_prefix", c.bucket.dead_letter_prefix}}},
                   {"freshness_s", c.freshness_s},
                   {"key_id", c.key_id},
                   {"logging", json(c.logging)},
                   {"tags", c.tags}};
    put_optional(object, "due", c.due);
    return object;
}
Json json(const CreateChannel& a) {
    return {{"channel", json(a.channel)}};
}
Json json(const UpdateChannel& a) {
    Json object = {{"id", a.id}, {"due", json(a.due)}};
    put_optional(object, "freshness_s", a.freshness_s);
    if (a.logging.has_value()) {
        object["logging"] = json(*a.logging);
    }
    return object;
}
Json json(const DeleteChannel& a) {
    return {{"id", a.id}, {"due", json(a.due)}};
}
Json json(const AdvanceChannel& a) {
    return {{"id", a.id}};
}
Json json(const ChangeChannelTags& a) {
    return {{"id", a.id}, {"put", a.put}, {"remove", a.remove}, {"tags_max", a.tags_max}};
}

Json json(const RegisterConsumer& a) {
    Json object = {{"uid", json(a.uid)}, {"name", a.name}, {"tags", a.tags}, {"due", json(a.due)}};
    put_optional(object, "consumers_max", a.consumers_max);
    put_optional(object, "creating_consumers_max", a.creating_consumers_max);
    put_unless(object, "not_before", a.not_before_s, std::int64_t{0});
    return object;
}
Json json(const ActivateConsumer& a) {
    return {{"uid", json(a.uid)}, {"name", a.name}, {"created", a.created_s}};
}
Json json(const DeregisterConsumer& a) {
    return {{"uid", json(a.uid)}, {"name", a.name}, {"created", a.created_s}, {"due", json(a.due)}};
}
Json json(const RemoveConsumer& a) {
    return {{"uid", json(a.uid)}, {"name", a.name}, {"created", a.created_s}};
}
Json json(const ConfigureConsumer& a) {
    Json object = {{"uid", json(a.uid)}, {"name", a.name},     {"created", a.created_s},
                   {"put", a.put},       {"remove", a.remove}, {"tags_max", a.tags_max}};
    put_optional(object, "policy", a.policy);
    return object;
}

template <class Kind>
constexpr const char* name_of() {
    if constexpr (std::is_same_v<Kind, CreateStream>) {
        return "create_stream";
    } else if constexpr (std::is_same_v<Kind, ActivateStream>) {
        return "activate_stream";
    } else if constexpr (std::is_same_v<Kind, DeleteStream>) {
        return "delete_stream";
    } else if constexpr (std::is_same_v<Kind, RemoveStream>) {
        return "remove_stream";
    } else if constexpr (std::is_same_v<Kind, SetRetention>) {
        return "set_retention";
    } else if constexpr (std::is_same_v<Kind, ConfigureStream>) {
        return "configure_stream";
    } else if constexpr (std::is_same_v<Kind, SetCommitment>) {
        return "set_commitment";
    } else if constexpr (std::is_same_v<Kind, CreateChannel>) {
        return "create_channel";
    } else if constexpr (std::is_same_v<Kind, UpdateChannel>) {
        return "update_channel";
    } else if constexpr (std::is_same_v<Kind, DeleteChannel>) {
        return "delete_channel";
    } else if constexpr (std::is_same_v<Kind, AdvanceChannel>) {
        return "advance_channel";
    } else if constexpr (std::is_same_v<Kind, ChangeChannelTags>) {
        return "change_channel_tags";
    } else if constexpr (std::is_same_v<Kind, ChangeTags>) {
        return "change_tags";
    } else if constexpr (std::is_same_v<Kind, BeginReshard>) {
        return "begin_reshard";
    } else if constexpr (std::is_same_v<Kind, FinishReshard>) {
        return "finish_reshard";
    } else if constexpr (std::is_same_v<Kind, BeginModeChange>) {
        return "begin_mode_change";
    } else if constexpr (std::is_same_v<Kind, FinishModeChange>) {
        return "finish_mode_change";
    } else if constexpr (std::is_same_v<Kind, BeginEncryptionChange>) {
        return "begin_encryption_change";
    } else if constexpr (std::is_same_v<Kind, FinishEncryptionChange>) {
        return "finish_encryption_change";
    } else if constexpr (std::is_same_v<Kind, DropShards>) {
        return "drop_shards";
    } else if constexpr (std::is_same_v<Kind, RegisterConsumer>) {
        return "register_consumer";
    } else if constexpr (std::is_same_v<Kind, ActivateConsumer>) {
        return "activate_consumer";
    } else if constexpr (std::is_same_v<Kind, DeregisterConsumer>) {
        return "deregister_consumer";
    } else if constexpr (std::is_same_v<Kind, ConfigureConsumer>) {
        return "configure_consumer";
    } else {
        static_assert(std::is_same_v<Kind, RemoveConsumer>);
        return "remove_consumer";
    }
}

Json json(const Shard& shard) {
    Json object = {{"first", shard.range.first.text()},
                   {"last", shard.range.last.text()},
                   {"created", shard.created_s}};
    if (shard.parent.has_value()) {
        object["parent"] = shard.parent->value();
    }
    if (shard.adjacent_parent.has_value()) {
        object["adjacent_parent"] = shard.adjacent_parent->value();
    }
    if (shard.closed.has_value()) {
        object["closed"] = json(*shard.closed);
    }
    if (shard.end.has_value()) {
        object["end"] = shard.end->value();
    }
    if (shard.dropped) {
        object["dropped"] = true;
    }
    return object;
}

const char* json(Consumer::Status status) {
    switch (status) {
        case Consumer::Status::kCreating:
            return "creating";
        case Consumer::Status::kActive:
            return "active";
        case Consumer::Status::kDeleting:
            return "deleting";
    }
    return "";
}

Json json(const Consumer& consumer) {
    Json object = {{"name", consumer.name},
                   {"created", consumer.created_s},
                   {"status", json(consumer.status)},
                   {"due", json(consumer.due)},
                   {"tags", consumer.tags}};
    put_unless(object, "policy", consumer.policy, std::string());
    return object;
}

Json json(const Stream& stream) {
    Json object = {{"uid", json(stream.uid)},
                   {"account", stream.owner.account},
                   {"region", stream.owner.region},
                   {"name", stream.name.text()},
                   {"status", json(stream.status)},
                   {"mode", json(stream.mode)},
                   {"created", stream.created_s},
                   {"hours", stream.retention.count()},
                   {"floor", json(stream.horizon_floor)},
                   {"record_max_kib", stream.record_max_kib},
                   {"tags", stream.tags},
                   {"initial_shards", stream.initial_shards}};
    put_unless(object, "distribution", stream.distribution, Distribution::kPartitionKey);
    put_unless(object, "metrics", stream.shard_metrics, ShardMetrics{0});
    put_optional(object, "warm_mibps", stream.warm_mibps);
    put_unless(object, "policy", stream.policy, std::string());
    put_unless(object, "encrypted", stream.encrypted, false);
    for (const DataKey& key : stream.data_keys) {
        object["data_keys"].push_back(json(key));
    }
    if (stream.shards == initial_shards(stream.initial_shards, stream.created_s)) {
        object["shards"] = "initial";  // most streams are never resharded
    } else {
        Json list = Json::array();
        for (const Shard& shard : stream.shards) {
            list.push_back(json(shard));
        }
        object["shards"] = std::move(list);
    }
    if (stream.pending.has_value()) {
        Json pending = {{"what", json(stream.pending->what)}, {"due", json(stream.pending->due)}};
        if (resharding(stream)) {
            pending["steps"] = json(stream.pending->steps);
        }
        if (stream.pending->what == Transition::What::kChangeMode) {
            pending["mode"] = json(stream.pending->mode);
        }
        put_optional(pending, "key", stream.pending->data_key);
        object["pending"] = std::move(pending);
    }
    if (!stream.scalings.empty()) {
        object["scalings"] = json(stream.scalings);
    }
    if (!stream.mode_changes.empty()) {
        object["mode_changes"] = json(stream.mode_changes);
    }
    if (!stream.encryption_starts.empty()) {
        object["encryption_starts"] = json(stream.encryption_starts);
    }
    if (!stream.encryption_stops.empty()) {
        object["encryption_stops"] = json(stream.encryption_stops);
    }
    for (const auto& [name, consumer] : stream.consumers.present) {
        object["consumers"].push_back(json(consumer));
    }
    for (const auto& [name, created_s] : stream.consumers.removed) {
        object["consumers_removed"].push_back({{"name", name}, {"created", created_s}});
    }
    return object;
}

std::string text(const Json& document) {
    return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

constexpr std::uint64_t kSecondsEnd =
    static_cast<std::uint64_t>(model::SequenceNumber::kCreatedSecondsEnd);

// ---- reading: a Reader notes the first fault and gives harmless values from there on

class Reader final {
public:
    explicit Reader(const Json& object) : object_(object) {
        if (!object.is_object()) {
            fail("an object is missing");
        }
    }

    bool has(const char* key) const { return object_.is_object() && object_.contains(key); }

    const Json& child(const char* key) {
        static const Json nothing;
        if (!has(key)) {
            fail(key);
            return nothing;
        }
        return object_.at(key);
    }

    std::uint64_t number(const char* key, std::uint64_t max) {
        const Json& value = child(key);
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
            fail(key);
            return 0;
        }
        return value.get<std::uint64_t>();
    }
    std::uint32_t small(const char* key) {
        return static_cast<std::uint32_t>(number(key, std::numeric_limits<std::uint32_t>::max()));
    }
    std::optional<std::uint32_t> optional_small(const char* key) {
        return has(key) ? std::optional(small(key)) : std::nullopt;
    }
    ShardMetrics metrics(const char* key) {
        return has(key) ? static_cast<ShardMetrics>(number(key, 0x7f)) : ShardMetrics{0};
    }
    Distribution distribution(const char* key);
    std::optional<WallTime> optional_time(const char* key) {
        return has(key) ? std::optional(time(key)) : std::nullopt;
    }
    WallTime time(const char* key) {
        const Json& value = child(key);
        if (!value.is_number_integer()) {
            fail(key);
            return {};
        }
        return wall_time(value.get<std::int64_t>());
    }
    // 0 if it is not there.
    std::int64_t optional_second(const char* key) {
        return has(key) ? static_cast<std::int64_t>(number(key, kSecondsEnd)) : 0;
    }
    StreamUid uid() { return StreamUid(number("uid", std::numeric_limits<std::uint64_t>::max())); }
    bool boolean(const char* key) {
        const Json& value = child(key);
        if (!value.is_boolean()) {
            fail(key);
            return false;
        }
        return value.get<bool>();
    }
    bool optional_boolean(const char* key) { return has(key) && boolean(key); }
    std::string string(const char* key) {
        const Json& value = child(key);
        if (!value.is_string()) {
            fail(key);
            return {};
        }
        return value.get<std::string>();
    }
    std::vector<std::string> strings(const char* key) {
        std::vector<std::string> values;
        for (const Json& value : child(key)) {
            if (!value.is_string()) {
                fail(key);
                break;
            }
            values.push_back(value.get<std::string>());
        }
        return values;
    }
    std::map<std::string, std::string> map(const char* key) {
        std::map<std::string, std::string> values;
        const Json& object = child(key);
        if (!object.is_object()) {
            fail(key);
            return values;
        }
        for (const auto& [name, value] : object.items()) {
            if (!value.is_string()) {
                fail(key);
                break;
            }
            values.emplace(name, value.get<std::string>());
        }
        return values;
    }
    // A list of Strong integers, each at most `max`.
    template <class T>
    std::vector<T> numbers(const char* key, std::uint64_t max) {
        std::vector<T> values;
        for (const Json& value : child(key)) {
            if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
                fail(key);
                break;
            }
            values.push_back(T(value.get<decltype(T().value())>()));
        }
        return values;
    }
    // Nothing if the key is not there.
    std::vector<WallTime> times(const char* key) {
        std::vector<WallTime> values;
        if (!has(key)) {
            return values;
        }
        for (const Json& value : child(key)) {
            if (!value.is_number_integer()) {
                fail(key);
                break;
            }
            values.push_back(wall_time(value.get<std::int64_t>()));
        }
        return values;
    }
    std::vector<ReshardStep> steps(const char* key) {
        std::vector<ReshardStep> values;
        for (const Json& value : child(key)) {
            std::optional<ReshardStep> step = step_of(value);
            if (!step.has_value()) {
                fail(key);
                break;
            }
            values.push_back(*step);
        }
        return values;
    }
    // The value of `table` whose text stands at `key`.
    template <class T>
    T choice(const char* key, std::initializer_list<T> table) {
        const std::string value = string(key);
        for (const T candidate : table) {
            if (value == json(candidate)) {
                return candidate;
            }
        }
        fail(key);
        return *table.begin();
    }

    void fail(std::string what) {
        if (fault_.empty()) {
            fault_ = std::move(what);
        }
    }
    // A part's fault is the whole's.
    void adopt(const Reader& part) {
        if (!part.fault_.empty()) {
            fail(part.fault_);
        }
    }
    Result<void> end() const {
        if (fault_.empty()) {
            return success();
        }
        return Error{Errc::kCorrupt, "catalog: bad or missing \"" + fault_ + "\""};
    }

private:
    static std::optional<model::ShardNo> shard_no(const Json& value) {
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > model::kShardNoMax) {
            return std::nullopt;
        }
        return model::ShardNo(value.get<std::uint32_t>());
    }
    static std::optional<ReshardStep> step_of(const Json& value) {
        if (!value.is_array() || value.size() != 2) {
            return std::nullopt;
        }
        const auto shard = shard_no(value[0]);
        if (shard.has_value() && value[1].is_string()) {
            if (const auto at = model::HashKey::parse(value[1].get<std::string>())) {
                return ReshardStep{*shard, *at};
            }
        } else if (const auto other = shard_no(value[1]); shard.has_value() && other.has_value()) {
            return ReshardStep{*shard, *other};
        }
        return std::nullopt;
    }

    const Json& object_;
    std::string fault_;
};

constexpr std::initializer_list<Mode> kModes = {Mode::kProvisioned, Mode::kOnDemand};
constexpr std::initializer_list<Status> kStatuses = {Status::kCreating, Status::kActive,
                                                     Status::kUpdating, Status::kDeleting};
constexpr std::initializer_list<Transition::What> kTransitions = {
    Transition::What::kCreate,  Transition::What::kDelete,     Transition::What::kSettle,
    Transition::What::kReshard, Transition::What::kChangeMode, Transition::What::kChangeEncryption};
constexpr std::initializer_list<Distribution> kDistributions = {Distribution::kPartitionKey,
                                                                Distribution::kAuto};
constexpr std::initializer_list<Commitment::Status> kCommitments = {
    Commitment::Status::kDisabled, Commitment::Status::kEnabled,
    Commitment::Status::kEndsWhenAllowed};
constexpr std::initializer_list<Consumer::Status> kConsumerStatuses = {
    Consumer::Status::kCreating, Consumer::Status::kActive, Consumer::Status::kDeleting};
constexpr std::uint64_t kNumberMax = std::uint64_t{1} << 63;

// The initial shards are made when a stream becomes ACTIVE: their number is bounded before.
std::uint32_t shard_count(Reader& reader, const char* key) {
    const auto count = static_cast<std::uint32_t>(reader.number(key, model::kShardNoMax));
    if (count == 0) {
        reader.fail(key);
        return 1;
    }
    return count;
}

std::int64_t creation(Reader& reader) {
    return static_cast<std::int64_t>(reader.number("created", kSecondsEnd));
}

Distribution Reader::distribution(const char* key) {
    return has(key) ? choice(key, kDistributions) : Distribution::kPartitionKey;
}

DataKey decode_data_key(Reader& outer, const Json& body) {
    Reader in(body);
    DataKey key{in.string("id"), in.string("wrapped")};
    outer.adopt(in);
    return key;
}
std::optional<DataKey> decode_optional_data_key(Reader& in) {
    return in.has("key") ? std::optional(decode_data_key(in, in.child("key"))) : std::nullopt;
}

ChannelLogging decode_logging(Reader& outer) {
    Reader in(outer.child("logging"));
    ChannelLogging logging{in.boolean("enabled"), in.string("group"), in.string("stream")};
    outer.adopt(in);
    return logging;
}

ChannelBucket decode_bucket(Reader& outer) {
    Reader in(outer.child("bucket"));
    ChannelBucket bucket;
    bucket.arn = in.string("arn");
    bucket.owner = in.string("owner");
    bucket.compression = in.string("compression");
    bucket.key_template = in.string("key_template");
    bucket.storage_class = in.string("storage_class");
    bucket.dead_letter_arn = in.string("dead_letter_arn");
    bucket.dead_letter_owner = in.string("dead_letter_owner");
    bucket.dead_letter_prefix = in.string("dead_letter_prefix");
    outer.adopt(in);
    return bucket;
}

Channel decode_channel(Reader& in) {
    Channel c;
    c.id = in.string("id");
    c.owner = {in.string("account"), in.string("region")};
    c.name = in.string("name");
    c.status = in.choice("status", kStatuses);
    c.created = in.time("created");
    c.due = in.optional_time("due");
    c.stream = StreamUid(in.number("stream", std::numeric_limits<std::uint64_t>::max()));
    c.stream_name = model::StreamName(in.string("stream_name"));
    c.stream_created_s = static_cast<std::int64_t>(in.number("stream_created", kSecondsEnd));
    c.role = in.string("role");
    c.record_format = in.string("format");
    c.schema_arn = in.string("schema");
    c.bucket = decode_bucket(in);
    c.freshness_s = in.small("freshness_s");
    c.key_id = in.string("key_id");
    c.logging = decode_logging(in);
    c.tags = in.map("tags");
    if ((c.status == Status::kActive) == c.due.has_value()) {
        in.fail("status, due");  // whatever is not ACTIVE waits for something
    }
    return c;
}

Result<Action> decode_action(const std::string& name, const Json& body) {
    Reader in(body);
    Action action;
    if (name == name_of<CreateStream>()) {
        CreateStream a;
        a.uid = in.uid();
        a.owner = {in.string("account"), in.string("region")};
        a.name = model::StreamName(in.string("name"));
        a.mode = in.choice("mode", kModes);
        a.shards = shard_count(in, "shards");
        a.record_max_kib = in.small("record_max_kib");
        a.tags = in.map("tags");
        a.distribution = in.distribution("distribution");
        a.warm_mibps = in.optional_small("warm_mibps");
        a.due = in.time("due");
        a.shards_max = in.optional_small("shards_max");
        a.on_demand_streams_max = in.optional_small("on_demand_streams_max");
        a.pending_streams_max = in.optional_small("pending_streams_max");
        action = std::move(a);
    } else if (name == name_of<ActivateStream>()) {
        action = ActivateStream{in.uid()};
    } else if (name == name_of<DeleteStream>()) {
        action = DeleteStream{in.uid(), in.time("due"), in.optional_boolean("with_consumers")};
    } else if (name == name_of<RemoveStream>()) {
        action = RemoveStream{in.uid(), in.optional_second("youngest_consumer")};
    } else if (name == name_of<SetRetention>()) {
        SetRetention a;
        a.uid = in.uid();
        a.retention = std::chrono::hours(in.small("hours"));
        a.direction = in.boolean("increase") ? SetRetention::Direction::kIncrease
                                             : SetRetention::Direction::kDecrease;
        a.due = in.optional_time("due");
        action = a;
    } else if (name == name_of<ChangeTags>()) {
        action = ChangeTags{in.uid(), in.map("put"), in.strings("remove"), in.small("tags_max")};
    } else if (name == name_of<BeginReshard>()) {
        BeginReshard a;
        a.uid = in.uid();
        a.planned_over = in.small("planned_over");
        a.mode = in.choice("mode", kModes);
        a.steps = in.steps("steps");
        a.due = in.time("due");
        a.shards_max = in.optional_small("shards_max");
        a.scalings_max = in.optional_small("scalings_max");
        a.warm_mibps = in.optional_small("warm_mibps");
        action = std::move(a);
    } else if (name == name_of<FinishReshard>()) {
        action = FinishReshard{in.uid(), in.numbers<storage::Position>("ends", kNumberMax)};
    } else if (name == name_of<BeginModeChange>()) {
        BeginModeChange a;
        a.uid = in.uid();
        a.mode = in.choice("mode", kModes);
        a.due = in.time("due");
        a.on_demand_streams_max = in.optional_small("on_demand_streams_max");
        a.changes_max = in.optional_small("changes_max");
        a.warm_mibps = in.optional_small("warm_mibps");
        if (in.has("steps")) {
            a.steps = in.steps("steps");
            a.planned_over = in.small("planned_over");
        }
        action = std::move(a);
    } else if (name == name_of<FinishModeChange>()) {
        FinishModeChange a{in.uid()};
        if (in.has("ends")) {
            a.ends = in.numbers<storage::Position>("ends", kNumberMax);
        }
        action = std::move(a);
    } else if (name == name_of<BeginEncryptionChange>()) {
        BeginEncryptionChange a;
        a.uid = in.uid();
        a.key = decode_optional_data_key(in);
        a.due = in.time("due");
        a.changes_max = in.optional_small("changes_max");
        action = std::move(a);
    } else if (name == name_of<FinishEncryptionChange>()) {
        action = FinishEncryptionChange{in.uid()};
    } else if (name == name_of<DropShards>()) {
        action = DropShards{in.uid(), in.numbers<model::ShardNo>("shards", model::kShardNoMax)};
    } else if (name == name_of<RegisterConsumer>()) {
        RegisterConsumer a;
        a.uid = in.uid();
        a.name = in.string("name");
        a.tags = in.map("tags");
        a.due = in.time("due");
        a.consumers_max = in.optional_small("consumers_max");
        a.creating_consumers_max = in.optional_small("creating_consumers_max");
        a.not_before_s = in.optional_second("not_before");
        action = std::move(a);
    } else if (name == name_of<ActivateConsumer>()) {
        action = ActivateConsumer{in.uid(), in.string("name"), creation(in)};
    } else if (name == name_of<DeregisterConsumer>()) {
        action = DeregisterConsumer{in.uid(), in.string("name"), creation(in), in.time("due")};
    } else if (name == name_of<RemoveConsumer>()) {
        action = RemoveConsumer{in.uid(), in.string("name"), creation(in)};
    } else if (name == name_of<ConfigureConsumer>()) {
        ConfigureConsumer a;
        a.uid = in.uid();
        a.name = in.string("name");
        a.created_s = creation(in);
        a.put = in.map("put");
        a.remove = in.strings("remove");
        a.tags_max = in.small("tags_max");
        if (in.has("policy")) {
            a.policy = in.string("policy");
        }
        action = std::move(a);
    } else if (name == name_of<ConfigureStream>()) {
        ConfigureStream a;
        a.uid = in.uid();
        a.metrics_on = in.metrics("metrics_on");
        a.metrics_off = in.metrics("metrics_off");
        a.record_max_kib = in.optional_small("record_max_kib");
        a.warm_mibps = in.optional_small("warm_mibps");
        if (in.has("distribution")) {
            a.distribution = in.distribution("distribution");
        }
        if (in.has("policy")) {
            a.policy = in.string("policy");
        }
        a.due = in.optional_time("due");
        action = std::move(a);
    } else if (name == name_of<SetCommitment>()) {
        action = SetCommitment{{in.string("account"), in.string("region")}, in.boolean("enabled")};
    } else if (name == name_of<CreateChannel>()) {
        Reader channel(in.child("channel"));
        action = CreateChannel{decode_channel(channel)};
        in.adopt(channel);
    } else if (name == name_of<UpdateChannel>()) {
        UpdateChannel a;
        a.id = in.string("id");
        a.freshness_s = in.optional_small("freshness_s");
        if (in.has("logging")) {
            a.logging = decode_logging(in);
        }
        a.due = in.time("due");
        action = std::move(a);
    } else if (name == name_of<DeleteChannel>()) {
        action = DeleteChannel{in.string("id"), in.time("due")};
    } else if (name == name_of<AdvanceChannel>()) {
        action = AdvanceChannel{in.string("id")};
    } else if (name == name_of<ChangeChannelTags>()) {
        action = ChangeChannelTags{in.string("id"), in.map("put"), in.strings("remove"),
                                   in.small("tags_max")};
    } else {
        return Error{Errc::kUnsupported, "catalog: unknown command \"" + name + "\""};
    }
    MILLRACE_TRY(in.end());
    return action;
}

Result<Shard> decode_shard(const Json& body, std::uint32_t no) {
    Reader in(body);
    Shard shard;
    shard.no = model::ShardNo(no);
    const auto first = model::HashKey::parse(in.string("first"));
    const auto last = model::HashKey::parse(in.string("last"));
    if (!first.has_value() || !last.has_value() || *last < *first) {
        in.fail("first, last");
    } else {
        shard.range = {*first, *last};
    }
    shard.created_s = creation(in);
    if (in.has("parent")) {
        shard.parent = model::ShardNo(in.small("parent"));
    }
    if (in.has("adjacent_parent")) {
        shard.adjacent_parent = model::ShardNo(in.small("adjacent_parent"));
    }
    if (in.has("closed")) {
        shard.closed = in.time("closed");
    }
    if (in.has("end")) {
        shard.end = storage::Position(in.number("end", std::uint64_t{1} << 63));
    }
    shard.dropped = in.has("dropped") && in.boolean("dropped");
    MILLRACE_TRY(in.end());
    return shard;
}

Result<std::vector<Shard>> decode_shards(const Json& body, const Stream& stream) {
    if (body == "initial") {
        return initial_shards(stream.initial_shards, stream.created_s);
    }
    std::vector<Shard> shards;
    if (!body.is_array()) {
        return Error{Errc::kCorrupt, "catalog: bad \"shards\""};
    }
    for (const Json& entry : body) {
        MILLRACE_TRY(const Shard shard,
                     decode_shard(entry, static_cast<std::uint32_t>(shards.size())));
        shards.push_back(shard);
    }
    return shards;
}

Result<Consumers> decode_consumers(const Json& stream) {
    Consumers consumers;
    for (const Json& body : stream.value("consumers", Json::array())) {
        Reader in(body);
        Consumer consumer;
        consumer.name = in.string("name");
        consumer.created_s = creation(in);
        consumer.status = in.choice("status", kConsumerStatuses);
        consumer.due = in.time("due");
        consumer.tags = in.map("tags");
        if (in.has("policy")) {
            consumer.policy = in.string("policy");
        }
        MILLRACE_TRY(in.end());
        std::string name = consumer.name;
        consumers.present.emplace(std::move(name), std::move(consumer));
    }
    for (const Json& body : stream.value("consumers_removed", Json::array())) {
        Reader in(body);
        consumers.removed.emplace(in.string("name"), creation(in));
        MILLRACE_TRY(in.end());
    }
    return consumers;
}

// Open shards partition the hash space whenever there are shards: routing relies on it.
bool routable(const Stream& stream) {
    if (stream.shards.empty()) {
        return !stream.writable();
    }
    model::Uint128 next = 0;
    for (const model::ShardNo no : stream.routes) {
        const model::HashRange& range = stream.shards[no.value()].range;
        if (range.first.value() != next) {
            return false;
        }
        next = range.last.value() + 1;
    }
    return next == 0 && !stream.routes.empty();
}

Result<Stream> decode_stream(const Json& body) {
    Reader in(body);
    Stream stream;
    stream.uid = in.uid();
    stream.owner = {in.string("account"), in.string("region")};
    stream.name = model::StreamName(in.string("name"));
    stream.status = in.choice("status", kStatuses);
    stream.mode = in.choice("mode", kModes);
    stream.created_s = creation(in);
    stream.retention = std::chrono::hours(in.small("hours"));
    stream.horizon_floor = in.time("floor");
    stream.record_max_kib = in.small("record_max_kib");
    stream.tags = in.map("tags");
    stream.distribution = in.distribution("distribution");
    stream.shard_metrics = in.metrics("metrics");
    stream.warm_mibps = in.optional_small("warm_mibps");
    if (in.has("policy")) {
        stream.policy = in.string("policy");
    }
    stream.encrypted = in.optional_boolean("encrypted");
    if (in.has("data_keys")) {
        for (const Json& key : in.child("data_keys")) {
            stream.data_keys.push_back(decode_data_key(in, key));
        }
    }
    if (stream.encrypted && stream.data_keys.empty()) {
        in.fail("data_keys");
    }
    stream.initial_shards = shard_count(in, "initial_shards");
    const Json& shards = in.child("shards");
    if (in.has("pending")) {
        Reader pending(in.child("pending"));
        Transition& transition = stream.pending.emplace();
        transition.what = pending.choice("what", kTransitions);
        transition.due = pending.time("due");
        if (transition.what == Transition::What::kReshard || pending.has("steps")) {
            transition.steps = pending.steps("steps");
        }
        if (transition.what == Transition::What::kChangeMode) {
            transition.mode = pending.choice("mode", kModes);
        }
        transition.data_key = decode_optional_data_key(pending);
        MILLRACE_TRY(pending.end());
    }
    stream.scalings = in.times("scalings");
    stream.mode_changes = in.times("mode_changes");
    stream.encryption_starts = in.times("encryption_starts");
    stream.encryption_stops = in.times("encryption_stops");
    MILLRACE_TRY(in.end());
    MILLRACE_TRY(stream.shards, decode_shards(shards, stream));
    MILLRACE_TRY(stream.consumers, decode_consumers(body));
    rebuild_routes(stream);
    if (!routable(stream)) {
        return Error{Errc::kCorrupt, "catalog: the shards do not cover the hash space once"};
    }
    if (stream.pending.has_value() && !fit(stream.shards, stream.pending->steps)) {
        return Error{Errc::kCorrupt, "catalog: a resharding does not fit the shards"};
    }
    return stream;
}

Result<Json> parse(std::string_view text) {
    Json document = Json::parse(text, nullptr, false);
    if (document.is_discarded()) {
        return Error{Errc::kCorrupt, "catalog: not a JSON document"};
    }
    Reader in(document);
    const std::uint64_t version = in.number("v", std::numeric_limits<std::uint32_t>::max());
    MILLRACE_TRY(in.end());
    if (version != kCatalogVersion) {
        return Error{Errc::kUnsupported, "catalog: format version " + std::to_string(version) +
                                             " was written by a newer millrace; this one knows " +
                                             std::to_string(kCatalogVersion)};
    }
    return document;
}

}  // namespace

std::string encode_command(const Command& command) {
    Json document = {{"v", kCatalogVersion}, {"n", command.number}, {"time", json(command.time)}};
    std::visit(
        [&document](const auto& action) {
            document["do"] = name_of<std::remove_cvref_t<decltype(action)>>();
            document["with"] = json(action);
        },
        command.action);
    return text(document);
}

Result<Command> decode_command(std::string_view text) {
    MILLRACE_TRY(const Json document, parse(text));
    Reader in(document);
    Command command;
    command.number = in.number("n", kNumberMax);
    command.time = in.time("time");
    const std::string name = in.string("do");
    const Json& body = in.child("with");
    MILLRACE_TRY(in.end());
    MILLRACE_TRY(command.action, decode_action(name, body));
    return command;
}

std::string encode_state(const CatalogState& state) {
    Json streams = Json::array();
    for (const StreamPtr& stream : state.all()) {
        streams.push_back(json(*stream));
    }
    Json deleted = Json::array();
    for (const auto& [name, created_s] : state.deleted()) {
        deleted.push_back({{"account", name.owner.account},
                           {"region", name.owner.region},
                           {"name", name.name.text()},
                           {"created", created_s}});
    }
    Json channels = Json::array();
    for (const ChannelPtr& channel : state.channels().all()) {
        channels.push_back(json(*channel));
    }
    Json commitments = Json::array();
    for (const auto& [owner, commitment] : state.commitments()) {
        Json entry = {{"account", owner.account},
                      {"region", owner.region},
                      {"status", json(commitment.status)}};
        put_optional(entry, "started", commitment.started);
        put_optional(entry, "ended", commitment.ended);
        put_optional(entry, "earliest_end", commitment.earliest_end);
        commitments.push_back(std::move(entry));
    }
    return text({{"v", kCatalogVersion},
                 {"n", state.commands()},
                 {"streams", std::move(streams)},
                 {"deleted", std::move(deleted)},
                 {"channels", std::move(channels)},
                 {"commitments", std::move(commitments)}});
}

namespace {

// Both lists are younger than the format: a snapshot may lack them.
Result<void> decode_channels(Reader& in, CatalogState& state) {
    if (!in.has("channels")) {
        return success();
    }
    for (const Json& body : in.child("channels")) {
        Reader entry(body);
        Channel channel = decode_channel(entry);
        MILLRACE_TRY(entry.end());
        if (!state.restore_channel(std::move(channel))) {
            return Error{Errc::kCorrupt, "catalog: a channel is there twice or lacks its stream"};
        }
    }
    return success();
}

Result<void> decode_commitments(Reader& in, CatalogState& state) {
    if (!in.has("commitments")) {
        return success();
    }
    for (const Json& body : in.child("commitments")) {
        Reader entry(body);
        const model::Identity owner{entry.string("account"), entry.string("region")};
        Commitment commitment;
        commitment.status = entry.choice("status", kCommitments);
        commitment.started = entry.optional_time("started");
        commitment.ended = entry.optional_time("ended");
        commitment.earliest_end = entry.optional_time("earliest_end");
        if (commitment.active() && !commitment.earliest_end) {
            entry.fail("earliest_end");
        }
        MILLRACE_TRY(entry.end());
        state.restore_commitment(owner, commitment);
    }
    return success();
}

}  // namespace

Result<CatalogState> decode_state(std::string_view text) {
    MILLRACE_TRY(const Json document, parse(text));
    Reader in(document);
    CatalogState state;
    state.restore_commands(in.number("n", kNumberMax));
    for (const Json& body : in.child("streams")) {
        MILLRACE_TRY(auto stream, decode_stream(body));
        if (!state.restore(std::move(stream))) {
            return Error{Errc::kCorrupt, "catalog: two streams share a name or a uid"};
        }
    }
    for (const Json& body : in.child("deleted")) {
        Reader entry(body);
        QualifiedName name{{entry.string("account"), entry.string("region")},
                           model::StreamName(entry.string("name"))};
        state.restore_deleted(std::move(name),
                              static_cast<std::int64_t>(entry.number("created", kSecondsEnd)));
        MILLRACE_TRY(entry.end());
    }
    MILLRACE_TRY(decode_channels(in, state));
    MILLRACE_TRY(decode_commitments(in, state));
    MILLRACE_TRY(in.end());
    return state;
}

}  // namespace millrace::stream
