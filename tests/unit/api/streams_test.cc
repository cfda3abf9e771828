#include "api/streams.h"

#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

class Streams : public ApiTest {
protected:
    CreateStreamRequest create_request(std::string_view name, std::optional<std::int32_t> shards,
                                       std::optional<std::string_view> mode = {}) {
        CreateStreamRequest request;
        request.stream_name = name;
        request.shard_count = shards;
        if (mode) {
            request.stream_mode_details = StreamModeDetails{mode};
        }
        return request;
    }
    StreamDescription describe(std::string_view name, std::optional<std::int32_t> limit = {},
                               std::optional<std::string_view> after = {}) {
        DescribeStreamRequest request;
        request.stream_name = name;
        request.limit = limit;
        request.exclusive_start_shard_id = after;
        const auto answer = call(describe_stream, request);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? answer.value().stream_description : StreamDescription{};
    }
    StreamDescriptionSummary summary(std::string_view name) {
        DescribeStreamSummaryRequest request;
        request.stream_name = name;
        const auto answer = call(describe_stream_summary, request);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? answer.value().stream_description_summary : StreamDescriptionSummary{};
    }
    ListStreamsResponse list(std::optional<std::int32_t> limit = {},
                             std::optional<std::string_view> token = {},
                             std::optional<std::string_view> after = {}) {
        ListStreamsRequest request;
        request.limit = limit;
        request.next_token = token;
        request.exclusive_start_stream_name = after;
        const auto answer = call(list_streams, request);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? answer.value() : ListStreamsResponse{};
    }
};

TEST_F(Streams, ProvisionedStreamIsDescribed) {
    create("orders", 2);
    const StreamDescription d = describe("orders");
    EXPECT_EQ(d.stream_name, "orders");
    EXPECT_EQ(d.stream_arn, "arn:aws:kinesis:us-east-1:123456789012:stream/orders");
    EXPECT_EQ(d.stream_status, "ACTIVE");
    EXPECT_EQ(d.stream_mode_details.stream_mode, "PROVISIONED");
    EXPECT_EQ(d.retention_period_hours, 24);
    EXPECT_EQ(to_ms(d.stream_creation_timestamp) % 1000, 0);
    EXPECT_LE(to_seconds(d.stream_creation_timestamp), kStartSeconds);
    EXPECT_EQ(d.encryption_type, "NONE");
    EXPECT_FALSE(d.has_more_shards);
    ASSERT_EQ(d.enhanced_monitoring.size(), 1u);
    EXPECT_TRUE(d.enhanced_monitoring[0].shard_level_metrics.empty());
    ASSERT_EQ(d.shards.size(), 2u);
    EXPECT_EQ(d.shards[0].shard_id.view(), "shardId-000000000000");
    EXPECT_EQ(d.shards[0].hash_key_range.starting_hash_key, "0");
    EXPECT_EQ(d.shards[0].hash_key_range.ending_hash_key,
              "170141183460469231731687303715884105727");
    EXPECT_EQ(d.shards[1].hash_key_range.ending_hash_key,
              "340282366920938463463374607431768211455");
    EXPECT_FALSE(d.shards[0].parent_shard_id);
    EXPECT_FALSE(d.shards[0].sequence_number_range.ending_sequence_number);
    const auto start =
        model::ParsedSequence::parse(d.shards[1].sequence_number_range.starting_sequence_number);
    ASSERT_TRUE(start);
    EXPECT_EQ(start->shard_index, 1);
    EXPECT_EQ(start->index, 0u);
}

TEST_F(Streams, SummaryCountsInsteadOfListing) {
    create("orders", 3);
    const StreamDescriptionSummary s = summary("orders");
    EXPECT_EQ(s.stream_name, "orders");
    EXPECT_EQ(s.stream_status, "ACTIVE");
    EXPECT_EQ(s.open_shard_count, 3);
    EXPECT_EQ(s.consumer_count, 0);
    EXPECT_EQ(s.max_record_size_in_kib, 1024);
    EXPECT_EQ(s.retention_period_hours, 24);
    EXPECT_EQ(s.encryption_type, "NONE");
    EXPECT_EQ(s.enhanced_monitoring.size(), 1u);
}

TEST_F(Streams, WithoutCountAndModeItIsOnDemandWithFourShards) {
    ASSERT_TRUE(call(create_stream, create_request("auto", std::nullopt)));
    EXPECT_EQ(summary("auto").stream_mode_details.stream_mode, "ON_DEMAND");
    EXPECT_EQ(summary("auto").open_shard_count, 4);
}

TEST_F(Streams, ModeAndCountMustFit) {
    expect_error(call(create_stream, create_request("s", std::nullopt, "PROVISIONED")),
                 ErrorType::kValidation,
                 "Request is invalid. ShardCount is required for PROVISIONED stream mode.");
    expect_error(call(create_stream, create_request("s", 2, "ON_DEMAND")), ErrorType::kValidation,
                 "Request is invalid. ShardCount cannot be specified for ON_DEMAND stream mode.");
    EXPECT_TRUE(call(create_stream, create_request("a", 2, "PROVISIONED")));
    EXPECT_TRUE(call(create_stream, create_request("b", std::nullopt, "ON_DEMAND")));
}

TEST_F(Streams, WarmThroughputIsRefused) {
    CreateStreamRequest request = create_request("s", std::nullopt, "ON_DEMAND");
    request.warm_throughput_mibps = 10;
    const auto answer = call(create_stream, request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().type, ErrorType::kValidation);
}

TEST_F(Streams, RecordSizeAndTagsOfCreationStay) {
    CreateStreamRequest request = create_request("s", 1);
    request.max_record_size_in_kib = 10240;
    request.tags = model::TextMap{{"team", "blue"}};
    ASSERT_TRUE(call(create_stream, request));
    EXPECT_EQ(summary("s").max_record_size_in_kib, 10240);
    ListTagsForStreamRequest tags;
    tags.stream_name = "s";
    const auto answer = call(list_tags_for_stream, tags);
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer.value().tags.size(), 1u);
    EXPECT_EQ(answer.value().tags[0].value, "blue");
}

TEST_F(Streams, TagsOfCreationAreChecked) {
    CreateStreamRequest request = create_request("s", 1);
    request.tags = model::TextMap{{"a;b", "v"}};
    expect_error(call(create_stream, request), ErrorType::kInvalidArgument,
                 "Some tags contain invalid characters. Valid characters: Unicode letters, "
                 "digits, white space, _ . / = + - % @.");
}

TEST_F(Streams, SecondOfANameExistsAlready) {
    create("orders");
    expect_error(call(create_stream, create_request("orders", 1)), ErrorType::kResourceInUse,
                 "Stream orders under account 123456789012 already exists.");
}

TEST_F(Streams, ExistingNameWinsOverQuotas) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    settings.quotas.shards_max = 2;
    open(settings);
    create("orders", 2);
    expect_error(call(create_stream, create_request("orders", 1)), ErrorType::kResourceInUse,
                 "Stream orders under account 123456789012 already exists.");
}

TEST_F(Streams, ShardQuotaIsReportedWithItsNumbers) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    settings.quotas.shards_max = 5;
    open(settings);
    create("orders", 3);
    expect_error(
        call(create_stream, create_request("clicks", 3)), ErrorType::kLimitExceeded,
        "This request would exceed the shard limit for the account 123456789012 in us-east-1. "
        "Current shard count for the account: 3. Limit: 5. Number of additional shards that would "
        "have resulted from this request: 3. Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits "
        "and how to request higher limits.");
    create("clicks", 2);
}

TEST_F(Streams, OnDemandQuotaIsReportedWithItsNumbers) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    settings.quotas.on_demand_streams_max = 1;
    open(settings);
    ASSERT_TRUE(call(create_stream, create_request("a", std::nullopt)));
    expect_error(
        call(create_stream, create_request("b", std::nullopt)), ErrorType::kLimitExceeded,
        "This request would exceed the limit on the number of On-Demand streams for the "
        "account 123456789012 in us-east-1. Current On-Demand streams count: 1. Limit: 1.");
}

TEST_F(Streams, OnlySoManyMayBeCreatingAtOnce) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    settings.create_delay = Millis(1000);
    open(settings);
    for (const char* name : {"a", "b", "c", "d", "e"}) {
        create(name);
    }
    expect_error(call(create_stream, create_request("f", 1)), ErrorType::kLimitExceeded,
                 "This request would have exceed the limit on the number of streams that can "
                 "simultaneously be in CREATING or DELETING for the account 123456789012. Limit: "
                 "5.");
    clock_.advance(Millis(1000));
    create("f");
}

TEST_F(Streams, CreatingStreamHasNoShardsAndTakesNoRecords) {
    stream::Settings settings;
    settings.create_delay = Millis(500);
    open(settings);
    create("slow", 2);
    EXPECT_EQ(describe("slow").stream_status, "CREATING");
    EXPECT_TRUE(describe("slow").shards.empty());
    EXPECT_EQ(summary("slow").open_shard_count, 0);
    EXPECT_EQ(list().stream_names, std::vector<std::string>{"slow"});

    PutRecordRequest put;
    put.stream_name = "slow";
    put.partition_key = "k";
    put.data.emplace();
    expect_error(call(put_record, put), ErrorType::kResourceNotFound,
                 "Stream slow under account 123456789012 not found.");
    expect_error(call(get_shard_iterator, iterator_request("slow", "LATEST")),
                 ErrorType::kResourceNotFound,
                 "Shard shardId-000000000000 in stream slow under account 123456789012 does not "
                 "exist");
    ListShardsRequest shards;
    shards.stream_name = "slow";
    expect_error(call(list_shards, shards), ErrorType::kResourceInUse,
                 "Stream slow under account 123456789012 not ACTIVE, instead in state CREATING");

    clock_.advance(Millis(500));
    EXPECT_EQ(describe("slow").stream_status, "ACTIVE");
    EXPECT_EQ(describe("slow").shards.size(), 2u);
}

TEST_F(Streams, CreatingStreamCanBeDeleted) {
    stream::Settings settings;
    settings.create_delay = Millis(500);
    open(settings);
    create("slow");
    remove("slow");
    EXPECT_TRUE(list().stream_names.empty());
}

TEST_F(Streams, DeletedStreamIsGone) {
    create("orders");
    const std::string old = iterator("orders");
    remove("orders");
    DescribeStreamRequest request;
    request.stream_name = "orders";
    expect_error(call(describe_stream, request), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
    expect_error(get(old), ErrorType::kResourceNotFound,
                 "Shard shardId-000000000000 in stream orders under account 123456789012 does not "
                 "exist");
}

TEST_F(Streams, DeletingStreamCannotBeDeletedAgainAndIsStillRead) {
    stream::Settings settings;
    settings.delete_delay = Millis(500);
    open(settings);
    create("orders");
    put("orders", "k", "v");
    const std::string start = iterator("orders");
    remove("orders");
    EXPECT_EQ(describe("orders").stream_status, "DELETING");
    DeleteStreamRequest again;
    again.stream_name = "orders";
    expect_error(call(delete_stream, again), ErrorType::kResourceInUse,
                 "Stream orders under account 123456789012 not ACTIVE, instead in state DELETING");
    expect_error(call(create_stream, create_request("orders", 1)), ErrorType::kResourceInUse,
                 "Stream orders under account 123456789012 already exists.");
    EXPECT_EQ(data_at(start), std::vector<std::string>{"v"});
    PutRecordRequest late;
    late.stream_name = "orders";
    late.partition_key = "k";
    late.data.emplace();
    expect_error(call(put_record, late), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
    clock_.advance(Millis(500));
    EXPECT_TRUE(list().stream_names.empty());
}

TEST_F(Streams, DescribePagesThroughShards) {
    create("wide", 250);
    StreamDescription page = describe("wide");
    EXPECT_EQ(page.shards.size(), 100u);
    EXPECT_TRUE(page.has_more_shards);
    std::size_t seen = 100;
    while (page.has_more_shards) {
        const std::string last = page.shards.back().shard_id.str();
        page = describe("wide", 10000, last);
        EXPECT_GT(page.shards.front().shard_id.view(), last);
        seen += page.shards.size();
    }
    EXPECT_EQ(seen, 250u);
    EXPECT_EQ(describe("wide", 7).shards.size(), 7u);
    EXPECT_TRUE(describe("wide", 7).has_more_shards);
    EXPECT_TRUE(describe("wide", 1, "zzz").shards.empty());
    EXPECT_FALSE(describe("wide", 1, "zzz").has_more_shards);
}

TEST_F(Streams, LimitsCountByMode) {
    create("a", 3);
    create("b", 2);
    ASSERT_TRUE(call(create_stream, create_request("c", std::nullopt)));
    const auto answer = call(describe_limits, DescribeLimitsRequest{});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value().open_shard_count, 5);
    EXPECT_EQ(answer.value().on_demand_stream_count, 1);
    EXPECT_EQ(answer.value().on_demand_stream_count_limit, 50);
    EXPECT_EQ(answer.value().shard_limit, 20000);
}

TEST_F(Streams, ListIsInByteOrderWithSummaries) {
    for (const char* name : {"b", "a", "C", "a.b", "a-b"}) {
        create(name);
    }
    const ListStreamsResponse all = list();
    EXPECT_EQ(all.stream_names, (std::vector<std::string>{"C", "a", "a-b", "a.b", "b"}));
    EXPECT_FALSE(all.has_more_streams);
    EXPECT_FALSE(all.next_token);
    ASSERT_EQ(all.stream_summaries.size(), 5u);
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(all.stream_summaries[i].stream_name, all.stream_names[i]);
        EXPECT_EQ(all.stream_summaries[i].stream_arn,
                  "arn:aws:kinesis:us-east-1:123456789012:stream/" + all.stream_names[i]);
        EXPECT_EQ(all.stream_summaries[i].stream_status, "ACTIVE");
        EXPECT_EQ(all.stream_summaries[i].stream_mode_details.stream_mode, "PROVISIONED");
    }
    EXPECT_EQ(list({}, {}, "a").stream_names, (std::vector<std::string>{"a-b", "a.b", "b"}));
    EXPECT_EQ(list({}, {}, "a,").stream_names, (std::vector<std::string>{"a-b", "a.b", "b"}));
}

TEST_F(Streams, ListPagesByToken) {
    for (int i = 0; i < 5; ++i) {
        create("s" + std::to_string(i));
    }
    std::vector<std::string> seen;
    ListStreamsResponse page = list(2);
    for (;;) {
        seen.insert(seen.end(), page.stream_names.begin(), page.stream_names.end());
        EXPECT_EQ(page.has_more_streams, page.next_token.has_value());
        if (!page.next_token) {
            break;
        }
        page = list(2, *page.next_token);
    }
    EXPECT_EQ(seen, (std::vector<std::string>{"s0", "s1", "s2", "s3", "s4"}));
}

TEST_F(Streams, ListTokensAreChecked) {
    create("a");
    create("b");
    const std::string token = *list(1).next_token;
    ListStreamsRequest request;
    request.next_token = token;
    request.exclusive_start_stream_name = "a";
    expect_error(call(list_streams, request), ErrorType::kInvalidArgument,
                 "NextToken and ExclusiveStartStreamName cannot be provided together.");
    request.exclusive_start_stream_name.reset();
    request.next_token = "nonsense";
    expect_error(call(list_streams, request), ErrorType::kInvalidArgument, "Invalid NextToken.");
    request.next_token = token;
    clock_.advance(Millis(300'001));
    expect_error(call(list_streams, request), ErrorType::kExpiredNextToken,
                 "NextToken has expired.");
}

TEST_F(Streams, ListShowsAHundredAtMost) {
    for (int i = 0; i < 101; ++i) {
        create("s" + std::to_string(1000 + i));
    }
    EXPECT_EQ(list().stream_names.size(), 100u);
    EXPECT_EQ(list(10000).stream_names.size(), 100u);
    EXPECT_TRUE(list().has_more_streams);
}

TEST_F(Streams, ListIsOfOneAccountAndRegion) {
    create("mine");
    EXPECT_TRUE(call_as(context("999999999999"), list_streams, ListStreamsRequest{})
                    .value()
                    .stream_names.empty());
    EXPECT_TRUE(call_as(context(kAccount, "eu-west-1"), list_streams, ListStreamsRequest{})
                    .value()
                    .stream_names.empty());
}

TEST_F(Streams, StreamsSurviveARestart) {
    create("orders", 3);
    put("orders", "k", "v");
    open();
    EXPECT_EQ(describe("orders").shards.size(), 3u);
}

}  // namespace
}  // namespace millrace::api
