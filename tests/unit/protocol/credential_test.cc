#include "protocol/credential.h"

#include <gtest/gtest.h>

namespace millrace::protocol {
namespace {

TEST(Credential, HasFiveElements) {
    const Credential all = Credential::parse("AK/20260101/eu-west-1/kinesis/aws4_request//");
    EXPECT_EQ(all.key_id, "AK");
    EXPECT_EQ(all.date, "20260101");
    EXPECT_EQ(all.region, "eu-west-1");
    EXPECT_EQ(all.service, "kinesis");
    EXPECT_EQ(all.terminator, "aws4_request");
    EXPECT_EQ(all.elements, 5u);
    EXPECT_EQ(Credential::parse("").elements, 1u);
    EXPECT_EQ(Credential::parse("/").elements, 1u);
    EXPECT_EQ(Credential::parse("a//c").elements, 3u);
    EXPECT_EQ(Credential::parse("a//c").region, "c");
    EXPECT_EQ(Credential::parse("a/b/c/d/e/f/g").elements, 7u);
}

}  // namespace
}  // namespace millrace::protocol
