// The small questions about a request's head: its target, its content type, its ids, its errors.
#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "env/entropy.h"
#include "protocol/content_type.h"
#include "protocol/errors.h"
#include "protocol/request_id.h"
#include "protocol/target.h"
#include "protocol/utf8.h"
#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

TEST(Target, IsSplitAtTheFirstDots) {
    const Target target = parse_target("Kinesis_20131202.PutRecord");
    EXPECT_TRUE(target.names_our_service());
    EXPECT_EQ(target.operation, "PutRecord");
    EXPECT_EQ(parse_target("Kinesis_20131202.PutRecord.more").operation, "PutRecord");
    EXPECT_FALSE(parse_target("Kinesis_20131201.PutRecord").names_our_service());
    EXPECT_FALSE(parse_target("kinesis_20131202.PutRecord").names_our_service());
    for (const char* const header : {"", ".", "a", "a.", ".b", "Kinesis_20131202", "a..b"}) {
        EXPECT_FALSE(parse_target(header).names_both()) << header;
    }
}

TEST(Target, OfRpcIsThePath) {
    const Target target = parse_rpc_target("/service/Kinesis_20131202/operation/PutRecord?x=/y");
    EXPECT_TRUE(target.names_our_service());
    EXPECT_EQ(target.operation, "PutRecord");
    EXPECT_EQ(parse_rpc_target("/a/service/S/operation/O").service, "S");
    for (const char* const path : {"", "/", "/service/", "/service/S", "/service/S/operation/",
                                   "/service//operation/O", "/operation/O", "/service/S/O"}) {
        EXPECT_FALSE(parse_rpc_target(path).names_both()) << path;
    }
}

TEST(ContentType, ParametersAndBlanksDoNotCount) {
    EXPECT_EQ(content_type("application/x-amz-json-1.1"), ContentType::kJson);
    EXPECT_EQ(content_type(" application/x-amz-json-1.1 ; charset=utf-8"), ContentType::kJson);
    EXPECT_EQ(content_type("application/x-amz-cbor-1.1;a"), ContentType::kCbor);
    EXPECT_EQ(content_type("application/json;"), ContentType::kPlainJson);
    EXPECT_EQ(content_type("application/cbor"), ContentType::kRpcCbor);
    for (const char* const header : {"", " ", ";", "text/plain", "application/x-amz-json-1.0",
                                     "application/x-amz-json-1.1 x", "application/cbor-seq"}) {
        EXPECT_EQ(content_type(header), ContentType::kOther) << header;
    }
}

TEST(RequestIds, LookRightAndNeverRepeat) {
    env::SystemEntropy entropy;
    RequestIds ids(entropy);
    const std::regex uuid("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
    std::set<std::string> seen;
    for (int i = 0; i < 2000; ++i) {
        const RequestId id = ids.next();
        ASSERT_TRUE(std::regex_match(id.uuid().begin(), id.uuid().end(), uuid)) << id.uuid();
        ASSERT_EQ(id.extended().size(), 96u);
        ASSERT_TRUE(seen.emplace(id.uuid()).second);
        ASSERT_TRUE(seen.emplace(id.extended()).second);
    }
}

TEST(Utf8, IllFormedSequencesAreRecognised) {
    for (const char* const good :
         {"", "a", "0123456789abcdef", "01234567\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
          "\xed\x9f\xbf", "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_TRUE(is_utf8(good)) << good;
    }
    for (const char* const bad :
         {"\x80", "\xbf", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xc2\x41", "\xe0\x9f\xbf", "\xe2\x82",
          "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
          "\xf5\x80\x80\x80", "\xff", "01234567\xff", "0123456\x80"}) {
        EXPECT_FALSE(is_utf8(bad)) << bad;
    }
}

TEST(Utf8, LengthsAreUtf16Units) {
    EXPECT_EQ(utf16_length(""), 0u);
    EXPECT_EQ(utf16_length("0123456789"), 10u);
    EXPECT_EQ(utf16_length("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), 4u);
    EXPECT_EQ(utf16_length("01234567\xf0\x9f\x98\x80z"), 11u);
}

TEST(Errors, OnlySerializationMessagesAreCapitalised) {
    EXPECT_EQ(error(Format::kJson, kSerialization).response.body,
              R"({"__type":"SerializationException"})");
    EXPECT_EQ(error(Format::kJson, kSerialization, "no").response.body,
              R"({"__type":"SerializationException","Message":"no"})");
    EXPECT_EQ(error(Format::kJson, kValidation, "no").response.body,
              R"({"__type":"ValidationException","message":"no"})");
    EXPECT_EQ(
        error(Format::kCbor, kUnknownOperation).response.body,
        hex("bf 66 5f5f74797065 78 19 556e6b6e6f776e4f7065726174696f6e457863657074696f6e ff"));
    EXPECT_EQ((*error(Format::kCbor, kValidation, "no").response.headers.begin()).value,
              "application/x-amz-cbor-1.1");
}

TEST(Errors, InRpcV2AreNamedByTheModel) {
    const Reply reply = error(Format::kRpcCbor, kValidation, "no");
    EXPECT_EQ((*reply.response.headers.begin()).value, "application/cbor");
    EXPECT_NE(reply.response.body.find("com.amazonaws.kinesis#ValidationException"),
              std::string::npos);
    EXPECT_EQ(reply.result, kValidation);
}

TEST(Errors, ServiceErrorsAreAll400ButTheInternalOne) {
    const Reply throttled =
        error(Format::kJson, api::ClientError{api::ErrorType::kAccessDenied, "m"});
    EXPECT_EQ(throttled.response.status, 400u);
    EXPECT_EQ(throttled.response.body, R"({"__type":"AccessDeniedException","message":"m"})");
    const Reply internal =
        error(Format::kJson, api::ClientError{api::ErrorType::kInternalFailure, "m"});
    EXPECT_EQ(internal.response.status, 500u);
    EXPECT_EQ(internal.response.body, R"({"__type":"InternalFailure"})");
}

TEST(Errors, EchoedBytesDoNotBreakTheBody) {
    EXPECT_EQ(error(Format::kJson, kValidation, "a\xff\"").response.body,
              R"({"__type":"ValidationException","message":"a?\""})");
    EXPECT_EQ(xml_error("T", "'<a>&'").response.body,
              "<T>\n  <Message>'&lt;a&gt;&amp;'</Message>\n</T>\n");
}

}  // namespace
}  // namespace millrace::protocol
