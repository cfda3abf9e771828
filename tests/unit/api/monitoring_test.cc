#include "api/monitoring.h"

#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

using Names = std::vector<std::string_view>;
const Names kEverything = {"IncomingBytes",
                           "IncomingRecords",
                           "OutgoingBytes",
                           "OutgoingRecords",
                           "WriteProvisionedThroughputExceeded",
                           "ReadProvisionedThroughputExceeded",
                           "IteratorAgeMilliseconds"};

class Monitoring : public ApiTest {
protected:
    static EnhancedMonitoringRequest of(Names names, std::string_view stream = "orders") {
        EnhancedMonitoringRequest request;
        request.stream_name = stream;
        request.shard_level_metrics = std::move(names);
        return request;
    }
    EnhancedMonitoringResponse enable(Names names) {
        return call(enable_enhanced_monitoring, of(std::move(names))).value();
    }
    EnhancedMonitoringResponse disable(Names names) {
        return call(disable_enhanced_monitoring, of(std::move(names))).value();
    }
};

TEST_F(Monitoring, IsSwitchedByNameInTheModelsOrder) {
    create("orders");
    const auto on = enable({"OutgoingBytes", "IncomingBytes", "OutgoingBytes"});
    EXPECT_EQ(on.stream_name, "orders");
    EXPECT_EQ(on.stream_arn, "arn:aws:kinesis:us-east-1:123456789012:stream/orders");
    EXPECT_EQ(on.current_shard_level_metrics, Names());
    EXPECT_EQ(on.desired_shard_level_metrics, (Names{"IncomingBytes", "OutgoingBytes"}));
    const auto off = disable({"IncomingBytes", "IncomingRecords"});
    EXPECT_EQ(off.current_shard_level_metrics, (Names{"IncomingBytes", "OutgoingBytes"}));
    EXPECT_EQ(off.desired_shard_level_metrics, Names{"OutgoingBytes"});
}

TEST_F(Monitoring, AllStandsForEachAndIsNeverReturned) {
    create("orders");
    EXPECT_EQ(enable({"ALL"}).desired_shard_level_metrics, kEverything);
    EXPECT_EQ(disable({"ALL", "IncomingBytes"}).desired_shard_level_metrics, Names());
}

TEST_F(Monitoring, IsDescribedAndSurvives) {
    create("orders");
    DescribeStreamRequest describe;
    describe.stream_name = "orders";
    DescribeStreamSummaryRequest summary;
    summary.stream_name = "orders";
    const auto seen = [&] {
        const auto full = call(describe_stream, describe).value().stream_description;
        const auto brief =
            call(describe_stream_summary, summary).value().stream_description_summary;
        EXPECT_EQ(full.enhanced_monitoring.size(), 1u);
        EXPECT_EQ(full.enhanced_monitoring[0].shard_level_metrics,
                  brief.enhanced_monitoring[0].shard_level_metrics);
        return full.enhanced_monitoring[0].shard_level_metrics;
    };
    EXPECT_EQ(seen(), Names());
    enable({"IteratorAgeMilliseconds"});
    open();
    EXPECT_EQ(seen(), Names{"IteratorAgeMilliseconds"});
}

TEST_F(Monitoring, NeedsAnActiveStream) {
    expect_error(call(enable_enhanced_monitoring, of({"ALL"}, "none")),
                 ErrorType::kResourceNotFound, "Stream none under account 123456789012 not found.");
    stream::Settings settings;
    settings.create_delay = Millis(1000);
    open(settings);
    create("orders");
    for (const auto handler : {enable_enhanced_monitoring, disable_enhanced_monitoring}) {
        expect_error(call(handler, of({"ALL"})), ErrorType::kResourceInUse,
                     "Stream orders under account 123456789012 not ACTIVE, instead in state "
                     "CREATING");
    }
}

}  // namespace
}  // namespace millrace::api
