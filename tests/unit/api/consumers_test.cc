#include "api/consumers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/stream_mode.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr std::string_view kStreamArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
const std::string kArn = std::string(kStreamArn) + "/consumer/app:1700000000";

class ConsumersTest : public ApiTest {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        create("orders");
    }
    Answer<RegisterStreamConsumerResponse> enroll(std::string_view name) {
        RegisterStreamConsumerRequest request;
        request.consumer_name = name;
        request.stream_arn = kStreamArn;
        return call(register_stream_consumer, request);
    }
    static ConsumerRequest by_arn(std::string_view arn) {
        ConsumerRequest request;
        request.consumer_arn = arn;
        return request;
    }
    static ConsumerRequest by_name(std::string_view name) {
        ConsumerRequest request;
        request.consumer_name = name;
        request.stream_arn = kStreamArn;
        return request;
    }
    static ListStreamConsumersRequest list_request() {
        ListStreamConsumersRequest request;
        request.stream_arn = kStreamArn;
        return request;
    }
    std::int32_t consumer_count() {
        DescribeStreamSummaryRequest request;
        request.stream_name = "orders";
        return call(describe_stream_summary, request)
            .value()
            .stream_description_summary.consumer_count;
    }
};

TEST_F(ConsumersTest, RegistrationAnswersCreatingEvenIfItIsActiveByThen) {
    const auto answer = enroll("app");
    ASSERT_TRUE(answer) << answer.error().message;
    const ConsumerMember& consumer = answer.value().consumer;
    EXPECT_EQ(consumer.consumer_name, "app");
    EXPECT_EQ(consumer.consumer_arn, kArn);
    EXPECT_EQ(consumer.consumer_status, "CREATING");
    EXPECT_EQ(to_seconds(consumer.consumer_creation_timestamp), kStartSeconds);
    const auto described = call(describe_stream_consumer, by_arn(kArn));
    ASSERT_TRUE(described);
    EXPECT_EQ(described.value().consumer_description.consumer_status, "ACTIVE");
}

TEST_F(ConsumersTest, AreDescribedByArnOrByNameOrByAll) {
    ASSERT_TRUE(enroll("app"));
    ConsumerRequest all = by_name("app");
    all.consumer_arn = kArn;
    for (const ConsumerRequest& request : {by_arn(kArn), by_name("app"), all}) {
        const auto answer = call(describe_stream_consumer, request);
        ASSERT_TRUE(answer) << answer.error().message;
        const ConsumerDescription& description = answer.value().consumer_description;
        EXPECT_EQ(description.consumer_name, "app");
        EXPECT_EQ(description.consumer_arn, kArn);
        EXPECT_EQ(description.stream_arn, kStreamArn);
        EXPECT_EQ(to_seconds(description.consumer_creation_timestamp), kStartSeconds);
    }
}

TEST_F(ConsumersTest, AddressesMustBeCompleteAndAgree) {
    ASSERT_TRUE(enroll("app"));
    constexpr std::string_view kIncomplete =
        "Either ConsumerARN or both StreamARN and ConsumerName should be provided.";
    ConsumerRequest name_only;
    name_only.consumer_name = "app";
    ConsumerRequest stream_only;
    stream_only.stream_arn = kStreamArn;
    for (const ConsumerRequest& request : {ConsumerRequest{}, name_only, stream_only}) {
        expect_error(call(describe_stream_consumer, request), ErrorType::kInvalidArgument,
                     kIncomplete);
        expect_error(call(deregister_stream_consumer, request), ErrorType::kInvalidArgument,
                     kIncomplete);
    }
    ConsumerRequest differing = by_name("other");
    differing.consumer_arn = kArn;
    expect_error(
        call(describe_stream_consumer, differing), ErrorType::kInvalidArgument,
        "ConsumerARN " + kArn + " and ConsumerName other do not refer to the same consumer.");
    ConsumerRequest other_stream = by_arn(kArn);
    other_stream.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/other";
    expect_error(call(describe_stream_consumer, other_stream), ErrorType::kInvalidArgument,
                 "ConsumerARN " + kArn + " and StreamARN " + std::string(*other_stream.stream_arn) +
                     " do not refer to the same consumer.");
    const std::string elsewhere =
        "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/app:1700000000";
    expect_error(call(describe_stream_consumer, by_arn(elsewhere)), ErrorType::kInvalidArgument,
                 "ConsumerARN " + elsewhere + " is not in region us-east-1.");
}

TEST_F(ConsumersTest, MissingOnesAreNamedAsTheyWereAskedFor) {
    expect_error(call(describe_stream_consumer, by_name("app")), ErrorType::kResourceNotFound,
                 "Consumer app, account 123456789012 not found.");
    expect_error(call(describe_stream_consumer, by_arn(kArn)), ErrorType::kResourceNotFound,
                 "Consumer " + kArn + ", account 123456789012 not found.");
    ASSERT_TRUE(enroll("app"));
    const std::string former = std::string(kStreamArn) + "/consumer/app:1600000000";
    expect_error(call(deregister_stream_consumer, by_arn(former)), ErrorType::kResourceNotFound,
                 "Consumer " + former + ", account 123456789012 not found.");
    const std::string no_stream =
        "arn:aws:kinesis:us-east-1:123456789012:stream/none/consumer/app:1700000000";
    expect_error(call(describe_stream_consumer, by_arn(no_stream)), ErrorType::kResourceNotFound,
                 "Stream none under account 123456789012 not found.");
}

TEST_F(ConsumersTest, OthersMayNotSeeThem) {
    ASSERT_TRUE(enroll("app"));
    const auto answer = call_as(context("210987654321"), describe_stream_consumer, by_arn(kArn));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().type, ErrorType::kAccessDenied);
}

TEST_F(ConsumersTest, ANameIsRegisteredOnce) {
    ASSERT_TRUE(enroll("app"));
    expect_error(enroll("app"), ErrorType::kResourceInUse,
                 "Consumer app under stream orders already exists.");
}

TEST_F(ConsumersTest, ReregisteringGivesAnotherArn) {
    ASSERT_TRUE(enroll("app"));
    ASSERT_TRUE(call(deregister_stream_consumer, by_arn(kArn)));
    const auto again = enroll("app");
    ASSERT_TRUE(again);
    EXPECT_EQ(again.value().consumer.consumer_arn,
              std::string(kStreamArn) + "/consumer/app:1700000001");
}

TEST_F(ConsumersTest, RegistrationNeedsAStreamThatIsThereAndReady) {
    RegisterStreamConsumerRequest request;
    request.consumer_name = "app";
    request.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/none";
    expect_error(call(register_stream_consumer, request), ErrorType::kResourceNotFound,
                 "Stream none under account 123456789012 not found.");
    stream::Settings settings;
    settings.create_delay = Millis(1'000);
    open(settings);
    create("young");
    request.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/young";
    expect_error(call(register_stream_consumer, request), ErrorType::kResourceInUse,
                 "Stream young under account 123456789012 not ACTIVE, instead in state CREATING");
}

TEST_F(ConsumersTest, TagsAreCheckedAndKept) {
    RegisterStreamConsumerRequest request;
    request.consumer_name = "app";
    request.stream_arn = kStreamArn;
    request.tags = model::TextMap{{"bad;key", "v"}};
    const auto refused = call(register_stream_consumer, request);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().type, ErrorType::kInvalidArgument);
    request.tags = model::TextMap{{"team", "blue"}};
    ASSERT_TRUE(call(register_stream_consumer, request));
    Context here = context();
    const auto found = find_consumer(here, kArn, "ListTagsForResource");
    ASSERT_TRUE(found);
    EXPECT_EQ(found.value().consumer->tags, (std::map<std::string, std::string>{{"team", "blue"}}));
}

TEST_F(ConsumersTest, QuotasAreEnforcedIfWanted) {
    stream::Settings settings;
    settings.consumer_delay = Millis(1'000);
    settings.quotas.enforced = true;
    settings.quotas.consumers_max = 3;
    settings.quotas.creating_consumers_max = 2;
    open(settings);
    ASSERT_TRUE(enroll("a"));
    ASSERT_TRUE(enroll("b"));
    expect_error(enroll("c"), ErrorType::kLimitExceeded,
                 "This request would have exceeded the limit on the number of consumers that can "
                 "simultaneously be in CREATING for the account 123456789012. Limit: 2.");
    clock_.advance(Millis(1'000));
    ASSERT_TRUE(enroll("c"));
    expect_error(enroll("d"), ErrorType::kLimitExceeded,
                 "You have reached the maximum number of registered consumers (3) for stream "
                 "orders under account 123456789012.");
}

TEST_F(ConsumersTest, APromisedThroughputBringsMoreOfThemToOnDemandStreams) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    settings.quotas.consumers_max = 1;
    settings.quotas.committed_consumers_max = 2;
    open(settings);
    remove("orders");
    CreateStreamRequest on_demand;
    on_demand.stream_name = "orders";
    ASSERT_TRUE(call(create_stream, on_demand));
    const auto limit = [](int consumers) {
        return "You have reached the maximum number of registered consumers (" +
               std::to_string(consumers) + ") for stream orders under account 123456789012.";
    };
    ASSERT_TRUE(enroll("a"));
    expect_error(enroll("b"), ErrorType::kLimitExceeded, limit(1));
    const model::Identity owner{kAccount, "us-east-1"};
    ASSERT_TRUE(test::sync_wait(broker_->set_commitment(owner, true)));
    ASSERT_TRUE(enroll("b"));
    expect_error(enroll("c"), ErrorType::kLimitExceeded, limit(2));
    UpdateStreamModeRequest provisioned;
    provisioned.stream_arn = kStreamArn;
    provisioned.stream_mode_details = StreamModeDetails{"PROVISIONED"};
    ASSERT_TRUE(call(update_stream_mode, provisioned));
    expect_error(enroll("c"), ErrorType::kLimitExceeded, limit(1));
}

TEST_F(ConsumersTest, DeregisteringTwiceIsNoError) {
    stream::Settings settings;
    settings.consumer_delay = Millis(1'000);
    open(settings);
    ASSERT_TRUE(enroll("app"));
    EXPECT_EQ(consumer_count(), 1);
    ASSERT_TRUE(call(deregister_stream_consumer, by_arn(kArn)));
    ASSERT_TRUE(call(deregister_stream_consumer, by_name("app")));
    EXPECT_EQ(consumer_count(), 0);
    EXPECT_EQ(
        call(describe_stream_consumer, by_arn(kArn)).value().consumer_description.consumer_status,
        "DELETING");
    EXPECT_EQ(call(list_stream_consumers, list_request()).value().consumers.size(), 1u);
    clock_.advance(Millis(1'000));
    expect_error(call(deregister_stream_consumer, by_arn(kArn)), ErrorType::kResourceNotFound,
                 "Consumer " + kArn + ", account 123456789012 not found.");
}

TEST_F(ConsumersTest, AreListedByNameInPages) {
    for (const char* name : {"c", "a", "B", "d", "e"}) {
        ASSERT_TRUE(enroll(name));
    }
    std::vector<std::string> names;
    ListStreamConsumersRequest request = list_request();
    request.max_results = 2;
    std::string token;
    int pages = 0;
    do {
        const auto answer = call(list_stream_consumers, request);
        ASSERT_TRUE(answer) << answer.error().message;
        for (const ConsumerMember& consumer : answer.value().consumers) {
            names.push_back(consumer.consumer_name);
            EXPECT_EQ(consumer.consumer_status, "ACTIVE");
        }
        token = answer.value().next_token.value_or("");
        request.next_token = token;
        ++pages;
    } while (!token.empty());
    EXPECT_EQ(names, (std::vector<std::string>{"B", "a", "c", "d", "e"}));
    EXPECT_EQ(pages, 3);
}

TEST_F(ConsumersTest, APageHoldsAHundredAtMost) {
    for (int i = 0; i < 101; ++i) {
        ASSERT_TRUE(enroll("c" + std::to_string(i)));
    }
    ListStreamConsumersRequest request = list_request();
    request.max_results = 10'000;
    const auto answer = call(list_stream_consumers, request);
    EXPECT_EQ(answer.value().consumers.size(), 100u);
    EXPECT_TRUE(answer.value().next_token);
}

TEST_F(ConsumersTest, TokensAreChecked) {
    ASSERT_TRUE(enroll("a"));
    ASSERT_TRUE(enroll("b"));
    ListStreamConsumersRequest request = list_request();
    request.max_results = 1;
    const std::string token = *call(list_stream_consumers, request).value().next_token;
    request.next_token = token;
    request.stream_creation_timestamp = clock_.now();
    expect_error(call(list_stream_consumers, request), ErrorType::kInvalidArgument,
                 "NextToken and StreamCreationTimestamp cannot be provided together.");
    request.stream_creation_timestamp.reset();
    request.next_token = "nonsense";
    expect_error(call(list_stream_consumers, request), ErrorType::kInvalidArgument,
                 "Invalid NextToken.");
    create("other");
    request.next_token = token;
    request.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/other";
    EXPECT_FALSE(call(list_stream_consumers, request));
    request.stream_arn = kStreamArn;
    clock_.advance(Millis(300'001));
    expect_error(call(list_stream_consumers, request), ErrorType::kExpiredNextToken,
                 "NextToken has expired.");
}

TEST_F(ConsumersTest, AListingMayNameTheStreamsLife) {
    ASSERT_TRUE(enroll("a"));
    ListStreamConsumersRequest request = list_request();
    request.stream_creation_timestamp = clock_.now();
    EXPECT_EQ(call(list_stream_consumers, request).value().consumers.size(), 1u);
    request.stream_creation_timestamp = clock_.now() - Seconds(5);
    expect_error(call(list_stream_consumers, request), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
}

TEST_F(ConsumersTest, KeepTheirStreamUnlessTheyAreToGoWithIt) {
    ASSERT_TRUE(enroll("app"));
    DeleteStreamRequest request;
    request.stream_name = "orders";
    const std::string text =
        "DeleteStream can\xE2\x80\x99t delete 123456789012:orders because there are consumers "
        "associated with this data stream. To delete orders anyway, set the "
        "EnforceConsumerDeletion parameter to true to force the deletion of all the consumers "
        "that are associated with it.";
    expect_error(call(delete_stream, request), ErrorType::kResourceInUse, text);
    request.enforce_consumer_deletion = false;
    expect_error(call(delete_stream, request), ErrorType::kResourceInUse, text);
    request.enforce_consumer_deletion = true;
    EXPECT_TRUE(call(delete_stream, request));
    expect_error(call(describe_stream_consumer, by_arn(kArn)), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
}

}  // namespace
}  // namespace millrace::api
