#include "protocol/authentication.h"

#include <gtest/gtest.h>

#include "protocol/identity.h"

namespace millrace::protocol {
namespace {

constexpr std::string_view kComplete =
    "AWS4-HMAC-SHA256 Credential=AK/20260101/eu-west-1/kinesis/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=00ff";

struct Seen {
    std::string type;
    std::string message;
    std::string credential;
};

Seen seen(std::string_view authorization, std::string_view target = "/", bool dated = true) {
    wire::Request request;
    request.method = "POST";
    request.target = target;
    if (authorization.data() != nullptr)
        request.headers.push_back({"authorization", authorization});
    if (dated)
        request.headers.push_back({"X-Amz-Date", "20260101T000000Z"});
    const Authentication a = authenticate(request);
    if (!a.failure)
        return {"", "", std::string(a.credential)};
    return {std::string(a.failure->type), a.failure->message, std::string(a.credential)};
}

TEST(Authentication, ACompleteHeaderGivesItsCredential) {
    EXPECT_EQ(seen(kComplete).type, "");
    EXPECT_EQ(seen(kComplete).credential, "AK/20260101/eu-west-1/kinesis/aws4_request");
    EXPECT_EQ(seen("X Credential=a,SignedHeaders=b,Signature=c==").type, "");
}

TEST(Authentication, NeitherCarrier) {
    for (const Seen& s : {seen({}), seen(""), seen({}, "/?X-Amz-Date=20260101T000000Z&a")}) {
        EXPECT_EQ(s.type, "MissingAuthenticationTokenException");
        EXPECT_EQ(s.message, "Missing Authentication Token");
    }
}

TEST(Authentication, BothCarriers) {
    for (const char* const target :
         {"/?X-Amz-Algorithm=x", "/?X-Amz-Algorithm", "/a?b=c&X-Amz-Algorithm="}) {
        const Seen s = seen(kComplete, target);
        EXPECT_EQ(s.type, "InvalidSignatureException");
        EXPECT_EQ(
            s.message,
            "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP "
            "header.");
    }
}

TEST(Authentication, EachMissingPartOfTheHeaderIsNamedInOrder) {
    const Seen s = seen("X", "/", false);
    EXPECT_EQ(s.type, "IncompleteSignatureException");
    EXPECT_EQ(
        s.message,
        "Authorization header requires 'Credential' parameter. Authorization header requires "
        "'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        "Authorization=X");
    EXPECT_EQ(seen("X Signature=a,Credential=,SignedHeaders=b").message,
              "Authorization header requires 'Credential' parameter. Authorization=X "
              "Signature=a,Credential=,SignedHeaders=b");
    // The first token is the algorithm, whatever it looks like.
    EXPECT_EQ(seen("Credential=a Signature=b SignedHeaders=c").message,
              "Authorization header requires 'Credential' parameter. Authorization=Credential=a "
              "Signature=b SignedHeaders=c");
}

TEST(Authentication, TheFirstOfAParameterCountsAndItsNameIsWhole) {
    EXPECT_EQ(seen("X Credential=a/b,Credential=c,\t Signature=d  ,SignedHeaders=e").credential,
              "a/b");
    EXPECT_EQ(seen("X Credential=,Credential=c,Signature=d,SignedHeaders=e").message,
              "Authorization header requires 'Credential' parameter. Authorization=X "
              "Credential=,Credential=c,Signature=d,SignedHeaders=e");
    EXPECT_EQ(seen("X Credentials=a,Credential,Signature=d,SignedHeaders=e,").message,
              "Authorization header requires 'Credential' parameter. Authorization=X "
              "Credentials=a,Credential,Signature=d,SignedHeaders=e,");
}

TEST(Authentication, ADateHeaderWillDo) {
    wire::Request request;
    request.headers = {{"Authorization", kComplete}, {"date", "Thu, 01 Jan 2026 00:00:00 GMT"}};
    EXPECT_FALSE(authenticate(request).failure);
}

TEST(Authentication, ACompleteQueryGivesItsCredential) {
    const Seen s = seen({},
                        "/?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AK%2F20260101%2f"
                        "us-west-2%2Fkinesis%2Faws4_request&X-Amz-Date=1&X-Amz-SignedHeaders="
                        "host&X-Amz-Signature=0",
                        false);
    EXPECT_EQ(s.type, "");
    EXPECT_EQ(s.credential, "AK/20260101/us-west-2/kinesis/aws4_request");
}

TEST(Authentication, EachMissingPartOfTheQueryIsNamedInOrder) {
    const Seen s = seen({}, "/?X-Amz-Algorithm=&X-Amz-Credential");
    EXPECT_EQ(s.type, "IncompleteSignatureException");
    EXPECT_EQ(
        s.message,
        "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string "
        "parameters must include 'X-Amz-Credential'. AWS query-string parameters must include "
        "'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
        "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string "
        "parameters.");
    EXPECT_EQ(seen({},
                   "/?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Signature=c&"
                   "X-Amz-SignedHeaders=d")
                  .message,
              "AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string "
              "parameters.");
}

TEST(Identity, TwelveDigitsAreTheAccount) {
    const Settings defaults;
    const Identity named =
        identify("123456789012/20260101/eu-west-1/kinesis/aws4_request", defaults);
    EXPECT_EQ(named.account, "123456789012");
    EXPECT_EQ(named.region, "eu-west-1");
    EXPECT_EQ(identify("12345678901/d/r", defaults).account, "000000000000");
    EXPECT_EQ(identify("1234567890123/d/r", defaults).account, "000000000000");
    EXPECT_EQ(identify("12345678901a/d/r", defaults).account, "000000000000");
}

TEST(Identity, ScopesThatNameNoRegionMeanTheDefault) {
    const Settings defaults{"111122223333", "ap-south-1"};
    for (const char* const credential :
         {"", "AK", "AK/d", "AK/d/", "AK/d//kinesis", "AK/d/EU WEST/k", "AK/d/a:b/k",
          "AK/d/abcdefghijabcdefghijabcdefghijabc/k"}) {
        EXPECT_EQ(identify(credential, defaults).region, "ap-south-1") << credential;
        EXPECT_EQ(identify(credential, defaults).account, "111122223333");
    }
}

}  // namespace
}  // namespace millrace::protocol
