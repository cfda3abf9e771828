#include "model/key_id.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace millrace::model {
namespace {

const std::string kUuid = "1234abcd-12AB-34cd-56ef-1234567890ab";
const std::string kMultiRegion = "mrk-1234abcd12ab34cd56ef1234567890ab";
const std::string kHere = "arn:aws:kms:us-east-1:123456789012:";

TEST(KeyId, TheServicesFormsAreTaken) {
    for (const std::string& id :
         std::vector<std::string>{kUuid, kMultiRegion, "alias/aws/kinesis", "alias/My_key-1",
                                  "alias/" + std::string(250, 'a'), kHere + "key/" + kUuid,
                                  kHere + "key/" + kMultiRegion, kHere + "alias/mine",
                                  "arn:aws-cn:kms:cn-north-1:123456789012:key/" + kUuid,
                                  "arn:aws-us-gov:kms:us-gov-west-1:123456789012:alias/a/b"}) {
        EXPECT_TRUE(is_key_id(id)) << id;
    }
}

TEST(KeyId, NothingElseIs) {
    for (const std::string& id :
         std::vector<std::string>{"",
                                  "x",
                                  "alias/",
                                  "alias/a b",
                                  "alias/\xc3\xa4",
                                  "alias/" + std::string(251, 'a'),
                                  kUuid + "-",
                                  kUuid + "0",
                                  kUuid.substr(1),
                                  "g" + kUuid.substr(1),
                                  " " + kUuid,
                                  "key/" + kUuid,
                                  "1234abcd12ab34cd56ef1234567890ab",
                                  "1234abcd1-2ab-34cd-56ef-1234567890ab",
                                  kMultiRegion + "0",
                                  "mrk-",
                                  kHere,
                                  kHere + kUuid,
                                  kHere + "key/",
                                  kHere + "key/alias/x",
                                  kHere + "key/" + kUuid + ":x",
                                  "arn:aws:kinesis:us-east-1:123456789012:key/" + kUuid,
                                  "arn:aws:kms:us-east-1:12345678901:key/" + kUuid,
                                  "arn:aws:kms::123456789012:key/" + kUuid,
                                  "arn:gcp:kms:us-east-1:123456789012:key/" + kUuid,
                                  "urn:aws:kms:us-east-1:123456789012:key/" + kUuid,
                                  "arn:aws:kms"}) {
        EXPECT_FALSE(is_key_id(id)) << id;
    }
}

TEST(KeyId, AllFormsOfOneKeyHaveOneName) {
    EXPECT_EQ(key_name(kUuid), kUuid);
    EXPECT_EQ(key_name(kHere + "key/" + kUuid), kUuid);
    EXPECT_EQ(key_name("alias/mine"), "alias/mine");
    EXPECT_EQ(key_name(kHere + "alias/mine"), "alias/mine");
}

TEST(KeyId, AnArnIsOfTheOwnerUnlessItIsOneAlready) {
    const Identity owner{"123456789012", "us-east-1"};
    EXPECT_EQ(key_arn(kUuid, owner), kHere + "key/" + kUuid);
    EXPECT_EQ(key_arn(kMultiRegion, owner), kHere + "key/" + kMultiRegion);
    EXPECT_EQ(key_arn("alias/mine", owner), kHere + "alias/mine");
    EXPECT_EQ(key_arn("alias/mine", {"210987654321", "cn-north-1"}),
              "arn:aws-cn:kms:cn-north-1:210987654321:alias/mine");
    const std::string other = "arn:aws:kms:eu-west-1:210987654321:key/" + kUuid;
    EXPECT_EQ(key_arn(other, owner), other);
}

}  // namespace
}  // namespace millrace::model
