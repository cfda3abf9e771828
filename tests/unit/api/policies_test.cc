#include "api/policies.h"

#include "api/consumers.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr const char* kOther = "210987654321";
constexpr const char* kArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";

class Policies : public ApiTest {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        create("orders");
    }
    Answer<Nothing> put_policy(std::string_view policy, std::string_view arn = kArn) {
        PutResourcePolicyRequest request;
        request.resource_arn = arn;
        request.policy = policy;
        return call(put_resource_policy, request);
    }
    Answer<GetResourcePolicyResponse> get_policy(std::string_view arn = kArn) {
        ResourcePolicyRequest request;
        request.resource_arn = arn;
        return call(get_resource_policy, request);
    }
    Answer<Nothing> delete_policy(std::string_view arn = kArn) {
        ResourcePolicyRequest request;
        request.resource_arn = arn;
        return call(delete_resource_policy, request);
    }
    static std::string statement(std::string_view action, std::string_view effect = "Allow") {
        return R"({"Effect": ")" + std::string(effect) +
               R"(", "Principal": {"AWS": "210987654321"}, "Action": "kinesis:)" +
               std::string(action) +
               R"(", "Resource": "arn:aws:kinesis:us-east-1:123456789012:stream/orders"})";
    }
    static std::string policy(std::string_view action) {
        return R"({"Version": "2012-10-17", "Statement": )" + statement(action) + "}";
    }
    Answer<PutRecordResponse> put_from_outside() {
        PutRecordRequest request;
        request.stream_arn = kArn;
        request.partition_key = "k";
        request.data = as_bytes("d");
        return call_as(context(kOther), put_record, request);
    }
    static std::string denied(std::string_view operation) {
        const std::string name(operation);
        return "User: arn:aws:iam::210987654321:root is not authorized to perform: kinesis:" +
               name + " on resource: " + kArn +
               " because no resource-based policy allows the kinesis:" + name + " action";
    }
};

TEST_F(Policies, AreKeptAsGivenReplacedAndRemoved) {
    EXPECT_EQ(get_policy().value().policy, "{}");
    const std::string first = policy("PutRecord");
    ASSERT_TRUE(put_policy(first));
    EXPECT_EQ(get_policy().value().policy, first);
    const std::string second = policy("Get*");
    ASSERT_TRUE(put_policy(second));
    open();
    EXPECT_EQ(get_policy().value().policy, second);
    ASSERT_TRUE(delete_policy());
    EXPECT_EQ(get_policy().value().policy, "{}");
    expect_error(delete_policy(), ErrorType::kResourceNotFound,
                 std::string("No resource policy found for resource ARN ") + kArn + ".");
}

TEST_F(Policies, OfConsumersDecideAboutTheConsumerAlone) {
    RegisterStreamConsumerRequest enroll;
    enroll.stream_arn = kArn;
    enroll.consumer_name = "app";
    const std::string arn = call(register_stream_consumer, enroll).value().consumer.consumer_arn;
    const std::string first =
        R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*",)"
        R"( "Action": "kinesis:*", "Resource": ")" +
        arn + R"("}})";
    ConsumerRequest by_arn;
    by_arn.consumer_arn = arn;
    ConsumerRequest by_name;
    by_name.stream_arn = kArn;
    by_name.consumer_name = "app";
    const auto expect_denied = [&](std::string_view operation) {
        const std::string text =
            "User: arn:aws:iam::210987654321:root is not authorized to perform: kinesis:" +
            std::string(operation) + " on resource: " + arn +
            " because no resource-based policy allows the kinesis:" + std::string(operation) +
            " action";
        for (const ConsumerRequest& request : {by_arn, by_name}) {
            expect_error(call_as(context(kOther), describe_stream_consumer, request),
                         ErrorType::kAccessDenied, text);
        }
    };
    EXPECT_EQ(get_policy(arn).value().policy, "{}");
    ASSERT_TRUE(put_policy(policy("*"))) << "the stream's own grants nothing of the consumer";
    expect_denied("DescribeStreamConsumer");

    ASSERT_TRUE(put_policy(first, arn));
    EXPECT_EQ(get_policy(arn).value().policy, first);
    EXPECT_EQ(get_policy().value().policy, policy("*"));
    for (const ConsumerRequest& request : {by_arn, by_name}) {
        EXPECT_TRUE(call_as(context(kOther), describe_stream_consumer, request));
        EXPECT_FALSE(call_as(context(kOther), deregister_stream_consumer, request));
    }
    open();
    EXPECT_EQ(get_policy(arn).value().policy, first);
    ASSERT_TRUE(delete_policy(arn));
    expect_denied("DescribeStreamConsumer");
    expect_error(delete_policy(arn), ErrorType::kResourceNotFound,
                 "No resource policy found for resource ARN " + arn + ".");

    ASSERT_TRUE(put_policy(first, arn));
    ASSERT_TRUE(call(deregister_stream_consumer, by_arn));
    clock_.advance(Millis(1000));
    const std::string later = call(register_stream_consumer, enroll).value().consumer.consumer_arn;
    EXPECT_EQ(get_policy(later).value().policy, "{}");
}

TEST_F(Policies, OfConsumersChangeWhileTheyAreActiveOnly) {
    stream::Settings settings;
    settings.consumer_delay = Millis(1000);
    open(settings);
    RegisterStreamConsumerRequest enroll;
    enroll.stream_arn = kArn;
    enroll.consumer_name = "app";
    const std::string arn = call(register_stream_consumer, enroll).value().consumer.consumer_arn;
    const char* message =
        "Consumer app with creation timestamp 1700000000 under stream orders and account "
        "123456789012 is not in ACTIVE status.";
    expect_error(put_policy(policy("*"), arn), ErrorType::kResourceInUse, message);
    expect_error(delete_policy(arn), ErrorType::kResourceInUse, message);
}

TEST_F(Policies, OfAnotherFormAreRefusedBeforeTheStreamIsLookedUp) {
    for (const std::string_view text : {"", "{}", "[]", "policy", R"({"Version": "2012-10-17"})"}) {
        expect_error(put_policy(text, "arn:aws:kinesis:us-east-1:123456789012:stream/none"),
                     ErrorType::kInvalidArgument, "Policy is not a valid JSON document.");
    }
}

TEST_F(Policies, NeedAResourceThatIsThere) {
    const std::string_view none = "arn:aws:kinesis:us-east-1:123456789012:stream/none";
    const char* missing = "Stream none under account 123456789012 not found.";
    expect_error(put_policy(policy("*"), none), ErrorType::kResourceNotFound, missing);
    expect_error(get_policy(none), ErrorType::kResourceNotFound, missing);
    expect_error(delete_policy(none), ErrorType::kResourceNotFound, missing);
    const std::string_view consumer =
        "arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/c:1";
    expect_error(get_policy(consumer), ErrorType::kResourceNotFound,
                 "Consumer arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/c:1, "
                 "account 123456789012 not found.");
    expect_error(get_policy("arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/c"),
                 ErrorType::kInvalidArgument,
                 "ResourceARN arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/c is "
                 "not the ARN of a stream, a consumer or a channel.");
    expect_error(
        get_policy("arn:aws:kinesis:eu-west-1:123456789012:stream/orders"),
        ErrorType::kInvalidArgument,
        "ResourceARN arn:aws:kinesis:eu-west-1:123456789012:stream/orders is not in region "
        "us-east-1.");
}

TEST_F(Policies, NeedAnActiveStreamToChange) {
    stream::Settings settings;
    settings.create_delay = Millis(1000);
    open(settings);
    create("late");
    const std::string_view late = "arn:aws:kinesis:us-east-1:123456789012:stream/late";
    const char* message =
        "Stream late under account 123456789012 not ACTIVE, instead in state CREATING";
    expect_error(put_policy(policy("*"), late), ErrorType::kResourceInUse, message);
    expect_error(delete_policy(late), ErrorType::kResourceInUse, message);
    EXPECT_EQ(get_policy(late).value().policy, "{}");
}

TEST_F(Policies, AreTheOwnersAlone) {
    ASSERT_TRUE(put_policy(policy("*")));
    ResourcePolicyRequest request;
    request.resource_arn = kArn;
    expect_error(call_as(context(kOther), get_resource_policy, request), ErrorType::kAccessDenied,
                 denied("GetResourcePolicy"));
    expect_error(call_as(context(kOther), delete_resource_policy, request),
                 ErrorType::kAccessDenied, denied("DeleteResourcePolicy"));
}

TEST_F(Policies, DecideAboutOtherAccounts) {
    expect_error(put_from_outside(), ErrorType::kAccessDenied, denied("PutRecord"));
    ASSERT_TRUE(put_policy(policy("PutRecord")));
    EXPECT_TRUE(put_from_outside());
    ASSERT_TRUE(put_policy(R"({"Version": "2012-10-17", "Statement": [)" + statement("*") + "," +
                           statement("Put*", "Deny") + "]}"));
    expect_error(put_from_outside(), ErrorType::kAccessDenied, denied("PutRecord"));
    ASSERT_TRUE(delete_policy());
    expect_error(put_from_outside(), ErrorType::kAccessDenied, denied("PutRecord"));
    EXPECT_EQ(data_at(iterator("orders")), std::vector<std::string>{"d"});
}

TEST_F(Policies, ReadingFromOutsideTakesAllItsGrants) {
    put("orders", "k", "d");
    GetShardIteratorRequest at = iterator_request("orders", "TRIM_HORIZON");
    at.stream_name.reset();
    at.stream_arn = kArn;
    ASSERT_TRUE(put_policy(policy("GetShardIterator")));
    const auto placed = call_as(context(kOther), get_shard_iterator, at);
    ASSERT_TRUE(placed) << placed.error().message;
    GetRecordsRequest get;
    get.shard_iterator = placed.value().shard_iterator;
    expect_error(call_as(context(kOther), get_records, get), ErrorType::kAccessDenied,
                 denied("GetRecords"));
    ASSERT_TRUE(put_policy(policy("GetRecords")));
    const auto read = call_as(context(kOther), get_records, get);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read.value().records.size(), 1u);
}

TEST_F(Policies, ListingFromOutsideGoesOnWithItsToken) {
    create("wide", 3);
    const std::string arn = "arn:aws:kinesis:us-east-1:123456789012:stream/wide";
    ASSERT_TRUE(put_policy(R"({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
        "Principal": "*", "Action": "kinesis:ListShards", "Resource": "*"}})",
                           arn));
    ListShardsRequest request;
    request.stream_arn = arn;
    request.max_results = 2;
    const auto first = call_as(context(kOther), list_shards, request);
    ASSERT_TRUE(first) << first.error().message;
    ListShardsRequest next;
    next.next_token = *first.value().next_token;
    const auto rest = call_as(context(kOther), list_shards, next);
    ASSERT_TRUE(rest) << rest.error().message;
    EXPECT_EQ(rest.value().shards.size(), 1u);
    ASSERT_TRUE(delete_policy(arn));
    EXPECT_FALSE(call_as(context(kOther), list_shards, next));
}

TEST_F(Policies, OnlyShareableOperationsCanBeGranted) {
    ASSERT_TRUE(put_policy(policy("*")));
    DescribeStreamSummaryRequest summary;
    summary.stream_arn = kArn;
    EXPECT_TRUE(call_as(context(kOther), describe_stream_summary, summary));
    DescribeStreamRequest describe;
    describe.stream_arn = kArn;
    expect_error(call_as(context(kOther), describe_stream, describe), ErrorType::kAccessDenied,
                 denied("DescribeStream"));
    DeleteStreamRequest erase;
    erase.stream_arn = kArn;
    expect_error(call_as(context(kOther), delete_stream, erase), ErrorType::kAccessDenied,
                 denied("DeleteStream"));
}

}  // namespace
}  // namespace millrace::api
