#include "stream/state_codec.h"

#include <gtest/gtest.h>

#include <string>

#include "unit/stream/commands.h"

namespace millrace::stream {
namespace {

TEST(StateCodec, ReshardedStreamsComeBackAsTheyWere) {
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

TEST(StateCodec, AStateWrittenBeforeReshardingIsRead) {
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

TEST(StateCodec, AReshardingThatDoesNotFitIsCorrupt) {
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
}

// As the version before channels, settings and policies wrote them.
TEST(StateCodec, WhatAnOlderVersionWroteIsStillRead) {
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
}

TEST(StateCodec, AChannelThatCouldNotBeIsCorrupt) {
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

TEST(StateCodec, EncryptedStreamsComeBackAsTheyWere) {
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

TEST(StateCodec, AStateThatCouldNotRouteIsCorrupt) {
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

TEST(StateCodec, TwoStreamsOfOneNameAreCorrupt) {
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
