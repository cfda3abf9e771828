#include "stream/state_codec.h"

#include <utility>

#include "stream/catalog_text.h"
#include "stream/reshard.h"

namespace millrace::stream {
namespace {

using stream::json;  // beside those that follow

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
    return to_text({{"v", kCatalogVersion},
                    {"n", state.commands()},
                    {"streams", std::move(streams)},
                    {"deleted", std::move(deleted)},
                    {"channels", std::move(channels)},
                    {"commitments", std::move(commitments)}});
}

Result<CatalogState> decode_state(std::string_view text) {
    MILLRACE_TRY(const Json document, parse_catalog_text(text));
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
