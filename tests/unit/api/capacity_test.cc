#include "api/capacity.h"

#include <set>

#include "api/account.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr const char* kArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
constexpr const char* kUnsupported =
    "Request is invalid. Warm throughput is only supported for On-Demand streams in accounts with "
    "MinimumThroughputBillingCommitment enabled.";
constexpr const char* kNotAvailable =
    "Request is invalid. WarmThroughputMiBps can be specified only for ON_DEMAND stream mode in "
    "accounts with a minimum throughput billing commitment.";
constexpr const char* kMissingKey =
    "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: "
    "Member "
    "must not be null";

class Capacity : public ApiTest {
protected:
    void commit() {
        UpdateAccountSettingsRequest request;
        request.minimum_throughput_billing_commitment.emplace().status = "ENABLED";
        ASSERT_TRUE(call(update_account_settings, request));
    }
    Answer<Nothing> create_on_demand(std::optional<std::int32_t> warm = {},
                                     std::optional<std::string_view> strategy = {}) {
        CreateStreamRequest request;
        request.stream_name = "orders";
        request.warm_throughput_mibps = warm;
        request.record_distribution_strategy = strategy;
        return call(create_stream, request);
    }
    StreamDescriptionSummary summary() {
        DescribeStreamSummaryRequest request;
        request.stream_name = "orders";
        return call(describe_stream_summary, request).value().stream_description_summary;
    }
    Answer<UpdateStreamWarmThroughputResponse> warm(std::int32_t mibps) {
        UpdateStreamWarmThroughputRequest request;
        request.stream_name = "orders";
        request.warm_throughput_mibps = mibps;
        return call(update_stream_warm_throughput, request);
    }
    Answer<Nothing> resize(std::int32_t kib, std::optional<std::string_view> arn = kArn) {
        UpdateMaxRecordSizeRequest request;
        request.stream_arn = arn;
        request.max_record_size_in_kib = kib;
        return call(update_max_record_size, request);
    }
    Answer<Nothing> distribute(std::string_view strategy, std::string_view arn = kArn) {
        UpdateDistributionRequest request;
        request.stream_arn = arn;
        request.record_distribution_strategy = strategy;
        return call(update_stream_record_distribution_strategy, request);
    }
    static PutRecordRequest keyless(std::string_view data = "d") {
        PutRecordRequest request;
        request.stream_name = "orders";
        request.data = as_bytes(data);
        return request;
    }
};

TEST_F(Capacity, RecordSizeHoldsForLaterPutsAndSurvives) {
    create("orders");
    const std::string data(2 << 20, 'x');
    PutRecordRequest big = keyless(data);
    big.partition_key = "k";
    EXPECT_FALSE(call(put_record, big));
    ASSERT_TRUE(resize(4096));
    EXPECT_TRUE(call(put_record, big));
    open();
    EXPECT_EQ(summary().max_record_size_in_kib, 4096);
    ASSERT_TRUE(resize(1024));
    EXPECT_FALSE(call(put_record, big));
    EXPECT_EQ(data_at(iterator("orders")).size(), 1u) << "what is stored stays readable";
}

TEST_F(Capacity, RecordSizeNeedsAnActiveStreamByArn) {
    expect_error(resize(2048, std::nullopt), ErrorType::kInvalidArgument,
                 "Either StreamName or StreamARN should be provided.");
    expect_error(resize(2048), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
    stream::Settings settings;
    settings.update_delay = Millis(1000);
    open(settings);
    create("orders");
    ASSERT_TRUE(resize(2048));
    EXPECT_EQ(summary().stream_status, "UPDATING");
    expect_error(resize(4096), ErrorType::kResourceInUse,
                 "Stream orders under account 123456789012 not ACTIVE, instead in state UPDATING");
    clock_.advance(Millis(1000));
    EXPECT_EQ(summary().stream_status, "ACTIVE");
}

TEST_F(Capacity, WarmThroughputIsForCommittedAccountsWithOnDemandStreams) {
    expect_error(create_on_demand(8), ErrorType::kValidation, kNotAvailable);
    ASSERT_TRUE(create_on_demand());
    expect_error(warm(8), ErrorType::kValidation, kUnsupported);
    EXPECT_FALSE(summary().warm_throughput);
    commit();
    EXPECT_EQ(summary().warm_throughput->target_mibps, 0);
    const auto answer = warm(8);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer.value().stream_name, "orders");
    EXPECT_EQ(answer.value().stream_arn, kArn);
    EXPECT_EQ(answer.value().warm_throughput.target_mibps, 8);
    EXPECT_EQ(answer.value().warm_throughput.current_mibps, 8);
    open();
    EXPECT_EQ(summary().warm_throughput->target_mibps, 8);
    EXPECT_EQ(summary().warm_throughput->current_mibps, 8);
    EXPECT_EQ(summary().open_shard_count, 8);
    ASSERT_TRUE(warm(2)) << "shards are never taken away";
    EXPECT_EQ(summary().warm_throughput->target_mibps, 2);
    EXPECT_EQ(summary().open_shard_count, 8);
    expect_error(warm(10241), ErrorType::kLimitExceeded,
                 "This request would exceed the limit on warm throughput. Limit: 10240 MiB/s. "
                 "Requested: 10241 MiB/s.");
    remove("orders");
    expect_error(warm(8), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
    create("orders");
    expect_error(warm(8), ErrorType::kValidation, kUnsupported);
    EXPECT_FALSE(summary().warm_throughput) << "provisioned";
}

TEST_F(Capacity, AStreamIsCreatedWarm) {
    commit();
    expect_error(create_on_demand(10241), ErrorType::kLimitExceeded,
                 "This request would exceed the limit on warm throughput. Limit: 10240 MiB/s. "
                 "Requested: 10241 MiB/s.");
    CreateStreamRequest provisioned;
    provisioned.stream_name = "orders";
    provisioned.shard_count = 1;
    provisioned.warm_throughput_mibps = 1;
    expect_error(call(create_stream, provisioned), ErrorType::kValidation, kNotAvailable);
    ASSERT_TRUE(create_on_demand(7));
    EXPECT_EQ(summary().open_shard_count, 7);
    EXPECT_EQ(summary().warm_throughput->target_mibps, 7);
    EXPECT_EQ(summary().warm_throughput->current_mibps, 7);
    remove("orders");
    ASSERT_TRUE(create_on_demand(1));
    EXPECT_EQ(summary().open_shard_count, 4);
}

TEST_F(Capacity, TheStrategyIsOfOnDemandStreams) {
    CreateStreamRequest provisioned;
    provisioned.stream_name = "orders";
    provisioned.shard_count = 1;
    provisioned.record_distribution_strategy = "AUTO";
    expect_error(
        call(create_stream, provisioned), ErrorType::kInvalidArgument,
        "RecordDistributionStrategy AUTO can be specified only for ON_DEMAND stream mode.");
    provisioned.record_distribution_strategy = "USER_PARTITION_KEY";
    ASSERT_TRUE(call(create_stream, provisioned));
    EXPECT_FALSE(summary().record_distribution_strategy);
    for (const char* strategy : {"AUTO", "USER_PARTITION_KEY"}) {
        expect_error(distribute(strategy), ErrorType::kInvalidArgument,
                     "Stream orders under account 123456789012 is not in On-Demand mode. "
                     "RecordDistributionStrategy can be updated only for On-Demand streams.");
    }
    remove("orders");
    ASSERT_TRUE(create_on_demand({}, "AUTO"));
    EXPECT_EQ(summary().record_distribution_strategy, "AUTO");
    remove("orders");
    ASSERT_TRUE(create_on_demand());
    EXPECT_EQ(summary().record_distribution_strategy, "USER_PARTITION_KEY");
    ASSERT_TRUE(distribute("AUTO"));
    ASSERT_TRUE(distribute("AUTO")) << "the same value again";
    EXPECT_EQ(summary().stream_status, "ACTIVE");
    open();
    EXPECT_EQ(summary().record_distribution_strategy, "AUTO");
    expect_error(distribute("AUTO", "arn:aws:kinesis:us-east-1:123456789012:stream/none"),
                 ErrorType::kResourceNotFound, "Stream none under account 123456789012 not found.");
}

TEST_F(Capacity, KeysAreRequiredUntilTheStrategyIsAuto) {
    expect_error(call(put_record, keyless()), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
    ASSERT_TRUE(create_on_demand());
    expect_error(call(put_record, keyless()), ErrorType::kValidation, kMissingKey);
    PutRecordsRequest batch;
    batch.stream_name = "orders";
    batch.records.emplace();
    batch.records->push_back({"k", std::nullopt, as_bytes("1")});
    batch.records->push_back({std::nullopt, std::nullopt, as_bytes("2")});
    expect_error(
        call(put_records, batch), ErrorType::kValidation,
        "1 validation error detected: Value null at 'records.2.member.partitionKey' failed "
        "to satisfy constraint: Member must not be null");
    const PutRecordsRequestEntry none{std::nullopt, std::nullopt, as_bytes("2")};
    batch.records->assign(12, none);
    const auto many = call(put_records, batch);
    ASSERT_FALSE(many);
    EXPECT_TRUE(
        many.error().message.starts_with("12 validation errors detected: Value null at "
                                         "'records.1.member.partitionKey'"));
    EXPECT_EQ(many.error().message.find("records.11"), std::string::npos);

    ASSERT_TRUE(distribute("AUTO"));
    EXPECT_TRUE(call(put_record, keyless()));
    EXPECT_EQ(call(put_records, batch).value().failed_record_count, 0);
    ASSERT_TRUE(distribute("USER_PARTITION_KEY"));
    expect_error(call(put_record, keyless()), ErrorType::kValidation, kMissingKey);
}

TEST_F(Capacity, AutoSpreadsRecordsAndKeepsTheKeysThatAreGiven) {
    ASSERT_TRUE(create_on_demand({}, "AUTO"));
    PutRecordsRequest batch;
    batch.stream_name = "orders";
    batch.records.emplace();
    for (int i = 0; i < 8; ++i) {
        const bool keyed = i % 2 == 0;
        batch.records->push_back({keyed ? std::optional<std::string_view>("same") : std::nullopt,
                                  keyed ? std::optional<std::string_view>("0") : std::nullopt,
                                  as_bytes("d")});
    }
    const auto answer = call(put_records, batch);
    ASSERT_TRUE(answer) << answer.error().message;
    std::set<std::string> shards;
    for (const PutRecordsResultEntry& entry : answer.value().records) {
        shards.insert(entry.shard_id->str());
    }
    EXPECT_EQ(shards.size(), 4u) << "neither key nor explicit hash place a record";
    std::size_t keyed = 0;
    std::size_t keyless_records = 0;
    for (const std::string& shard : shards) {
        GetShardIteratorRequest at = iterator_request("orders", "TRIM_HORIZON");
        at.shard_id = shard;
        const auto read = get(iterator(at));
        for (const RecordMember& record : read.value().records) {
            keyed += record.partition_key == "same" ? 1 : 0;
            keyless_records += record.partition_key ? 0 : 1;
        }
    }
    EXPECT_EQ(keyed, 4u);
    EXPECT_EQ(keyless_records, 4u);
}

TEST_F(Capacity, AutoRefusesOrderingAndStillChecksHashes) {
    ASSERT_TRUE(create_on_demand({}, "AUTO"));
    PutRecordRequest request = keyless();
    request.sequence_number_for_ordering = "0";
    expect_error(call(put_record, request), ErrorType::kInvalidArgument,
                 "SequenceNumberForOrdering cannot be specified for stream orders under account "
                 "123456789012 because its record distribution strategy is AUTO.");
    request.sequence_number_for_ordering.reset();
    request.explicit_hash_key = "340282366920938463463374607431768211456";
    EXPECT_FALSE(call(put_record, request));
}

}  // namespace
}  // namespace millrace::api
