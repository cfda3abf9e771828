#include "stream/stream.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "model/hash_key.h"
#include "stream/record_writer.h"

namespace millrace::stream {
namespace {

constexpr std::int64_t kCreated = 1'700'000'000;

Stream stream_of(std::uint32_t shards) {
    Stream stream;
    stream.uid = StreamUid(1);
    stream.created_s = kCreated;
    stream.shards = initial_shards(shards, kCreated);
    rebuild_routes(stream);
    return stream;
}

model::HashKey hash_of(const PutRecord& record) {
    model::HashKey hash;
    hash_keys({&record, 1}, {&hash, 1});
    return hash;
}

std::uint32_t shard_of(const Stream& stream, std::string_view key) {
    return stream.route(hash_of({key, {}, std::nullopt})).no.value();
}

TEST(Stream, RoutesKeysByTheirMd5) {
    const Stream stream = stream_of(3);
    EXPECT_EQ(shard_of(stream, "a"), 0U);
    EXPECT_EQ(shard_of(stream, "b"), 1U);
    EXPECT_EQ(shard_of(stream, "e"), 2U);
    EXPECT_EQ(shard_of(stream, "f"), 1U);
    EXPECT_EQ(hash_of({"a", {}, std::nullopt}).text(), "16955237001963240173058271559858726497");
    EXPECT_EQ(hash_of({"b", {}, std::nullopt}).text(), "195289424170611159128911017612795795343");
}

TEST(Stream, RoutesAnExplicitHashKeyRegardlessOfThePartitionKey) {
    const Stream stream = stream_of(2);
    const auto half = model::HashKey::parse("170141183460469231731687303715884105728");
    const auto below = model::HashKey::parse("170141183460469231731687303715884105727");
    EXPECT_EQ(stream.route(hash_of({"a", {}, half})).no, model::ShardNo(1));
    EXPECT_EQ(stream.route(hash_of({"a", {}, below})).no, model::ShardNo(0));
    EXPECT_EQ(stream.route(model::HashKey()).no, model::ShardNo(0));
    EXPECT_EQ(stream.route(model::HashKey::max()).no, model::ShardNo(1));
}

TEST(Stream, RoutesToTheOwnerOfEveryBoundary) {
    for (const std::uint32_t shards : {1U, 2U, 3U, 5U, 7U, 64U, 1000U}) {
        const Stream stream = stream_of(shards);
        for (const Shard& shard : stream.shards) {
            EXPECT_EQ(stream.route(shard.range.first).no, shard.no);
            EXPECT_EQ(stream.route(shard.range.last).no, shard.no);
        }
    }
}

TEST(Stream, RoutesPastClosedShardsToTheirChildren) {
    Stream stream = stream_of(2);
    const model::HashRange whole = stream.shards[0].range;
    const model::HashKey middle(whole.last.value() / 2);
    stream.shards[0].closed = wall_time(kCreated * 1000 + 5);
    Shard left;
    left.no = model::ShardNo(2);
    left.range = {whole.first, model::HashKey(middle.value() - 1)};
    left.parent = model::ShardNo(0);
    Shard right = left;
    right.no = model::ShardNo(3);
    right.range = {middle, whole.last};
    stream.shards.push_back(left);
    stream.shards.push_back(right);
    rebuild_routes(stream);

    EXPECT_EQ(stream.open_shards(), 3U);
    EXPECT_EQ(stream.route(whole.first).no, left.no);
    EXPECT_EQ(stream.route(middle).no, right.no);
    EXPECT_EQ(stream.route(model::HashKey::max()).no, model::ShardNo(1));
    const auto children = stream.children(model::ShardNo(0));
    ASSERT_EQ(children.size(), 2U);
    EXPECT_EQ(children[0]->no, left.no);
    EXPECT_EQ(children[1]->no, right.no);
    EXPECT_TRUE(stream.children(model::ShardNo(1)).empty());
}

TEST(Stream, HorizonIsTheRetentionButNeverBelowTheFloor) {
    Stream stream = stream_of(1);
    const WallTime now = wall_time(kCreated * 1000 + 123);
    EXPECT_EQ(stream.horizon(now), now - std::chrono::hours(24));
    stream.horizon_floor = now - std::chrono::hours(2);
    EXPECT_EQ(stream.horizon(now), now - std::chrono::hours(2));
    EXPECT_EQ(stream.horizon(now + std::chrono::hours(23)), now - std::chrono::hours(1));
}

TEST(Stream, AShardExpiresOnceItWasClosedBeforeTheHorizon) {
    Stream stream = stream_of(1);
    const WallTime closed = wall_time(kCreated * 1000);
    stream.shards[0].closed = closed;
    EXPECT_FALSE(stream.expired(stream.shards[0], closed + std::chrono::hours(24)));
    EXPECT_TRUE(stream.expired(stream.shards[0], closed + std::chrono::hours(24) + Millis(1)));
    stream.shards[0].closed.reset();
    EXPECT_FALSE(stream.expired(stream.shards[0], closed + std::chrono::hours(24 * 400)));
}

TEST(SequenceNumber, OfAShardsStartAndEndMatchTheVectors) {
    Stream stream = stream_of(18);
    EXPECT_EQ(starting_sequence_number(stream.shards[0]).text().str(),
              "49646437577108476416916876405825929425585429676275269634");
    EXPECT_EQ(starting_sequence_number(stream.shards[1]).text().str(),
              "49646437577130777162115407028967465143858078037781250066");
    EXPECT_EQ(starting_sequence_number(stream.shards[17]).text().str(),
              "49646437577130777162115407028967465143858078037781250322");
    EXPECT_FALSE(ending_sequence_number(stream.shards[0]).has_value());
    stream.shards[0].closed = wall_time(1'700'000'100'999);
    EXPECT_EQ(ending_sequence_number(stream.shards[0])->text().str(),
              "49646437577119626789516141717395488358902146099801227266");
}

TEST(SequenceNumber, OfRecordsLieBetweenStartAndEndInOrderOfPosition) {
    Stream stream = stream_of(1);
    Shard& shard = stream.shards[0];
    shard.closed = wall_time(kCreated * 1000);
    std::mt19937_64 random(7);
    model::SequenceNumber last = starting_sequence_number(shard);
    std::uint64_t position = 0;
    for (int i = 0; i < 1000; ++i) {
        // Stamps may go back and may lie before the shard's creation: order is the position's.
        const WallTime stamp = wall_time(
            kCreated * 1000 + static_cast<std::int64_t>(random() % 2'000'000) - 1'000'000);
        const auto number = sequence_number(shard, storage::Position(position), stamp);
        EXPECT_GT(number, last);
        EXPECT_LT(number, *ending_sequence_number(shard));
        const auto parsed = model::ParsedSequence::parse(number.text());
        ASSERT_TRUE(parsed.has_value());
        EXPECT_EQ(parsed->index, position + 1);
        EXPECT_EQ(parsed->created_s, kCreated);
        EXPECT_EQ(parsed->time_s, std::max(kCreated, to_seconds(stamp)));
        last = number;
        position += 1 + random() % 1'000'000;
    }
}

TEST(SequenceNumber, ARecordNeverArrivesBeforeItsShardIsBorn) {
    const Stream stream = stream_of(1);
    const WallTime birth = wall_time(kCreated * 1000);
    EXPECT_EQ(arrival(stream.shards[0], birth - Millis(1)), birth);
    EXPECT_EQ(arrival(stream.shards[0], birth + Millis(1)), birth + Millis(1));
}

TEST(Stream, ManyKeysAreHashedAsEachAlone) {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < 43; ++i) {
        keys.push_back(std::to_string(i) + std::string(i % 5 * 25, 'k'));
    }
    std::vector<PutRecord> records;
    for (const std::string& key : keys) {
        const bool is_explicit = records.size() % 7 == 3;
        records.push_back({key, {}, std::nullopt});
        if (is_explicit) {
            records.back().explicit_hash = model::HashKey(records.size());
        }
    }
    std::vector<model::HashKey> hashes(records.size());
    hash_keys(records, hashes);
    for (std::size_t i = 0; i < records.size(); ++i) {
        EXPECT_EQ(hashes[i], hash_of(records[i])) << i;
        EXPECT_EQ(i % 7 == 3, hashes[i] == model::HashKey(i + 1)) << i;
    }
}

}  // namespace
}  // namespace millrace::stream
