#include <gtest/gtest.h>

#include "model/arn.h"
#include "model/shard_id.h"
#include "model/utf16.h"

namespace millrace::model {
namespace {

TEST(ShardId, PrintsTwelveDigits) {
    EXPECT_EQ(shard_id(ShardNo(0)).view(), "shardId-000000000000");
    EXPECT_EQ(shard_id(ShardNo(17)).view(), "shardId-000000000017");
    EXPECT_EQ(shard_id(ShardNo(2147483647)).view(), "shardId-002147483647");
    EXPECT_EQ(shard_id(std::int32_t{-1}).view(), "shardId--00000000001");
}

TEST(ShardId, ReadingIsLenient) {
    for (const char* text : {"shardId-0", "x-0", "-0000", "0", "shardId-000000000000", "x-0-9"}) {
        const auto shard_no = parse_shard_id(text);
        ASSERT_TRUE(shard_no) << text;
        EXPECT_EQ(shard_no->value(), 0u);
    }
    EXPECT_EQ(parse_shard_id("shardId-000000000042"), ShardNo(42));
    EXPECT_EQ(parse_shard_id("2147483647"), ShardNo(2147483647));
}

TEST(ShardId, WhatIsNoNumberInRangeFails) {
    for (const char* text : {"2147483648", "ABKLFD8", "2.14E4", "my-x-0", "", "-", "0-", "shardId-",
                             "x-0x", "99999999999999999999999999"}) {
        EXPECT_FALSE(parse_shard_id(text)) << text;
    }
}

TEST(StreamArn, ReadsBack) {
    const StreamArn arn{Identity{"123456789012", "eu-west-1"}, StreamName("orders")};
    EXPECT_EQ(arn.text(), "arn:aws:kinesis:eu-west-1:123456789012:stream/orders");
    EXPECT_EQ(StreamArn::parse(arn.text()), arn);
}

TEST(StreamArn, PartitionFollowsTheRegion) {
    EXPECT_EQ(partition_of("us-east-1"), "aws");
    EXPECT_EQ(partition_of("cn-north-1"), "aws-cn");
    EXPECT_EQ(partition_of("us-gov-west-1"), "aws-us-gov");
    const StreamArn arn{Identity{"123456789012", "cn-north-1"}, StreamName("s")};
    EXPECT_EQ(arn.text(), "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/s");
    EXPECT_EQ(StreamArn::parse(arn.text()), arn);
}

TEST(StreamArn, NameIsEverythingAfterTheSlash) {
    const auto arn = StreamArn::parse("arn:aws:kinesis:us-east-1:123456789012:stream/a/b:c");
    ASSERT_TRUE(arn);
    EXPECT_EQ(arn->name.text(), "a/b:c");
}

TEST(StreamArn, OddTextsAreRefused) {
    for (const char* text :
         {"", "orders", "arn:aws:kinesis:us-east-1:123456789012:stream/",
          "arn:aws:kinesis:us-east-1:12345678901:stream/a",
          "arn:aws:s3:us-east-1:123456789012:stream/a",
          // These satisfy the pattern yet do not name a region and an account where they should be.
          "arn:aws:x:kinesis:us-east-1:123456789012:stream/a",
          "arn:aws:kinesis:us-east-1:0:123456789012:stream/a"}) {
        EXPECT_FALSE(StreamArn::parse(text)) << text;
    }
}

TEST(ChannelArn, ReadsBack) {
    const ChannelArn arn{Identity{"123456789012", "cn-north-1"}, "abcdefghij0123456789"};
    EXPECT_EQ(arn.text(),
              "arn:aws-cn:kinesis:cn-north-1:123456789012:channel/abcdefghij0123456789");
    EXPECT_EQ(ChannelArn::parse(arn.text()), arn);
    EXPECT_FALSE(ChannelArn::parse("arn:aws:kinesis:us-east-1:123456789012:stream/a"));
    EXPECT_FALSE(ChannelArn::parse("arn:aws:kinesis:us-east-1:0:123456789012:channel/a"));
    EXPECT_FALSE(StreamArn::parse(arn.text()));
}

TEST(StreamName, OrderIsByBytes) {
    EXPECT_LT(StreamName("Z"), StreamName("a"));
    EXPECT_LT(StreamName("a-"), StreamName("a."));
    EXPECT_LT(StreamName("a"), StreamName("aa"));
}

TEST(Utf16, CountsUnitsNotBytes) {
    EXPECT_EQ(utf16_length(""), 0u);
    EXPECT_EQ(utf16_length("abc"), 3u);
    EXPECT_EQ(utf16_length("\xC3\xA9"), 1u);
    EXPECT_EQ(utf16_length("\xE2\x82\xAC"), 1u);
    EXPECT_EQ(utf16_length("\xF0\x9F\x98\x80!"), 3u);
}

}  // namespace
}  // namespace millrace::model
