#include "server/call_rates.h"

#include <gtest/gtest.h>

namespace millrace::server {
namespace {

TEST(CallRates, AreReadByOperation) {
    Options options;
    EXPECT_TRUE(parse_call_rates(options).value().empty());
    options.call_rates = {"DescribeStream:100", "ListShards:0", "*:7"};
    const CallRates rates = parse_call_rates(options).value();
    EXPECT_EQ(rates, (CallRates{{"*", 7}, {"DescribeStream", 100}, {"ListShards", 0}}));
}

TEST(CallRates, TheErrorNamesThePartAndTheForm) {
    Options options;
    options.call_rates = {"DescribeStream:1", "GetRecords:9"};
    EXPECT_EQ(parse_call_rates(options).error().message,
              "'GetRecords:9' names no operation with a limit of its own; write OPERATION:COUNT or "
              "*:COUNT, separated by commas");
}

}  // namespace
}  // namespace millrace::server
