#include "stream/command_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/stream/commands.h"

namespace millrace::stream {
namespace {

// The text of a stored command is a promise: logs written by this version are read by every later
// one.
TEST(CommandCodec, WritesACommandAsThisText) {
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

TEST(CommandCodec, EveryCommandComesBackAsItWas) {
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

TEST(CommandCodec, ReadsDeletionsFromBeforeThereWereConsumers) {
    const auto read =
        decode_command(R"({"do":"delete_stream","n":1,"time":1,"v":1,"with":{"due":2,"uid":7}})");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read.value().action, Action(DeleteStream{StreamUid(7), wall_time(2), false}));
}

TEST(CommandCodec, WritesAReshardingAsThisText) {
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

// As the version before record distribution strategies wrote it.
TEST(CommandCodec, ACreationOfAnOlderVersionIsStillRead) {
    const auto create = decode_command(
        R"({"do":"create_stream","n":1,"time":1700000000000,"v":1,"with":{"account":"000000000000",)"
        R"("due":1700000000000,"mode":"on_demand","name":"orders","record_max_kib":1024,)"
        R"("region":"us-east-1","shards":4,"tags":{},"uid":7}})");
    ASSERT_TRUE(create) << create.error().message;
    EXPECT_EQ(std::get<CreateStream>(create.value().action).distribution,
              Distribution::kPartitionKey);
}

TEST(CommandCodec, StepsThatAreNoneAreCorrupt) {
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

TEST(CommandCodec, WhatNoVersionCouldMeanIsCorrupt) {
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

}  // namespace
}  // namespace millrace::stream
