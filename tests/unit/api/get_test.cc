#include "api/get.h"

#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

using std::chrono::hours;
using Texts = std::vector<std::string>;

class Get : public ApiTest {
protected:
    GetShardIteratorRequest at_number(std::string_view type, std::string_view number) {
        GetShardIteratorRequest request = iterator_request("orders", type);
        request.starting_sequence_number = number;
        return request;
    }
    GetShardIteratorRequest at_time(WallTime time) {
        GetShardIteratorRequest request = iterator_request("orders", "AT_TIMESTAMP");
        request.timestamp = time;
        return request;
    }
    void expect_refused(const GetShardIteratorRequest& request, std::string_view message) {
        expect_error(call(get_shard_iterator, request), ErrorType::kInvalidArgument, message);
    }
    static std::string number(std::int64_t created_s, std::uint32_t shard, std::uint64_t index,
                              std::int64_t time_s) {
        return model::SequenceNumber::make(created_s, model::ShardNo(shard), index, time_s)
            .text()
            .str();
    }
    std::int64_t created_s() {
        return broker_->catalog()
            .find(model::Identity{kAccount, "us-east-1"}, model::StreamName("orders"))
            ->created_s;
    }
};

TEST_F(Get, RecordsComeBackWholeAndInOrder) {
    create("orders");
    const PutRecordResponse first = put("orders", "key1", "data1");
    clock_.advance(Millis(1500));
    const PutRecordResponse second = put("orders", "key2", "data2");
    const auto answer = get(iterator("orders"));
    ASSERT_TRUE(answer);
    const auto& records = answer.value().records;
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[0].sequence_number, first.sequence_number);
    EXPECT_EQ(records[1].sequence_number, second.sequence_number);
    EXPECT_EQ(records[0].partition_key, "key1");
    EXPECT_EQ(as_text(records[1].data), "data2");
    EXPECT_EQ(to_ms(records[0].approximate_arrival_timestamp), kStartSeconds * 1000);
    EXPECT_EQ(to_ms(records[1].approximate_arrival_timestamp), kStartSeconds * 1000 + 1500);
    EXPECT_EQ(answer.value().millis_behind_latest, 0);
    EXPECT_TRUE(answer.value().next_shard_iterator);
    EXPECT_FALSE(answer.value().child_shards);
}

TEST_F(Get, IteratorIsUsableAgainAndSeesMore) {
    create("orders");
    put("orders", "k", "1");
    const std::string start = iterator("orders");
    EXPECT_EQ(data_at(start), Texts{"1"});
    put("orders", "k", "2");
    EXPECT_EQ(data_at(start), (Texts{"1", "2"}));
}

TEST_F(Get, NextIteratorDiffersAndGoesOn) {
    create("orders");
    std::string at = iterator("orders");
    for (int i = 0; i < 3; ++i) {
        const auto empty = get(at);
        ASSERT_TRUE(empty);
        ASSERT_TRUE(empty.value().next_shard_iterator);
        EXPECT_NE(*empty.value().next_shard_iterator, at);
        at = *empty.value().next_shard_iterator;
    }
    put("orders", "k", "1");
    put("orders", "k", "2");
    put("orders", "k", "3");
    GetRecordsRequest limited;
    limited.limit = 2;
    limited.shard_iterator = at;
    const auto two = call(get_records, limited);
    ASSERT_TRUE(two);
    EXPECT_EQ(two.value().records.size(), 2u);
    EXPECT_EQ(data_at(*two.value().next_shard_iterator), Texts{"3"});
}

TEST_F(Get, MillisBehindTellsTheAgeOfWhatWasRead) {
    create("orders");
    put("orders", "k", "1");
    clock_.advance(Millis(1000));
    put("orders", "k", "2");
    clock_.advance(Millis(500));
    const std::string at = iterator("orders");
    GetRecordsRequest one;
    one.limit = 1;
    one.shard_iterator = at;
    EXPECT_EQ(call(get_records, one).value().millis_behind_latest, 1500);
    EXPECT_EQ(get(at).value().millis_behind_latest, 0);
}

TEST_F(Get, WhoWorksOffABacklogWithoutAPauseGetsAMebibyteAtATime) {
    create("orders");
    const std::string data(1024 * 1024 - 1, 'x');
    for (int i = 0; i < 30; ++i) {
        put("orders", "k", data);
    }
    const auto read = [&](const std::string& at, std::optional<std::int32_t> limit = {}) {
        GetRecordsRequest request;
        request.shard_iterator = at;
        request.limit = limit;
        return call(get_records, request).value();
    };
    const auto first = read(iterator("orders"));
    EXPECT_EQ(first.records.size(), 10u) << "from an iterator of GetShardIterator";
    const std::string next = *first.next_shard_iterator;
    EXPECT_EQ(read(next, 10'000).records.size(), 10u) << "with a limit";
    const auto hurried = read(next);
    EXPECT_EQ(hurried.records.size(), 1u);
    EXPECT_EQ(read(*hurried.next_shard_iterator).records.size(), 1u);
    clock_.advance(Millis(250));
    const auto paused = read(next);
    EXPECT_EQ(paused.records.size(), 10u) << "after a pause";
    const auto rest = read(*paused.next_shard_iterator);
    EXPECT_EQ(rest.records.size(), 10u) << "of what one answer can hold";
    EXPECT_EQ(rest.millis_behind_latest, 0);
}

TEST_F(Get, AnAnswerStopsAtTenMebibytesButGivesOne) {
    CreateStreamRequest large;
    large.stream_name = "orders";
    large.shard_count = 1;
    large.max_record_size_in_kib = 10240;
    ASSERT_TRUE(call(create_stream, large));
    const std::string whole(10 * 1024 * 1024 - 1, 'x');
    const std::string third(4 * 1024 * 1024, 'y');
    put("orders", "k", whole);
    put("orders", "k", third);
    put("orders", "k", third);
    put("orders", "k", third);
    const auto first = get(iterator("orders"));
    ASSERT_TRUE(first);
    EXPECT_EQ(first.value().records.size(), 1u);
    const auto second = get(*first.value().next_shard_iterator);
    ASSERT_TRUE(second);
    EXPECT_EQ(second.value().records.size(), 2u);
}

TEST_F(Get, LatestStartsBehindWhatIsThere) {
    create("orders");
    put("orders", "k", "old");
    const std::string latest = iterator("orders", "LATEST");
    EXPECT_TRUE(data_at(latest).empty());
    put("orders", "k", "new");
    EXPECT_EQ(data_at(latest), Texts{"new"});
}

TEST_F(Get, SequenceNumbersStartAtOrAfter) {
    create("orders");
    const std::string first = put("orders", "k", "1").sequence_number.str();
    clock_.advance(Millis(2000));
    const std::string second = put("orders", "k", "2").sequence_number.str();
    EXPECT_EQ(data_at(iterator(at_number("AT_SEQUENCE_NUMBER", first))), (Texts{"1", "2"}));
    EXPECT_EQ(data_at(iterator(at_number("AFTER_SEQUENCE_NUMBER", first))), Texts{"2"});
    EXPECT_EQ(data_at(iterator(at_number("AT_SEQUENCE_NUMBER", second))), Texts{"2"});
    const std::string after_all = iterator(at_number("AFTER_SEQUENCE_NUMBER", second));
    EXPECT_TRUE(data_at(after_all).empty());
    put("orders", "k", "3");
    EXPECT_EQ(data_at(after_all), Texts{"3"});
    const std::string start = number(created_s(), 0, 0, created_s());
    EXPECT_EQ(data_at(iterator(at_number("AT_SEQUENCE_NUMBER", start))), (Texts{"1", "2", "3"}));
    EXPECT_EQ(data_at(iterator(at_number("AFTER_SEQUENCE_NUMBER", start))), (Texts{"1", "2", "3"}));
}

TEST_F(Get, TimestampsStartAtTheFirstRecordNotBefore) {
    create("orders");
    const WallTime start = clock_.now();
    put("orders", "k", "1");
    clock_.advance(Millis(1000));
    put("orders", "k", "2");
    EXPECT_EQ(data_at(iterator(at_time(start))), (Texts{"1", "2"}));
    EXPECT_EQ(data_at(iterator(at_time(start + Millis(1)))), Texts{"2"});
    EXPECT_EQ(data_at(iterator(at_time(start + Millis(1000)))), Texts{"2"});
    EXPECT_EQ(data_at(iterator(at_time(wall_time(0)))), (Texts{"1", "2"}));
    clock_.advance(Millis(1000));
    const std::string tip = iterator(at_time(clock_.now()));
    EXPECT_TRUE(data_at(tip).empty());
    put("orders", "k", "3");
    EXPECT_EQ(data_at(tip), Texts{"3"});
}

TEST_F(Get, TimestampMustBeThereAndPast) {
    create("orders");
    expect_refused(iterator_request("orders", "AT_TIMESTAMP"),
                   "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                   "Current request has no timestamp parameter.");
    expect_refused(at_time(clock_.now() + Millis(1)),
                   "The timestampInMillis parameter cannot be greater than the "
                   "currentTimestampInMillis. timestampInMillis: 1700000000001, "
                   "currentTimestampInMillis: 1700000000000");
    GetShardIteratorRequest ignored = at_time(clock_.now() + Millis(1));
    ignored.shard_iterator_type = "LATEST";
    EXPECT_TRUE(call(get_shard_iterator, ignored));
}

TEST_F(Get, TypeAndSequenceNumberMustFit) {
    create("orders");
    const std::string rule =
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
        "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
        "Request specified ";
    for (const std::string type : {"TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"}) {
        expect_refused(at_number(type, "5"), rule + type + " and also a StartingSequenceNumber.");
    }
    for (const std::string type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
        expect_refused(iterator_request("orders", type),
                       rule + type + " and no StartingSequenceNumber.");
    }
}

TEST_F(Get, SequenceNumberIsJudgedInOrder) {
    create("orders", 2);
    const std::string type = "AT_SEQUENCE_NUMBER";
    const std::string used = "StartingSequenceNumber ";
    const std::string where =
        " used in GetShardIterator on shard shardId-000000000000 in stream orders under account "
        "123456789012 is invalid";
    const std::string unparsable(100, '9');
    expect_refused(at_number(type, unparsable), used + unparsable + where + ".");
    expect_refused(at_number(type, "5"),
                   "Invalid StartingSequenceNumber. It encodes shardId-000000000005, while it was "
                   "used in a call to a shard with shardId-000000000000");
    const std::string second = number(created_s(), 1, 1, created_s());
    expect_refused(at_number(type, second),
                   "Invalid StartingSequenceNumber. It encodes shardId-000000000001, while it was "
                   "used in a call to a shard with shardId-000000000000");
    const std::string alien = number(created_s() - 1, 0, 1, created_s());
    expect_refused(at_number(type, alien),
                   used + alien + where + " because it did not come from this stream.");
    expect_refused(at_number(type, "0"),
                   used + "0" + where + " because it did not come from this stream.");
}

TEST_F(Get, NegativeShardOfANumberPrintsAsTheServiceDoes) {
    create("orders");
    // A starting number of shard 0 with the sign bit of its 32-bit shard field set: + 2^35.
    expect_refused(
        at_number("AT_SEQUENCE_NUMBER", "49646437577108476416916876405825929425585429710635008002"),
        "Invalid StartingSequenceNumber. It encodes shardId--02147483648, while it was used in a "
        "call to a shard with shardId-000000000000");
}

TEST_F(Get, ShardIdsAreReadLenientlyAndJudgedFirst) {
    create("orders");
    for (const char* id : {"0", "shardId-0", "x-0", "-0000"}) {
        GetShardIteratorRequest request = iterator_request("orders", "LATEST");
        request.shard_id = id;
        EXPECT_TRUE(call(get_shard_iterator, request)) << id;
    }
    GetShardIteratorRequest request = iterator_request("gone", "LATEST");
    request.shard_id = "ABKLFD8";
    expect_error(call(get_shard_iterator, request), ErrorType::kResourceNotFound,
                 "Could not find shard ABKLFD8 in stream gone under account 123456789012.");
    request = iterator_request("orders", "AT_SEQUENCE_NUMBER");
    request.shard_id = "shardId-5";
    expect_error(call(get_shard_iterator, request), ErrorType::kResourceNotFound,
                 "Shard shardId-000000000005 in stream orders under account 123456789012 does not "
                 "exist");
}

TEST_F(Get, IteratorsAreOpaqueAndChecked) {
    create("orders");
    const std::string good = iterator("orders");
    EXPECT_LE(good.size(), 512u);
    std::string altered = good;
    altered[altered.size() / 2] = altered[altered.size() / 2] == 'A' ? 'B' : 'A';
    for (const std::string& bad : {altered, std::string("nonsense"), good.substr(4), good + good}) {
        expect_error(get(bad), ErrorType::kInvalidArgument, "Invalid ShardIterator.");
    }
    EXPECT_TRUE(get("\"" + good + "\"")) << "quotes are ignored, as by the service";
}

TEST_F(Get, IteratorsExpire) {
    clock_.set(wall_time(1'421'889'722'000));  // Thu Jan 22 01:22:02 UTC 2015
    create("orders");
    const std::string at = iterator("orders");
    clock_.advance(Millis(300'000));
    ASSERT_TRUE(get(at));
    clock_.advance(Millis(1000));
    expect_error(get(at), ErrorType::kExpiredIterator,
                 "Iterator expired. The iterator was created at time Thu Jan 22 01:22:02 UTC 2015 "
                 "while right now it is Thu Jan 22 01:27:03 UTC 2015 which is further in the "
                 "future than the tolerated delay of 300000 milliseconds.");
}

TEST_F(Get, AFreshIteratorRestartsTheClock) {
    create("orders");
    std::string at = iterator("orders");
    for (int i = 0; i < 3; ++i) {
        clock_.advance(Millis(250'000));
        const auto answer = get(at);
        ASSERT_TRUE(answer);
        at = *answer.value().next_shard_iterator;
    }
}

TEST_F(Get, ExpiryComesBeforeNotFound) {
    create("orders");
    const std::string at = iterator("orders");
    remove("orders");
    clock_.advance(Millis(300'001));
    EXPECT_EQ(get(at).error().type, ErrorType::kExpiredIterator);
}

TEST_F(Get, IteratorsOutliveARestartButNotTheirStream) {
    create("orders");
    put("orders", "k", "1");
    const std::string at = iterator("orders");
    open();
    EXPECT_EQ(data_at(at), Texts{"1"});
    remove("orders");
    create("orders");
    expect_error(get(at), ErrorType::kResourceNotFound,
                 "Shard shardId-000000000000 in stream orders under account 123456789012 does not "
                 "exist");
}

TEST_F(Get, StreamArnMustBeTheIterators) {
    create("orders");
    GetRecordsRequest request;
    const std::string at = iterator("orders");
    request.shard_iterator = at;
    request.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
    EXPECT_TRUE(call(get_records, request));
    request.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/other";
    expect_error(call(get_records, request), ErrorType::kInvalidArgument,
                 "StreamARN arn:aws:kinesis:us-east-1:123456789012:stream/other does not match the "
                 "shard iterator.");
}

TEST_F(Get, IteratorOfAnotherRegionNamesNothingHere) {
    create("orders");
    const std::string from = iterator("orders");
    GetRecordsRequest request;
    request.shard_iterator = from;
    expect_error(call_as(context(kAccount, "eu-west-1"), get_records, request),
                 ErrorType::kResourceNotFound,
                 "Shard shardId-000000000000 in stream orders under account 123456789012 does not "
                 "exist");
}

TEST_F(Get, IteratorOfAnotherAccountIsDenied) {
    create("orders");
    GetRecordsRequest request;
    const std::string at = iterator("orders");
    request.shard_iterator = at;
    const auto answer = call_as(context("999999999999"), get_records, request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().type, ErrorType::kAccessDenied);
}

class GetClosed : public Get {
protected:
    void SetUp() override {
        Get::SetUp();
        plant_family();
    }
    GetShardIteratorRequest of_shard(std::string_view shard, std::string_view type) {
        GetShardIteratorRequest request = iterator_request("family", type);
        request.shard_id = shard;
        return request;
    }
};

TEST_F(GetClosed, LastRecordsComeWithTheChildrenOfASplit) {
    const auto answer = get(iterator(of_shard("3", "TRIM_HORIZON")));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value().records.size(), 3u);
    EXPECT_EQ(answer.value().millis_behind_latest, 0);
    EXPECT_FALSE(answer.value().next_shard_iterator);
    ASSERT_TRUE(answer.value().child_shards);
    const auto& children = *answer.value().child_shards;
    ASSERT_EQ(children.size(), 2u);
    EXPECT_EQ(children[0].shard_id.view(), "shardId-000000000006");
    EXPECT_EQ(children[1].shard_id.view(), "shardId-000000000007");
    EXPECT_EQ(children[0].parent_shards, Texts{"shardId-000000000003"});
    EXPECT_EQ(children[0].hash_key_range.starting_hash_key, "0");
}

TEST_F(GetClosed, ChildOfAMergeNamesBothParents) {
    for (const char* shard : {"1", "2"}) {
        const auto answer = get(iterator(of_shard(shard, "LATEST")));
        ASSERT_TRUE(answer);
        EXPECT_TRUE(answer.value().records.empty());
        EXPECT_FALSE(answer.value().next_shard_iterator);
        ASSERT_TRUE(answer.value().child_shards);
        ASSERT_EQ(answer.value().child_shards->size(), 1u);
        EXPECT_EQ((*answer.value().child_shards)[0].shard_id.view(), "shardId-000000000005");
        EXPECT_EQ((*answer.value().child_shards)[0].parent_shards,
                  (Texts{"shardId-000000000001", "shardId-000000000002"}));
    }
}

TEST_F(GetClosed, BeforeTheEndThereIsANextIteratorAndNoChild) {
    GetRecordsRequest request;
    std::string at = iterator(of_shard("1", "TRIM_HORIZON"));
    Texts data;
    for (int i = 0; i < 3; ++i) {
        request.limit = 1;
        request.shard_iterator = at;
        const auto answer = call(get_records, request);
        ASSERT_TRUE(answer);
        ASSERT_EQ(answer.value().records.size(), 1u);
        data.emplace_back(as_text(answer.value().records[0].data));
        EXPECT_EQ(answer.value().next_shard_iterator.has_value(), i < 2);
        EXPECT_EQ(answer.value().child_shards.has_value(), i == 2);
        at = answer.value().next_shard_iterator.value_or("");
    }
    EXPECT_EQ(data, (Texts{"a", "b", "c"}));
}

TEST_F(GetClosed, EndingNumberOfAShardIsItsEnd) {
    DescribeStreamRequest describe;
    describe.stream_name = "family";
    const auto described = call(describe_stream, describe);
    ASSERT_TRUE(described);
    const ShardMember& shard = described.value().stream_description.shards[0];
    ASSERT_EQ(shard.shard_id.view(), "shardId-000000000001");
    for (const char* type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
        GetShardIteratorRequest request = of_shard("1", type);
        request.starting_sequence_number = *shard.sequence_number_range.ending_sequence_number;
        const auto answer = get(iterator(request));
        ASSERT_TRUE(answer);
        EXPECT_TRUE(answer.value().records.empty());
        EXPECT_TRUE(answer.value().child_shards);
    }
}

TEST_F(GetClosed, ExpiredShardDoesNotExist) {
    expect_error(call(get_shard_iterator, of_shard("0", "LATEST")), ErrorType::kResourceNotFound,
                 "Shard shardId-000000000000 in stream family under account 123456789012 does not "
                 "exist");
}

class GetLimited : public Get {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        create("orders", 2);
    }
    void limit() {
        stream::Settings settings;
        settings.rates.enforced = true;
        open(settings);
    }
    static constexpr std::string_view kMessage =
        "Rate exceeded for Shard - 123456789012/orders/shardId-000000000000";
};

TEST_F(GetLimited, FiveReadsAndFiveIteratorsASecond) {
    limit();
    std::string at;
    for (int i = 0; i < 5; ++i) {
        at = iterator("orders");
    }
    expect_error(call(get_shard_iterator, iterator_request("orders", "LATEST")),
                 ErrorType::kProvisionedThroughputExceeded, kMessage);
    GetShardIteratorRequest other = iterator_request("orders", "LATEST");
    other.shard_id = "1";
    EXPECT_TRUE(call(get_shard_iterator, other));
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(get(at));
    }
    expect_error(get(at), ErrorType::kProvisionedThroughputExceeded, kMessage);
    clock_.advance(Millis(200));
    EXPECT_TRUE(get(at));
    EXPECT_FALSE(get(at));
}

TEST_F(GetLimited, AfterTenMebibytesFiveSecondsOfReadsAreRefused) {
    const std::string mebibyte((1 << 20) - 1, 'x');
    for (int i = 0; i < 10; ++i) {
        put("orders", "a", mebibyte);
    }
    limit();
    const std::string at = iterator("orders");
    const auto first = get(at);
    ASSERT_TRUE(first) << first.error().message;
    EXPECT_EQ(first.value().records.size(), 10u);
    for (int i = 0; i < 9; ++i) {
        expect_error(get(at), ErrorType::kProvisionedThroughputExceeded, kMessage);
        clock_.advance(Millis(500));
    }
    clock_.advance(Millis(499));
    EXPECT_FALSE(get(at));
    clock_.advance(Millis(1));
    EXPECT_TRUE(get(at));
}

}  // namespace
}  // namespace millrace::api
