#include "protocol/signature.h"

#include <gtest/gtest.h>

namespace millrace::protocol {
namespace {

// Those of the examples that AWS publishes.
constexpr std::string_view kKeyId = "AKIDEXAMPLE";
constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr std::string_view kDate = "20150830T123600Z";
const WallTime kNow = std::chrono::sys_days(std::chrono::year(2015) / 8 / 30) +
                      std::chrono::hours(12) + std::chrono::minutes(36);

struct SignatureTest : testing::Test {
    std::string method = "GET";
    std::string target = "/";
    std::string body;
    std::string scope = "20150830/us-east-1/service/aws4_request";
    std::string signed_headers = "host;x-amz-date";
    std::string signature = "00";
    std::vector<wire::Header> more;
    AccessKeys keys{{{std::string(kKeyId), std::string(kSecret), "", ""}, {"ZZZ", "else", "", ""}}};

    wire::Request request() {
        authorization_ = "AWS4-HMAC-SHA256 Credential=" + std::string(kKeyId) + "/" + scope +
                         ", SignedHeaders=" + signed_headers + ", Signature=" + signature;
        wire::Request made;
        made.method = method;
        made.target = target;
        made.body = body;
        made.headers = {{"Host", "example.amazonaws.com"},
                        {"X-Amz-Date", kDate},
                        {"Authorization", authorization_}};
        made.headers.insert(made.headers.end(), more.begin(), more.end());
        return made;
    }
    std::string signature_now() {
        const wire::Request made = request();
        return signature_of(made, authenticate(made), kSecret);
    }
    std::string refusal(WallTime now = kNow) {
        const wire::Request made = request();
        const Proof proof = check_signature(made, authenticate(made), keys, "service", now);
        EXPECT_EQ(proof.key == nullptr, proof.failure.has_value());
        return proof.failure ? proof.failure->message : proof.key->id;
    }

private:
    std::string authorization_;
};

TEST_F(SignatureTest, MatchesThePublishedExamples) {
    EXPECT_EQ(signature_now(), "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    target = "/?Param2=value2&Param1=value1";
    EXPECT_EQ(signature_now(), "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
    target = "/";
    method = "POST";
    EXPECT_EQ(signature_now(), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
    more = {{"Content-Type", "application/x-www-form-urlencoded"}};
    signed_headers = "content-type;host;x-amz-date";
    body = "Param1=value1";
    EXPECT_EQ(signature_now(), "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST_F(SignatureTest, BlanksInAValueCountOnceAndAtItsEndsNotAtAll) {
    signed_headers = "host;my-header1;my-header2;x-amz-date";
    more = {{"My-Header1", " value1 "}, {"My-Header2", " \"a   b   c\""}};
    EXPECT_EQ(signature_now(), "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
    more = {{"My-Header1", "value1"}, {"My-Header2", "\"a\tb c\" "}};
    EXPECT_EQ(signature_now(), "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST_F(SignatureTest, ANameThatComesTwiceHasBothValuesInOrder) {
    signed_headers = "host;my-header1;x-amz-date";
    more = {{"My-Header1", "a,b"}};
    const std::string joined = signature_now();
    more = {{"my-header1", "a"}, {"Other", "x"}, {"MY-HEADER1", " b"}};
    EXPECT_EQ(signature_now(), joined);
    more = {{"my-header1", "b"}, {"my-header1", "a"}};
    EXPECT_NE(signature_now(), joined);
}

TEST_F(SignatureTest, TheAuthorityIsTheHostByItsOwnName) {
    signed_headers = ":authority;x-amz-date";
    signature = signature_now();
    EXPECT_EQ(refusal(), kKeyId);
    EXPECT_NE(signature, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST_F(SignatureTest, IsBelievedIfItMatches) {
    signature = signature_now();
    EXPECT_EQ(refusal(), kKeyId);
    body = "more";
    EXPECT_TRUE(refusal().starts_with("The request signature we calculated does not match"));
}

TEST_F(SignatureTest, NoHeaderIsSignedTwiceAndNoneThatCouldBeNone) {
    std::string many = "host;x-amz-date";
    for (int i = 0; i < 98; ++i)
        many += ";h" + std::to_string(i);
    signed_headers = many;
    signature = signature_now();
    EXPECT_EQ(refusal(), kKeyId);
    for (const std::string& other :
         std::vector<std::string>{many + ";h98", "host;x-amz-date;host", "host;x-amz-date;HOST",
                                  "host;;x-amz-date", "host;x-amz-date;", "host;x-amz-date;a\nb"}) {
        signed_headers = other;
        signature = signature_now();
        EXPECT_EQ(refusal(),
                  "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
            << other;
    }
}

TEST_F(SignatureTest, TheSigningKeyIsOfItsScopeAndSecretWhateverWasAskedBefore) {
    const std::string before = signature_now();
    for (const char* const other :
         {"20150831/us-east-1/service/aws4_request", "20150830/us-west-1/service/aws4_request",
          "20150830/us-east-1/services/aws4_request"}) {
        scope = other;
        EXPECT_NE(signature_now(), before);
    }
    scope = "20150830/us-east-1/service/aws4_request";
    EXPECT_EQ(signature_now(), before);
    const wire::Request made = request();
    EXPECT_NE(signature_of(made, authenticate(made), "else"), before);
}

TEST_F(SignatureTest, LivesFiveMinutesEitherWay) {
    signature = signature_now();
    EXPECT_EQ(refusal(kNow + Seconds(300)), kKeyId);
    EXPECT_EQ(refusal(kNow - Seconds(300)), kKeyId);
    EXPECT_EQ(refusal(kNow + Seconds(301)),
              "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z "
              "(20150830T124101Z - 5 min.)");
    EXPECT_EQ(refusal(kNow - Seconds(301)),
              "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z "
              "(20150830T123059Z + 5 min.)");
}

}  // namespace
}  // namespace millrace::protocol
