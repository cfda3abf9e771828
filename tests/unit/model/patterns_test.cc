#include "model/patterns.h"

#include <gtest/gtest.h>

#include <random>
#include <regex>
#include <string>
#include <vector>

namespace millrace::model {
namespace {

struct Case {
    const Pattern* pattern;
    std::vector<std::string> pieces;  // what random texts are put together from
};

const std::string kAccount = "123456789012";

std::vector<Case> cases() {
    const std::vector<std::string> arn = {"arn:aws",   "arn",      ":aws",   ":kinesis:",
                                          ":kinesis",  ":",        kAccount, ":" + kAccount + ":",
                                          "stream/",   ":stream/", "us",     "a",
                                          " ",         "\t",       "\n",     "\r",
                                          "1",         "/",        "-cn",    "/consumer/",
                                          "consumer/", "c:17"};
    return {
        {&kNamePattern, {"a", "Z", "0", "_", ".", "-", " ", "/", "\xC3\xA9", "\n"}},
        {&kStreamArnPattern, arn},
        {&kResourceArnPattern, arn},
        {&kConsumerArnPattern, arn},
        {&kStreamIdPattern, {"abcdefghij", "0123456789", "-", "abc", "0z9", "A", "x"}},
        {&kSequenceNumberPattern, {"0", "1", "9", std::string(64, '7'), "x", "-", "\n"}},
        {&kHashKeyPattern, {"0", "1", "9", std::string(19, '7'), "x", "-"}},
        {&kChannelArnPattern,
         {"arn:aws", ":kinesis:", "us", ":" + kAccount + ":", "channel/", "stream/", "a", " ",
          "\n"}},
        {&kRoleArnPattern,
         {"arn:aws", "-cn", ":iam::", kAccount, ":role/", "a/B", "+=,.@-_", "1", " ", ":"}},
        {&kBucketArnPattern,
         {"arn:aws", "-cn", ":s3:::", "bucket", "a.b_c-1", "A", "x", std::string(50, 'b')}},
        {&kAccountPattern, {kAccount, "123456", "1", "x"}},
        {&kErrorPrefixPattern, {"a", "Z0", "!-_'.*()", "/", "{", " ", "\n"}},
        {&kLogGroupPattern, {"a", "Z0", ".-_/#", ":", " "}},
        {&kLogStreamPattern, {"a", "[x]", "\n", ":", "*"}},
    };
}

TEST(Patterns, RandomTextsMatchAsTheRegularExpressionDoes) {
    std::mt19937 random(20260102);
    for (const Case& c : cases()) {
        const std::regex regex{std::string(c.pattern->text)};
        int matched = 0;
        for (int i = 0; i < 4000; ++i) {
            std::string value;
            for (auto n = random() % 14; n > 0; --n) {
                value += c.pieces[random() % c.pieces.size()];
            }
            const bool expected = std::regex_match(value, regex);
            matched += expected;
            ASSERT_EQ(c.pattern->matches(value), expected) << c.pattern->text << " on " << value;
        }
        RecordProperty(std::string(c.pattern->text), matched);
    }
}

// Random pieces rarely make a whole ARN: start from good ones and damage them.
TEST(Patterns, DamagedArnsMatchAsTheRegularExpressionDoes) {
    std::mt19937 random(20260103);
    const std::vector<std::string> seeds = {
        "arn:aws:kinesis:us-east-1:123456789012:stream/orders",
        "arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a/b",
        "arn:aws:kinesis:us-east-1:123456789012:stream/s/consumer/c:1600000000",
        "arn:aws:kinesis:us-east-1:123456789012:xstream/s/consumer/c:1",
        "arn:aws:kinesis::kinesis:r:123456789012:123456789012:stream/stream/x",
        "arn:aws:kinesis:us-east-1:123456789012:channel/abcdefghij0123456789",
        "arn:aws-cn:kinesis:cn-north-1:123456789012:channel/a/b:c",
        "arn:aws:iam::123456789012:role/kinesis-channels",
        "arn:aws:s3:::bucket-of-records",
    };
    const std::string alphabet = "arn:wskie/123 \n\r\tx-.";
    for (const Pattern* pattern : {&kStreamArnPattern, &kResourceArnPattern, &kConsumerArnPattern,
                                   &kChannelArnPattern, &kRoleArnPattern, &kBucketArnPattern}) {
        const std::regex regex{std::string(pattern->text)};
        int matched = 0;
        for (int i = 0; i < 6000; ++i) {
            std::string value = seeds[random() % seeds.size()];
            for (auto n = random() % 4; n > 0; --n) {
                const std::size_t at = random() % value.size();
                const char c = alphabet[random() % alphabet.size()];
                switch (random() % 3) {
                    case 0:
                        value[at] = c;
                        break;
                    case 1:
                        value.insert(at, 1, c);
                        break;
                    default:
                        value.erase(at, 1);
                        break;
                }
            }
            const bool expected = std::regex_match(value, regex);
            matched += expected;
            ASSERT_EQ(pattern->matches(value), expected) << pattern->text << " on " << value;
        }
        EXPECT_GT(matched, 150);
        EXPECT_LT(matched, 5700);
    }
}

TEST(Patterns, BoundsOfDigitsHold) {
    EXPECT_TRUE(kSequenceNumberPattern.matches("0"));
    EXPECT_TRUE(kSequenceNumberPattern.matches(std::string(129, '9')));
    EXPECT_FALSE(kSequenceNumberPattern.matches(std::string(130, '9')));
    EXPECT_FALSE(kSequenceNumberPattern.matches("01"));
    EXPECT_FALSE(kSequenceNumberPattern.matches(""));
    EXPECT_TRUE(kHashKeyPattern.matches(std::string(39, '9')));
    EXPECT_FALSE(kHashKeyPattern.matches(std::string(40, '9')));
    EXPECT_FALSE(kHashKeyPattern.matches(""));
}

TEST(Patterns, DotStopsAtUnicodeLineEndsAndNonBlankDoesNot) {
    const std::string head = "arn:aws:kinesis:us-east-1:123456789012:stream/";
    for (const char* line_end : {"\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
        EXPECT_TRUE(kStreamArnPattern.matches(head + "a" + line_end + "b"));
        std::string value = head + "a";
        value.insert(16, line_end);
        EXPECT_FALSE(kStreamArnPattern.matches(value));
        EXPECT_FALSE(kResourceArnPattern.matches(value));
    }
}

TEST(Patterns, LongHostileTextsAreCheap) {
    std::string value = "arn:aws";
    for (int i = 0; i < 20000; ++i) {
        value += ":kinesis:" + kAccount + ":stream/ ";
    }
    EXPECT_FALSE(kStreamArnPattern.matches(value));
    EXPECT_FALSE(kResourceArnPattern.matches(value));
    EXPECT_FALSE(kConsumerArnPattern.matches(value));
}

}  // namespace
}  // namespace millrace::model
