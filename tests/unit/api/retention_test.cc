#include "api/retention.h"

#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

class Retention : public ApiTest {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        create("orders");
    }
    RetentionRequest hours(std::int32_t value) {
        RetentionRequest request;
        request.stream_name = "orders";
        request.retention_period_hours = value;
        return request;
    }
    Answer<Nothing> increase(std::int32_t value) {
        return call(increase_stream_retention_period, hours(value));
    }
    Answer<Nothing> decrease(std::int32_t value) {
        return call(decrease_stream_retention_period, hours(value));
    }
    std::int32_t current() {
        DescribeStreamSummaryRequest request;
        request.stream_name = "orders";
        return call(describe_stream_summary, request)
            .value()
            .stream_description_summary.retention_period_hours;
    }
};

TEST_F(Retention, IsIncreasedAndDecreased) {
    ASSERT_TRUE(increase(48));
    EXPECT_EQ(current(), 48);
    ASSERT_TRUE(increase(8760));
    EXPECT_EQ(current(), 8760);
    ASSERT_TRUE(decrease(24));
    EXPECT_EQ(current(), 24);
}

TEST_F(Retention, TheCurrentPeriodIsAcceptedByBoth) {
    ASSERT_TRUE(increase(24));
    ASSERT_TRUE(decrease(24));
    EXPECT_EQ(current(), 24);
}

TEST_F(Retention, BoundsComeBeforeTheCurrentPeriod) {
    for (const auto& answer : {increase(23), decrease(23)}) {
        expect_error(answer, ErrorType::kInvalidArgument,
                     "Minimum allowed retention period is 24 hours. Requested retention period (23 "
                     "hours) is too short.");
    }
    for (const auto& answer : {increase(8761), decrease(8761)}) {
        expect_error(answer, ErrorType::kInvalidArgument,
                     "Maximum allowed retention period is 8760 hours. Requested retention period "
                     "(8761 hours) is too long.");
    }
}

TEST_F(Retention, DirectionMustFit) {
    ASSERT_TRUE(increase(100));
    expect_error(increase(48), ErrorType::kInvalidArgument,
                 "Requested retention period (48 hours) for stream orders can not be shorter than "
                 "existing retention period (100 hours). Use DecreaseRetentionPeriod API.");
    expect_error(decrease(101), ErrorType::kInvalidArgument,
                 "Requested retention period (101 hours) for stream orders can not be longer than "
                 "existing retention period (100 hours). Use IncreaseRetentionPeriod API.");
    EXPECT_EQ(current(), 100);
}

TEST_F(Retention, StatusComesBeforeValues) {
    stream::Settings settings;
    settings.delete_delay = Millis(500);
    open(settings);
    remove("orders");
    for (const auto& answer : {increase(23), decrease(9000)}) {
        expect_error(
            answer, ErrorType::kResourceInUse,
            "Stream orders under account 123456789012 not ACTIVE, instead in state DELETING");
    }
}

TEST_F(Retention, HoldsAtOnceWhileTheStreamIsUpdating) {
    stream::Settings settings;
    settings.update_delay = Millis(500);
    open(settings);
    ASSERT_TRUE(increase(48));
    EXPECT_EQ(current(), 48);
    for (const auto& answer : {increase(49), decrease(24)}) {
        expect_error(
            answer, ErrorType::kResourceInUse,
            "Stream orders under account 123456789012 not ACTIVE, instead in state UPDATING");
    }
    open(settings);
    clock_.advance(Millis(500));
    EXPECT_TRUE(decrease(24));
    EXPECT_EQ(current(), 24);
}

TEST_F(Retention, RecordsLeaveToTheMillisecondAndNeverComeBack) {
    put("orders", "k", "old");
    const Millis day = std::chrono::hours(24);
    clock_.advance(day);
    EXPECT_EQ(data_at(iterator("orders")), std::vector<std::string>{"old"});
    clock_.advance(Millis(1));
    EXPECT_TRUE(data_at(iterator("orders")).empty());
    ASSERT_TRUE(increase(48));
    EXPECT_TRUE(data_at(iterator("orders")).empty());
}

TEST_F(Retention, ADecreaseHidesRecordsAtOnce) {
    ASSERT_TRUE(increase(48));
    put("orders", "k", "old");
    clock_.advance(std::chrono::hours(30));
    put("orders", "k", "new");
    EXPECT_EQ(data_at(iterator("orders")), (std::vector<std::string>{"old", "new"}));
    ASSERT_TRUE(decrease(24));
    EXPECT_EQ(data_at(iterator("orders")), std::vector<std::string>{"new"});
}

}  // namespace
}  // namespace millrace::api
