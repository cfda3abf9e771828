#include "stream/catalog_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/stream/commands.h"

namespace millrace::stream {
namespace {

// The text of a stored command is a promise: logs written by this version are read by every later
// one.
TEST(CatalogCodec, WritesACommandAsThisText) {
    CreateStream create = create_action(7, "orders", 4);
    create.mode = Mode::kOnDemand;
    create.tags = {{"team", "a b"}};
    create.shards_max = 20;
    const std::string text =
        R"({"do":"create_stream","n":12,"time":1700000000000,"v":1,"with":{"account":"000000000000",)"
        R"("due":1700000000000,"mode":"on_demand","name":"orders","record_max_kib":1024,)"
        R"("region":"us-east-1","shards":4,"shards_max":20,"tags":{"team":"a b"},"uid":7}})";
    Command written = command(create);
    written.number = 12;
    EXPECT_EQ(encode_command(written), text);
    const auto decoded = decode_command(text);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded.value(), written);
}

TEST(CatalogCodec, EveryCommandComesBackAsItWas) {
    const StreamUid uid(0xffff'ffff'ffff'ffff);
    CreateStream create = create_action(1, "a");
    create.on_demand_streams_max = 50;
    create.pending_streams_max = 5;
    CreateStream auto_placed = create;
    auto_placed.distribution = Distribution::kAuto;
    auto_placed.warm_mibps = 0;
    ConfigureStream all;
    all.uid = uid;
    all.metrics_on = 0x7f;
    all.metrics_off = 1;
    all.record_max_kib = 2048;
    all.warm_mibps = 10240;
    all.distribution = Distribution::kPartitionKey;
    all.policy = "";
    all.due = wall_time(7);
    Channel channel = channel_of(Stream(), "abcdefghij0123456789", "n");
    channel.key_id = "alias/k";
    channel.schema_arn = "arn:schema";
    channel.logging = {true, "g", "s"};
    channel.tags = {{"k", "v"}};
    UpdateChannel update{channel.id, 900, ChannelLogging{}, wall_time(9)};
    const std::vector<Action> actions = {
        create,
        auto_placed,
        ConfigureStream{uid, 0, 0, {}, {}, {}, {}, {}},
        all,
        SetCommitment{{"000000000000", "us-east-1"}, true},
        CreateChannel{channel},
        update,
        UpdateChannel{channel.id, {}, {}, wall_time(9)},
        DeleteChannel{channel.id, wall_time(1)},
        AdvanceChannel{channel.id},
        ChangeChannelTags{channel.id, {{"k", ""}}, {"x"}, 50},
        ActivateStream{uid},
        DeleteStream{uid, wall_time(-5)},
        RemoveStream{uid},
        RemoveStream{uid, 1'700'000'000},
        SetRetention{uid, std::chrono::hours(8760), SetRetention::Direction::kDecrease},
        SetRetention{uid, std::chrono::hours(24), SetRetention::Direction::kIncrease, wall_time(9)},
        ChangeTags{uid, {{"k", ""}, {"\xc3\xa4", "\"\\"}}, {"gone", "too"}, 50},
        BeginReshard{uid,
                     8,
                     Mode::kOnDemand,
                     {{model::ShardNo(2147483647), model::HashKey::max()},
                      {model::ShardNo(0), model::ShardNo(1)}},
                     wall_time(9),
                     1,
                     2},
        BeginReshard{uid, 0, Mode::kProvisioned, {}, wall_time(9), {}, {}},
        BeginReshard{uid, 0, Mode::kOnDemand, {}, wall_time(9), {}, {}, 12},
        FinishReshard{uid, {storage::Position(0), storage::Position(std::uint64_t{1} << 63)}},
        BeginModeChange{uid, Mode::kOnDemand, wall_time(9), 50, 2},
        BeginModeChange{uid, Mode::kProvisioned, wall_time(9), {}, {}},
        BeginModeChange{uid,
                        Mode::kOnDemand,
                        wall_time(9),
                        {},
                        {},
                        5,
                        {{model::ShardNo(0), model::HashKey(7)}},
                        1},
        FinishModeChange{uid},
        FinishModeChange{uid, {storage::Position(3)}},
        BeginEncryptionChange{uid, DataKey{"alias/\xc3\xa4", "d3JhcHBlZA=="}, wall_time(9), 25},
        BeginEncryptionChange{uid, {}, wall_time(9), {}},
        FinishEncryptionChange{uid},
        DropShards{uid, {model::ShardNo(0), model::ShardNo(7)}},
        DeleteStream{uid, wall_time(5), true},
        RegisterConsumer{uid, "c", {{"k", "v"}}, wall_time(7), 20, std::nullopt},
        RegisterConsumer{uid, "c", {}, wall_time(7), std::nullopt, 5, 1'700'000'001},
        ActivateConsumer{uid, "c", 1'700'000'000},
        DeregisterConsumer{uid, "c", 1'700'000'000, wall_time(9)},
        RemoveConsumer{uid, "c", 1'700'000'000},
        ConfigureConsumer{uid, "c", 1'700'000'000, {{"k", "v"}}, {"r"}, 7},
        ConfigureConsumer{uid, "c", 1'700'000'000, {}, {}, 50, "{}"},
    };
    for (const Action& action : actions) {
        const Command written = command(action, wall_time(1));
        const auto read = decode_command(encode_command(written));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read.value(), written);
    }
}

TEST(CatalogCodec, ReadsDeletionsFromBeforeThereWereConsumers) {
    const auto read =
        decode_command(R"({"do":"delete_stream","n":1,"time":1,"v":1,"with":{"due":2,"uid":7}})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read.value().action, Action(DeleteStream{StreamUid(7), wall_time(2), false}));
}

TEST(CatalogCodec, RandomStatesComeBackAsTheyWere) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        RandomCommands commands(seed);
        CatalogState state;
        for (int i = 0; i < 200; ++i) {
            const Command next = commands.next(state);
            const auto read = decode_command(encode_command(next));
            ASSERT_TRUE(read) << read.error().message;
            ASSERT_EQ(read.value(), next);
            state.apply(next);
        }
        const auto read = decode_state(encode_state(state));
        ASSERT_TRUE(read) << read.error().message;
        EXPECT_EQ(read.value(), state) << "seed " << seed;
    }
}

TEST(CatalogCodec, ReshardedStreamsComeBackAsTheyWere) {
    CatalogState first;
    first.apply(command(create_action(1, "a", 2)));
    Stream stream = *first.apply(command(ActivateStream{StreamUid(1)})).stream;
    stream.shards[0].closed = kStart + Seconds(5);
    stream.shards[0].end = storage::Position(77);
    stream.shards[1].closed = kStart + Seconds(5);
    Shard child;
    child.no = model::ShardNo(2);
    child.range = {model::HashKey(), model::HashKey::max()};
    child.created_s = stream.created_s + 6;
    child.parent = model::ShardNo(0);
    child.adjacent_parent = model::ShardNo(1);
    stream.shards.push_back(child);
    rebuild_routes(stream);
    CatalogState state;
    ASSERT_TRUE(state.restore(stream));

    const auto read = decode_state(encode_state(state));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read.value(), state);
}

TEST(CatalogCodec, WritesAReshardingAsThisText) {
    BeginReshard begin;
    begin.uid = StreamUid(7);
    begin.planned_over = 2;
    begin.steps = {{model::ShardNo(0), model::HashKey(1000)},
                   {model::ShardNo(3), model::ShardNo(1)}};
    begin.due = kStart;
    EXPECT_EQ(
        encode_command(command(begin)),
        R"({"do":"begin_reshard","n":0,"time":1700000000000,"v":1,"with":{"due":1700000000000,)"
        R"("mode":"provisioned","planned_over":2,"steps":[[0,"1000"],[3,1]],"uid":7}})");
    EXPECT_EQ(encode_command(command(FinishReshard{StreamUid(7), {storage::Position(5)}})),
              R"({"do":"finish_reshard","n":0,"time":1700000000000,"v":1,"with":)"
              R"({"ends":[5],"uid":7}})");
}

TEST(CatalogCodec, AStateWrittenBeforeReshardingIsRead) {
    const auto read =
        decode_state(R"({"v":1,"n":2,"deleted":[],"streams":[{"uid":1,"account":"000000000000",)"
                     R"("region":"us-east-1","name":"a","status":"active","mode":"provisioned",)"
                     R"("created":1700000000,"hours":24,"floor":0,"record_max_kib":1024,"tags":{},)"
                     R"("initial_shards":2,"shards":"initial"}]})");
    ASSERT_TRUE(read) << read.error().message;
    CatalogState state;
    state.apply(command(create_action(1, "a", 2)));
    state.apply(command(ActivateStream{StreamUid(1)}));
    EXPECT_EQ(read.value(), state);
}

TEST(CatalogCodec, AReshardingThatDoesNotFitIsCorrupt) {
    CatalogState state;
    state.apply(command(create_action(1, "a", 2)));
    Stream stream = *state.apply(command(ActivateStream{StreamUid(1)})).stream;
    stream.status = Status::kUpdating;
    stream.pending = Transition{Transition::What::kReshard, kStart, {}, {}};
    const model::HashKey half(stream.shards[1].range.first);
    for (const ReshardStep& step :
         {ReshardStep{model::ShardNo(2), half}, ReshardStep{model::ShardNo(0), half},
          ReshardStep{model::ShardNo(1), model::ShardNo(0)}}) {
        stream.pending->steps = {step};
        CatalogState broken;
        ASSERT_TRUE(broken.restore(stream));
        const auto read = decode_state(encode_state(broken));
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Errc::kCorrupt);
    }
    for (const std::string_view steps : {"7", "[7]", "[[1]]", R"([[1,"x"]])", "[[1,2,3]]",
                                         R"([["1",2]])", "[[1,-2]]", R"([[2147483648,"5"]])"}) {
        const std::string text =
            R"({"v":1,"n":1,"time":1,"do":"begin_reshard","with":{"uid":1,"planned_over":2,)"
            R"("mode":"provisioned","due":1,"steps":)" +
            std::string(steps) + "}}";
        const auto read = decode_command(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Errc::kCorrupt) << text;
    }
}

// As the version before channels, settings and policies wrote them.
TEST(CatalogCodec, WhatAnOlderVersionWroteIsStillRead) {
    const auto state = decode_state(
        R"({"v":1,"n":3,"streams":[{"uid":7,"account":"000000000000","region":"us-east-1",)"
        R"("name":"orders","status":"active","mode":"provisioned","created":1700000000,"hours":24,)"
        R"("floor":0,"record_max_kib":1024,"tags":{},"initial_shards":2,"shards":"initial"}],)"
        R"("deleted":[]})");
    ASSERT_TRUE(state) << state.error().message;
    const StreamPtr stream = state.value().find(StreamUid(7));
    ASSERT_NE(stream, nullptr);
    EXPECT_EQ(stream->distribution, Distribution::kPartitionKey);
    EXPECT_EQ(stream->shard_metrics, 0);
    EXPECT_EQ(stream->warm_mibps, std::nullopt);
    EXPECT_EQ(stream->policy, "");
    EXPECT_FALSE(stream->encrypted);
    EXPECT_TRUE(stream->data_keys.empty());
    EXPECT_TRUE(state.value().channels().all().empty());
    EXPECT_TRUE(state.value().commitments().empty());

    const auto create = decode_command(
        R"({"do":"create_stream","n":1,"time":1700000000000,"v":1,"with":{"account":"000000000000",)"
        R"("due":1700000000000,"mode":"on_demand","name":"orders","record_max_kib":1024,)"
        R"("region":"us-east-1","shards":4,"tags":{},"uid":7}})");
    ASSERT_TRUE(create) << create.error().message;
    EXPECT_EQ(std::get<CreateStream>(create.value().action).distribution,
              Distribution::kPartitionKey);
}

TEST(CatalogCodec, AChannelThatCouldNotBeIsCorrupt) {
    CatalogState state;
    const Stream stream = *state.apply(command(create_action(1, "a"))).stream;
    ASSERT_TRUE(state.restore_channel(channel_of(stream, "id", "n")));
    const std::string good = encode_state(state);
    ASSERT_TRUE(decode_state(good));
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        text.replace(text.find(from), from.size(), to);
        return decode_state(text);
    };
    EXPECT_FALSE(with(R"("stream":1)", R"("stream":2)")) << "its stream is not there";
    EXPECT_FALSE(with(R"("due":1700000000000,"format")", R"("format")")) << "CREATING without end";
    EXPECT_FALSE(with(R"("owner":"000000000000")", R"("owner":0)")) << "of the bucket";
    EXPECT_FALSE(with(R"("enabled":false)", R"("enabled":0)")) << "of logging";
}

TEST(CatalogCodec, EncryptedStreamsComeBackAsTheyWere) {
    CatalogState state;
    state.apply(command(create_action(1, "a")));
    state.apply(command(ActivateStream{StreamUid(1)}));
    const BeginEncryptionChange start{StreamUid(1), DataKey{"alias/a", "w"}, kStart, 25};
    state.apply(command(start));
    const auto under_way = decode_state(encode_state(state));
    ASSERT_TRUE(under_way) << under_way.error().message;
    EXPECT_EQ(under_way.value(), state);
    state.apply(command(FinishEncryptionChange{StreamUid(1)}));
    state.apply(command(start));
    ASSERT_EQ(state.apply(command(FinishEncryptionChange{StreamUid(1)})).outcome,
              Outcome::kApplied);
    std::string text = encode_state(state);
    const auto read = decode_state(text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read.value(), state);
    EXPECT_EQ(read.value().find(StreamUid(1))->data_keys.size(), 2u);

    text.replace(text.find("data_keys"), 9, "some_keys");
    EXPECT_FALSE(decode_state(text)) << "encrypted with no key";
}

TEST(CatalogCodec, WhatANewerVersionWroteIsRefusedAsSuch) {
    const auto expect_unsupported = [](const auto& read) {
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Errc::kUnsupported);
    };
    expect_unsupported(
        decode_command(R"({"v":2,"n":1,"time":1,"do":"activate_stream","with":{}})"));
    expect_unsupported(
        decode_command(R"({"v":1,"n":1,"time":1,"do":"fly_to_the_moon","with":{}})"));
    expect_unsupported(decode_state(R"({"v":2})"));
}

TEST(CatalogCodec, WhatNoVersionCouldMeanIsCorrupt) {
    const std::string good = encode_command(command(create_action(7, "orders", 4)));
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto read = decode_command(std::string_view(good).substr(0, size));
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, Errc::kCorrupt) << size;
    }
    for (
        const std::string_view text :
        {"[]", "7", "null", "{}", R"({"v":"1"})", R"({"v":1})", R"({"v":1,"n":1,"time":1,"do":7})",
         R"({"v":1,"n":1,"time":1,"do":"activate_stream","with":7})",
         R"({"v":1,"n":1,"time":1,"do":"activate_stream","with":{"uid":-1}})",
         R"({"v":1,"n":1,"time":"1","do":"activate_stream","with":{"uid":1}})",
         R"({"v":1,"n":1,"time":1,"do":"change_tags","with":{"uid":1,"put":[],"remove":[],"tags_max":1}})",
         R"({"v":1,"n":1,"time":1,"do":"change_tags","with":{"uid":1,"put":{"a":1},"remove":[],"tags_max":1}})",
         R"({"v":1,"n":1,"time":1,"do":"change_tags","with":{"uid":1,"put":{},"remove":[1],"tags_max":1}})"}) {
        const auto read = decode_command(text);
        ASSERT_FALSE(read) << text;
        EXPECT_EQ(read.error().code, Errc::kCorrupt) << text;
    }
}

TEST(CatalogCodec, AStateThatCouldNotRouteIsCorrupt) {
    CatalogState state;
    state.apply(command(create_action(1, "a", 2)));
    Stream stream = *state.apply(command(ActivateStream{StreamUid(1)})).stream;
    stream.shards[1].range.first = model::HashKey(stream.shards[1].range.first.value() + 1);
    CatalogState broken;
    ASSERT_TRUE(broken.restore(stream));
    const auto gap = decode_state(encode_state(broken));
    ASSERT_FALSE(gap);
    EXPECT_EQ(gap.error().code, Errc::kCorrupt);
    for (const std::string_view text : {R"({"v":1})", R"({"v":1,"n":0,"streams":7,"deleted":[]})",
                                        R"({"v":1,"n":0,"streams":[],"deleted":[{}]})",
                                        R"({"v":1,"n":0,"streams":[{}],"deleted":[]})"}) {
        EXPECT_FALSE(decode_state(text)) << text;
    }
}

TEST(CatalogCodec, TwoStreamsOfOneNameAreCorrupt) {
    CatalogState state;
    state.apply(command(create_action(1, "a")));
    std::string text = encode_state(state);
    const std::size_t from = text.find('[', text.find("streams")) + 1;
    const std::size_t to = text.rfind(']');
    const std::string stream = text.substr(from, to - from);
    text.insert(to, "," + stream);
    const auto read = decode_state(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace millrace::stream
