#include "stream/catalog_text.h"

#include <limits>
#include <utility>
#include <variant>

namespace millrace::stream {

namespace {

std::optional<model::ShardNo> shard_no(const Json& value) {
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > model::kShardNoMax) {
        return std::nullopt;
    }
    return model::ShardNo(value.get<std::uint32_t>());
}

std::optional<ReshardStep> step_of(const Json& value) {
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

}  // namespace

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

Json json(const std::vector<WallTime>& times) {
    Json list = Json::array();
    for (const WallTime time : times) {
        list.push_back(to_ms(time));
    }
    return list;
}

Json json(const DataKey& key) {
    return {{"id", key.key_id}, {"wrapped", key.wrapped}};
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

void put_optional(Json& object, const char* key, const std::optional<WallTime>& value) {
    if (value.has_value()) {
        object[key] = json(*value);
    }
}

void put_optional(Json& object, const char* key, const std::optional<DataKey>& value) {
    if (value.has_value()) {
        object[key] = json(*value);
    }
}

void put_unless(Json& object, const char* key, Distribution value, Distribution by_default) {
    if (value != by_default) {
        object[key] = json(value);
    }
}

std::string to_text(const Json& document) {
    return document.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parse_catalog_text(std::string_view text) {
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

Reader::Reader(const Json& object) : object_(object) {
    if (!object.is_object()) {
        fail("an object is missing");
    }
}

const Json& Reader::child(const char* key) {
    static const Json nothing;
    if (!has(key)) {
        fail(key);
        return nothing;
    }
    return object_.at(key);
}

std::uint64_t Reader::number(const char* key, std::uint64_t max) {
    const Json& value = child(key);
    if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
        fail(key);
        return 0;
    }
    return value.get<std::uint64_t>();
}

std::uint32_t Reader::small(const char* key) {
    return static_cast<std::uint32_t>(number(key, std::numeric_limits<std::uint32_t>::max()));
}

std::optional<std::uint32_t> Reader::optional_small(const char* key) {
    return has(key) ? std::optional(small(key)) : std::nullopt;
}

ShardMetrics Reader::metrics(const char* key) {
    return has(key) ? static_cast<ShardMetrics>(number(key, 0x7f)) : ShardMetrics{0};
}

Distribution Reader::distribution(const char* key) {
    return has(key) ? choice(key, kDistributions) : Distribution::kPartitionKey;
}

std::optional<WallTime> Reader::optional_time(const char* key) {
    return has(key) ? std::optional(time(key)) : std::nullopt;
}

WallTime Reader::time(const char* key) {
    const Json& value = child(key);
    if (!value.is_number_integer()) {
        fail(key);
        return {};
    }
    return wall_time(value.get<std::int64_t>());
}

std::int64_t Reader::optional_second(const char* key) {
    return has(key) ? static_cast<std::int64_t>(number(key, kSecondsEnd)) : 0;
}

StreamUid Reader::uid() {
    return StreamUid(number("uid", std::numeric_limits<std::uint64_t>::max()));
}

bool Reader::boolean(const char* key) {
    const Json& value = child(key);
    if (!value.is_boolean()) {
        fail(key);
        return false;
    }
    return value.get<bool>();
}

std::string Reader::string(const char* key) {
    const Json& value = child(key);
    if (!value.is_string()) {
        fail(key);
        return {};
    }
    return value.get<std::string>();
}

std::vector<std::string> Reader::strings(const char* key) {
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

std::map<std::string, std::string> Reader::map(const char* key) {
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

std::vector<WallTime> Reader::times(const char* key) {
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

std::vector<ReshardStep> Reader::steps(const char* key) {
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

void Reader::fail(std::string what) {
    if (fault_.empty()) {
        fault_ = std::move(what);
    }
}

void Reader::adopt(const Reader& part) {
    if (!part.fault_.empty()) {
        fail(part.fault_);
    }
}

Result<void> Reader::end() const {
    if (fault_.empty()) {
        return success();
    }
    return Error{Errc::kCorrupt, "catalog: bad or missing \"" + fault_ + "\""};
}

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

}  // namespace millrace::stream
