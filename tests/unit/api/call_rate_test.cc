#include "api/call_rate.h"

#include "api/consumers.h"
#include "api/policies.h"
#include "api/subscribe.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr std::string_view kArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
constexpr std::string_view kConsumer =
    "arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/app:1700000000";

class CallRate : public ApiTest {
protected:
    void limit(std::map<std::string, std::uint64_t, std::less<>> calls = {}) {
        stream::Settings settings;
        settings.rates.enforced = true;
        settings.rates.calls = std::move(calls);
        open(settings);
    }
    // The answer of the checks before the operation.
    template <class Request = Nothing>
    Answer<void> check(std::string_view name, const Request& request = {},
                       std::string account = kAccount) {
        const Operation& operation = *find_operation(name);
        const auto call = operation.make();
        *static_cast<Request*>(call->request()) = request;
        return check_call_rate(context(std::move(account)), operation, *call);
    }
    // How many are admitted now.
    template <class Request = Nothing>
    int admitted(std::string_view name, const Request& request = {}) {
        int count = 0;
        while (count < 2000 && check(name, request)) {
            ++count;
        }
        return count;
    }
    static DescribeStreamRequest describe(std::string_view name) {
        DescribeStreamRequest request;
        request.stream_name = name;
        return request;
    }
    static ListShardsRequest shards_of(std::string_view name) {
        ListShardsRequest request;
        request.stream_name = name;
        return request;
    }
};

TEST_F(CallRate, IsTheServicesForEachOperation) {
    limit();
    EXPECT_EQ(admitted<DescribeLimitsRequest>("DescribeLimits"), 1);
    EXPECT_EQ(admitted<ListStreamsRequest>("ListStreams"), 5);
    EXPECT_EQ(admitted("DescribeStream", describe("orders")), 10);
    EXPECT_EQ(admitted("DescribeStream", describe("another")), 0) << "all streams together";
    EXPECT_EQ(admitted("ListShards", shards_of("orders")), 1000);
    EXPECT_EQ(admitted("ListShards", shards_of("another")), 1000) << "each stream has its own";
    EXPECT_TRUE(check<ListStreamsRequest>("ListStreams", {}, "210987654321"));
    clock_.advance(Millis(200));
    EXPECT_EQ(admitted<ListStreamsRequest>("ListStreams"), 1);
    EXPECT_EQ(admitted("DescribeStream", describe("orders")), 2);
}

TEST_F(CallRate, TheTextNamesTheStreamIfTheRequestDoes) {
    limit({{"*", 1}});
    constexpr std::string_view kStream =
        "Rate exceeded for stream orders under account "
        "123456789012.";
    ASSERT_TRUE(check("DescribeStream", describe("orders")));
    expect_error(check("DescribeStream", describe("orders")), ErrorType::kLimitExceeded, kStream);
    DescribeStreamRequest by_arn;
    by_arn.stream_arn = kArn;
    expect_error(check("DescribeStream", by_arn), ErrorType::kLimitExceeded, kStream);
    ConsumerRequest consumer;
    consumer.consumer_arn = kConsumer;
    ASSERT_TRUE(check("DescribeStreamConsumer", consumer));
    expect_error(check("DescribeStreamConsumer", consumer), ErrorType::kLimitExceeded, kStream);
    ConsumerRequest by_name;
    by_name.stream_arn = kArn;
    by_name.consumer_name = "app";
    expect_error(check("DescribeStreamConsumer", by_name), ErrorType::kLimitExceeded, kStream);
    ResourcePolicyRequest resource;
    resource.resource_arn = kArn;
    ASSERT_TRUE(check("GetResourcePolicy", resource));
    expect_error(check("GetResourcePolicy", resource), ErrorType::kLimitExceeded, kStream);
    resource.resource_arn = kConsumer;
    expect_error(check("GetResourcePolicy", resource), ErrorType::kLimitExceeded, kStream);

    ASSERT_TRUE(check<ListStreamsRequest>("ListStreams"));
    expect_error(check<ListStreamsRequest>("ListStreams"), ErrorType::kLimitExceeded,
                 "Rate exceeded for account 123456789012.");
}

TEST_F(CallRate, RecordsAreLimitedByShardAlone) {
    limit({{"*", 1}});
    for (const char* name :
         {"GetRecords", "GetShardIterator", "PutRecord", "PutRecords", "SubscribeToShard"}) {
        EXPECT_EQ(find_operation(name)->calls_per_second, 0U) << name;
    }
    EXPECT_EQ(admitted<PutRecordRequest>("PutRecord"), 2000);
}

TEST_F(CallRate, CanBeChosenByOperationAndForTheRest) {
    limit({{"*", 3}, {"ListStreams", 7}, {"DescribeLimits", 0}});
    EXPECT_EQ(admitted<ListStreamsRequest>("ListStreams"), 7);
    EXPECT_EQ(admitted("DescribeStream", describe("orders")), 3);
    EXPECT_EQ(admitted<DescribeLimitsRequest>("DescribeLimits"), 2000);
}

TEST_F(CallRate, OffThereIsNone) {
    EXPECT_EQ(admitted<DescribeLimitsRequest>("DescribeLimits"), 2000);
}

}  // namespace
}  // namespace millrace::api
