#include "api/stream_mode.h"

#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

class StreamMode : public ApiTest {
protected:
    static std::string arn(std::string_view name) {
        return "arn:aws:kinesis:us-east-1:123456789012:stream/" + std::string(name);
    }
    Answer<Nothing> change(std::string_view mode, std::string_view name = "orders",
                           std::optional<std::int32_t> warm = {}) {
        const std::string where = arn(name);
        UpdateStreamModeRequest request;
        request.stream_arn = where;
        request.stream_mode_details = StreamModeDetails{mode};
        request.warm_throughput_mibps = warm;
        return call(update_stream_mode, request);
    }
    DescribeStreamSummaryResponse summary(std::string_view name = "orders") {
        DescribeStreamSummaryRequest request;
        request.stream_name = name;
        return call(describe_stream_summary, request).value();
    }
    std::string_view mode() {
        return *summary().stream_description_summary.stream_mode_details.stream_mode;
    }
};

TEST_F(StreamMode, ChangesBackAndForthWithoutTouchingTheShards) {
    create("orders", 3);
    ASSERT_TRUE(change("ON_DEMAND"));
    EXPECT_EQ(mode(), "ON_DEMAND");
    EXPECT_EQ(summary().stream_description_summary.open_shard_count, 3);
    EXPECT_EQ(call(describe_limits, DescribeLimitsRequest{}).value().on_demand_stream_count, 1);
    ASSERT_TRUE(change("PROVISIONED"));
    EXPECT_EQ(mode(), "PROVISIONED");
    EXPECT_EQ(call(describe_limits, DescribeLimitsRequest{}).value().open_shard_count, 3);
}

TEST_F(StreamMode, IsUpdatingMeanwhile) {
    stream::Settings settings;
    settings.update_delay = Millis(1000);
    open(settings);
    create("orders");
    ASSERT_TRUE(change("ON_DEMAND"));
    EXPECT_EQ(summary().stream_description_summary.stream_status, "UPDATING");
    EXPECT_EQ(mode(), "PROVISIONED");
    expect_error(change("ON_DEMAND"), ErrorType::kResourceInUse,
                 "Stream orders under account 123456789012 not ACTIVE, instead in state UPDATING");
    put("orders", "k", "v");
    clock_.advance(Millis(1000));
    EXPECT_EQ(summary().stream_description_summary.stream_status, "ACTIVE");
    EXPECT_EQ(mode(), "ON_DEMAND");
}

TEST_F(StreamMode, TheSameModeIsAcceptedAsOftenAsAsked) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    settings.quotas.on_demand_streams_max = 1;
    settings.update_delay = Millis(1000);
    open(settings);
    create("orders");
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(change("PROVISIONED"));
        EXPECT_EQ(summary().stream_description_summary.stream_status, "ACTIVE");
    }
}

TEST_F(StreamMode, ChangesTwiceADay) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    open(settings);
    create("orders");
    ASSERT_TRUE(change("ON_DEMAND"));
    ASSERT_TRUE(change("PROVISIONED"));
    expect_error(change("ON_DEMAND"), ErrorType::kLimitExceeded,
                 "Stream orders under account 123456789012 has exceeded the number of times its "
                 "mode can be changed in 24 hours.");
    clock_.advance(std::chrono::hours(24));
    EXPECT_TRUE(change("ON_DEMAND"));
}

TEST_F(StreamMode, OnDemandStreamsAreLimited) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    settings.quotas.on_demand_streams_max = 1;
    open(settings);
    create("first");
    create("orders");
    ASSERT_TRUE(change("ON_DEMAND", "first"));
    expect_error(change("ON_DEMAND"), ErrorType::kLimitExceeded,
                 "This request would exceed the limit on the number of On-Demand streams for the "
                 "account 123456789012 in us-east-1. Current On-Demand streams count: 1. Limit: "
                 "1.");
}

TEST_F(StreamMode, WarmThroughputNeedsOnDemandModeAndACommitment) {
    const char* const refusal =
        "Request is invalid. WarmThroughputMiBps can be specified only for ON_DEMAND stream mode "
        "in "
        "accounts with a minimum throughput billing commitment.";
    expect_error(change("PROVISIONED", "nowhere", 5), ErrorType::kValidation, refusal);
    expect_error(change("ON_DEMAND", "nowhere", 5), ErrorType::kResourceNotFound,
                 "Stream nowhere under account 123456789012 not found.");
    create("orders", 3);
    expect_error(change("ON_DEMAND", "orders", 5), ErrorType::kValidation, refusal);
    ASSERT_TRUE(
        test::sync_wait(broker_->set_commitment(model::Identity{kAccount, "us-east-1"}, true)));
    EXPECT_FALSE(change("ON_DEMAND", "orders", 10'241));
    ASSERT_TRUE(change("ON_DEMAND", "orders", 5));
    EXPECT_EQ(summary().stream_description_summary.warm_throughput->target_mibps, 5);
    EXPECT_EQ(summary().stream_description_summary.warm_throughput->current_mibps, 5);
    EXPECT_EQ(summary().stream_description_summary.open_shard_count, 5);
    ASSERT_TRUE(change("PROVISIONED"));
    ASSERT_TRUE(change("ON_DEMAND"));
    EXPECT_EQ(summary().stream_description_summary.warm_throughput->target_mibps, 0)
        << "the target went with the mode";
    EXPECT_EQ(summary().stream_description_summary.open_shard_count, 5) << "the shards did not";
    ASSERT_TRUE(change("PROVISIONED"));
    ASSERT_TRUE(change("ON_DEMAND", "orders", 2));
    EXPECT_EQ(summary().stream_description_summary.open_shard_count, 5) << "none is merged";
}

}  // namespace
}  // namespace millrace::api
