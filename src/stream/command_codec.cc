#include "stream/command_codec.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "stream/catalog_text.h"

namespace millrace::stream {
namespace {

using stream::json;  // beside those that follow

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

}  // namespace

std::string encode_command(const Command& command) {
    Json document = {{"v", kCatalogVersion}, {"n", command.number}, {"time", json(command.time)}};
    std::visit(
        [&document](const auto& action) {
            document["do"] = name_of<std::remove_cvref_t<decltype(action)>>();
            document["with"] = json(action);
        },
        command.action);
    return to_text(document);
}

Result<Command> decode_command(std::string_view text) {
    MILLRACE_TRY(const Json document, parse_catalog_text(text));
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

}  // namespace millrace::stream
