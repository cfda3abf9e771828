#include "model/consumer_arn.h"

#include <gtest/gtest.h>

namespace millrace::model {
namespace {

constexpr std::string_view kText =
    "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/my-app.1:1700000000";

TEST(ConsumerArn, IsReadAndWritten) {
    const auto arn = ConsumerArn::parse(kText);
    ASSERT_TRUE(arn);
    EXPECT_EQ(arn->stream.owner, (Identity{"123456789012", "eu-west-1"}));
    EXPECT_EQ(arn->stream.name.text(), "orders");
    EXPECT_EQ(arn->name, "my-app.1");
    EXPECT_EQ(arn->created_s, 1'700'000'000);
    EXPECT_EQ(arn->text(), kText);
}

TEST(ConsumerArn, AConsumerMayBeCalledConsumer) {
    const auto arn = ConsumerArn::parse(
        "arn:aws:kinesis:eu-west-1:123456789012:stream/consumer/consumer/consumer:1");
    ASSERT_TRUE(arn);
    EXPECT_EQ(arn->stream.name.text(), "consumer");
    EXPECT_EQ(arn->name, "consumer");
}

TEST(ConsumerArn, NothingElseIsRead) {
    for (const std::string_view text :
         {"", "arn:aws:kinesis:eu-west-1:123456789012:stream/orders",
          "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/c",
          "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/c:x",
          "arn:aws:kinesis:eu-west-1:123456789012:stream/a/b/consumer/c:1",
          "arn:aws:kinesis:eu-west-1:123456789012:upstream/orders/consumer/c:1",
          "arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/c:99999999999999999999"}) {
        EXPECT_FALSE(ConsumerArn::parse(text)) << text;
    }
}

}  // namespace
}  // namespace millrace::model
