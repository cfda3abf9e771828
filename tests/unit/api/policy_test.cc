// What policies grant and what they are made of, as tables.
#include "api/policy.h"

#include <gtest/gtest.h>

#include <string>

#include "api/policy_condition.h"
#include "api/policy_parser.h"
#include "api/wildcard.h"
#include "model/arn.h"

namespace millrace::api {
namespace {

constexpr const char* kStream = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";

std::string policy(const std::string& statements) {
    return R"({"Version": "2012-10-17", "Statement": )" + statements + "}";
}

// One statement of any principal, action and resource, but for what `members` say.
std::string allow(const std::string& members) {
    std::string statement = R"({"Effect": "Allow")";
    const auto unless = [&](const char* word, const char* member) {
        if (members.find(word) == std::string::npos) {
            statement += std::string(", ") + member;
        }
    };
    unless("Principal\"", R"("Principal": "*")");
    unless("Action\"", R"("Action": "*")");
    unless("Resource\"", R"("Resource": "*")");
    return statement + (members.empty() ? "" : ", " + members) + "}";
}

std::string deny(const std::string& members) {
    std::string statement = allow(members);
    return statement.replace(statement.find("Allow"), 5, "Deny");
}

// A condition on an Allow and, the same, on a Deny.
std::string when(const std::string& condition) {
    return R"("Condition": )" + condition;
}

AccessRequest request() {
    return {{"210987654321", "us-east-1"}, "kinesis:GetRecords", kStream, "10.1.2.3"};
}

struct Row {
    const char* what;
    std::string statements;
    bool granted;
};

std::string all(std::initializer_list<std::string> statements) {
    std::string text = "[";
    for (const std::string& statement : statements) {
        text += (text.size() > 1 ? "," : "") + statement;
    }
    return text + "]";
}

const Row kRows[] = {
    // Principals.
    {"anybody", allow(""), true},
    {"anybody, as an object", allow(R"("Principal": {"AWS": "*"})"), true},
    {"the account's root", allow(R"("Principal": {"AWS": "arn:aws:iam::210987654321:root"})"),
     true},
    {"the account", allow(R"("Principal": {"AWS": "210987654321"})"), true},
    {"one of a list", allow(R"("Principal": {"AWS": ["999999999999", "210987654321"]})"), true},
    {"another account", allow(R"("Principal": {"AWS": "999999999999"})"), false},
    {"another root", allow(R"("Principal": {"AWS": "arn:aws:iam::999999999999:root"})"), false},
    {"a role of the account",
     allow(R"("Principal": {"AWS": "arn:aws:iam::210987654321:role/reader"})"), false},
    {"no wildcards in ARNs", allow(R"("Principal": {"AWS": "arn:aws:iam::2109*:root"})"), false},
    {"root of another partition",
     allow(R"("Principal": {"AWS": "arn:aws-cn:iam::210987654321:root"})"), false},
    {"a service", allow(R"("Principal": {"Service": "lambda.amazonaws.com"})"), false},
    {"a service and the account", allow(R"("Principal": {"Service": "x", "AWS": "210987654321"})"),
     true},
    {"a federated user of any name", allow(R"("Principal": {"Federated": "*"})"), false},
    {"not another", allow(R"("NotPrincipal": {"AWS": "999999999999"})"), true},
    {"not the account", allow(R"("NotPrincipal": {"AWS": "210987654321"})"), false},
    {"denied unless another", all({allow(""), deny(R"("NotPrincipal": {"AWS": "999999999999"})")}),
     false},
    {"denied unless the account",
     all({allow(""), deny(R"("NotPrincipal": {"AWS": "210987654321"})")}), true},
    // Actions.
    {"the action", allow(R"("Action": "kinesis:GetRecords")"), true},
    {"in any case", allow(R"("Action": "KINESIS:getrecords")"), true},
    {"of the service", allow(R"("Action": "kinesis:*")"), true},
    {"that begin with Get", allow(R"("Action": "kinesis:Get*")"), true},
    {"with one character open", allow(R"("Action": "kinesis:GetRecord?")"), true},
    {"one too many", allow(R"("Action": "kinesis:GetRecords?")"), false},
    {"in a list", allow(R"("Action": ["kinesis:PutRecord", "kinesis:GetRecords"])"), true},
    {"others in a list", allow(R"("Action": ["kinesis:PutRecord", "kinesis:PutRecords"])"), false},
    {"without the service", allow(R"("Action": "GetRecords")"), false},
    {"of another service", allow(R"("Action": "s3:*")"), false},
    {"that begin with Put", allow(R"("Action": "kinesis:Put*")"), false},
    {"all but writes", allow(R"("NotAction": "kinesis:Put*")"), true},
    {"all but reads", allow(R"("NotAction": ["kinesis:Get*"])"), false},
    {"denied but for reads", all({allow(""), deny(R"("NotAction": "kinesis:Get*")")}), true},
    {"denied but for writes", all({allow(""), deny(R"("NotAction": "kinesis:Put*")")}), false},
    // Resources.
    {"the stream", allow(std::string(R"("Resource": ")") + kStream + "\""), true},
    {"streams of that beginning",
     allow(R"("Resource": "arn:aws:kinesis:us-east-1:123456789012:stream/ord*")"), true},
    {"streams of the account", allow(R"("Resource": ["arn:aws:kinesis:*:123456789012:stream/*"])"),
     true},
    {"another stream", allow(R"("Resource": "arn:aws:kinesis:us-east-1:123456789012:stream/x")"),
     false},
    {"in another case",
     allow(R"("Resource": "arn:aws:kinesis:us-east-1:123456789012:stream/Orders")"), false},
    {"its beginning alone",
     allow(R"("Resource": "arn:aws:kinesis:us-east-1:123456789012:stream/order")"), false},
    {"all but others", allow(R"("NotResource": "arn:aws:kinesis:*:*:stream/x")"), true},
    {"all but it", allow(R"("NotResource": "arn:aws:kinesis:*:*:stream/orders")"), false},
    // Allow and Deny.
    {"a Deny wins", all({allow(""), deny("")}), false},
    {"in either order", all({deny(""), allow("")}), false},
    {"a Deny alone", deny(""), false},
    {"a Deny of something else", all({allow(""), deny(R"("Action": "kinesis:PutRecord")")}), true},
    {"the second Allow", all({allow(R"("Action": "kinesis:PutRecord")"), allow("")}), true},
    {"one statement in a list", all({allow("")}), true},
    // Conditions.
    {"no condition", allow(when("{}")), true},
    {"StringEquals", allow(when(R"({"StringEquals": {"aws:PrincipalAccount": "210987654321"}})")),
     true},
    {"StringEquals, another",
     allow(when(R"({"StringEquals": {"aws:PrincipalAccount": "999999999999"}})")), false},
    {"StringEquals, one of",
     allow(when(R"({"StringEquals": {"aws:PrincipalAccount": ["9", "210987654321"]}})")), true},
    {"StringEquals takes no wildcard",
     allow(when(R"({"StringEquals": {"aws:PrincipalAccount": "2*"}})")), false},
    {"StringNotEquals",
     allow(when(R"({"StringNotEquals": {"aws:PrincipalAccount": "999999999999"}})")), true},
    {"StringNotEquals, none of",
     allow(when(R"({"StringNotEquals": {"aws:PrincipalAccount": ["9", "210987654321"]}})")), false},
    {"StringEqualsIgnoreCase",
     allow(when(R"({"StringEqualsIgnoreCase": {"aws:RequestedRegion": "US-EAST-1"}})")), true},
    {"StringNotEqualsIgnoreCase",
     allow(when(R"({"StringNotEqualsIgnoreCase": {"aws:RequestedRegion": "US-EAST-1"}})")), false},
    {"StringLike", allow(when(R"({"StringLike": {"aws:RequestedRegion": "us-*-?"}})")), true},
    {"StringNotLike", allow(when(R"({"StringNotLike": {"aws:RequestedRegion": "us-*"}})")), false},
    {"ArnEquals", allow(when(R"({"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::2*1:root"}})")),
     true},
    {"ArnLike over a colon", allow(when(R"({"ArnLike": {"aws:PrincipalArn": "arn:*:root"}})")),
     false},
    {"ArnNotLike", allow(when(R"({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}})")),
     false},
    {"ArnNotEquals",
     allow(when(R"({"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:user/x"}})")), true},
    {"IpAddress", allow(when(R"({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})")), true},
    {"IpAddress, another", allow(when(R"({"IpAddress": {"aws:SourceIp": "10.2.0.0/16"}})")), false},
    {"NotIpAddress", allow(when(R"({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}})")), false},
    {"NotIpAddress, another",
     allow(when(R"({"NotIpAddress": {"aws:SourceIp": ["1.0.0.0/8", "2.0.0.0/8"]}})")), true},
    {"keys in any case", allow(when(R"({"StringLike": {"AWS:principalACCOUNT": "2*"}})")), true},
    {"IfExists of what exists",
     allow(when(R"({"StringEqualsIfExists": {"aws:PrincipalType": "User"}})")), false},
    {"both tests", allow(when(R"({"StringLike": {"aws:PrincipalAccount": "2*"},
                                  "IpAddress": {"aws:SourceIp": "10.1.2.3"}})")),
     true},
    {"one of both tests", allow(when(R"({"StringLike": {"aws:PrincipalAccount": "2*"},
                                         "IpAddress": {"aws:SourceIp": "10.1.2.4"}})")),
     false},
    {"a Deny whose condition holds",
     all({allow(""), deny(when(R"({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})"))}), false},
    {"a Deny whose condition does not",
     all({allow(""), deny(when(R"({"IpAddress": {"aws:SourceIp": "11.0.0.0/8"}})"))}), true},
    // What cannot be decided never grants.
    {"an unknown key", allow(when(R"({"StringEquals": {"aws:username": "x"}})")), false},
    {"an unknown key, negated", allow(when(R"({"StringNotEquals": {"aws:username": "x"}})")),
     false},
    {"an unknown key, if it exists",
     allow(when(R"({"StringEqualsIfExists": {"aws:username": "x"}})")), false},
    {"an unknown key in a Deny",
     all({allow(""), deny(when(R"({"StringEquals": {"aws:username": "x"}})"))}), false},
    {"an unknown test", allow(when(R"({"Bool": {"aws:SecureTransport": true}})")), false},
    {"an unknown test in a Deny",
     all({allow(""), deny(when(R"({"Bool": {"aws:SecureTransport": "false"}})"))}), false},
    {"unknown, but the other test fails",
     all({allow(""), deny(when(R"({"Bool": {"aws:SecureTransport": "false"},
                                   "StringEquals": {"aws:PrincipalAccount": "9"}})"))}),
     true},
    {"a variable", allow(when(R"({"StringLike": {"aws:PrincipalAccount": "${x}"}})")), false},
    {"a variable in a Deny",
     all({allow(""), deny(when(R"({"StringLike": {"aws:PrincipalAccount": "${x}"}})"))}), false},
    {"a block that is none in a Deny",
     all({allow(""), deny(when(R"({"IpAddress": {"aws:SourceIp": "10.0.0.0/99"}})"))}), false},
};

TEST(Policy, GrantsAsTheTableSays) {
    static_assert(std::size(kRows) >= 60);
    for (const Row& row : kRows) {
        const auto parsed = parse_policy(policy(row.statements));
        ASSERT_TRUE(parsed) << row.what << ": " << row.statements;
        EXPECT_EQ(grants(*parsed, request()), row.granted) << row.what << ": " << row.statements;
    }
}

TEST(Policy, AnAddressThatIsNotKnownDecidesNothing) {
    AccessRequest unknown = request();
    unknown.source_ip.clear();
    for (const char* test : {"IpAddress", "NotIpAddress"}) {
        const std::string condition =
            when(std::string("{\"") + test + R"(": {"aws:SourceIp": "10.0.0.0/8"}})");
        EXPECT_FALSE(grants(*parse_policy(policy(allow(condition))), unknown));
        EXPECT_FALSE(grants(*parse_policy(policy(all({allow(""), deny(condition)}))), unknown));
    }
}

TEST(Policy, ThePrincipalFollowsThePartition) {
    AccessRequest china = request();
    china.caller.region = "cn-north-1";
    EXPECT_EQ(model::principal_arn(china.caller), "arn:aws-cn:iam::210987654321:root");
}

TEST(Policy, DocumentsOfOtherFormAreInvalid) {
    const std::string good = allow("");
    EXPECT_TRUE(parse_policy(policy(good)));
    EXPECT_TRUE(parse_policy(R"({"Version": "2008-10-17", "Id": "x", "Statement": )" + good + "}"));
    EXPECT_TRUE(parse_policy(policy(allow(R"("Sid": "s")"))));
    const std::string bad[] = {
        "",
        "{",
        "[]",
        "7",
        "\"{}\"",
        "null",
        "{}",
        R"({"Version": "2012-10-17"})",
        R"({"Statement": )" + good + "}",
        R"({"Version": "2020-01-01", "Statement": )" + good + "}",
        R"({"Version": 2012, "Statement": )" + good + "}",
        R"({"Version": "2012-10-17", "Extra": 1, "Statement": )" + good + "}",
        policy("[]"),
        policy("{}"),
        policy("\"x\""),
        policy("[" + good + ", 7]"),
        policy(good) + "x",
        policy(R"({"Effect": "Allow", "Principal": "*", "Action": "*"})"),
        policy(R"({"Effect": "Allow", "Principal": "*", "Resource": "*"})"),
        policy(R"({"Effect": "Allow", "Action": "*", "Resource": "*"})"),
        policy(R"({"Principal": "*", "Action": "*", "Resource": "*"})"),
        policy(R"({"Effect": "allow", "Principal": "*", "Action": "*", "Resource": "*"})"),
        policy(allow(R"("Principal": "210987654321")")),
        policy(allow(R"("Principal": {})")),
        policy(allow(R"("Principal": {"AWS": []})")),
        policy(allow(R"("Principal": {"AWS": 7})")),
        policy(allow(R"("Principal": {"Everyone": "*"})")),
        policy(allow(R"("Principal": ["*"])")),
        policy(allow(R"("Action": "*", "NotAction": "*")")),
        policy(allow(R"("Action": [])")),
        policy(allow(R"("Action": [7])")),
        policy(allow(R"("Action": {"a": "b"})")),
        policy(allow(R"("Resource": null)")),
        policy(allow(R"("Sid": 7)")),
        policy(allow(R"("Conditions": {})")),
        policy(allow(R"("Condition": [])")),
        policy(allow(R"("Condition": {"StringEquals": "x"})")),
        policy(allow(R"("Condition": {"StringEquals": {"aws:x": {}}})")),
        policy(allow(R"("Condition": {"StringEquals": {"aws:x": [null]}})")),
        policy(allow("\"Sid\": \"\xff\"")),
    };
    for (const std::string& text : bad) {
        EXPECT_FALSE(parse_policy(text)) << text;
    }
}

TEST(Wildcard, StarsAndQuestionMarks) {
    struct {
        const char* pattern;
        const char* text;
        bool matches;
    } const rows[] = {
        {"", "", true},           {"", "a", false},       {"*", "", true},
        {"*", "abc", true},       {"**", "abc", true},    {"a*c", "abbbc", true},
        {"a*c", "ac", true},      {"a*c", "abcd", false}, {"*b*", "abc", true},
        {"*b*b*", "abc", false},  {"?", "", false},       {"?", "a", true},
        {"a?c", "abc", true},     {"a?c", "ac", false},   {"*?", "", false},
        {"*aab", "aaaaab", true}, {"abc", "abC", false},  {"[a]", "a", false},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(matches_wildcard(row.pattern, row.text), row.matches)
            << row.pattern << " " << row.text;
    }
    // Not the exponential time of a naive matcher.
    const std::string stars = "*a*a*a*a*a*a*a*a*a*a*a*a*b";
    EXPECT_FALSE(matches_wildcard(stars, std::string(10'000, 'a')));
}

TEST(Wildcard, ArnsMatchPartByPart) {
    EXPECT_TRUE(matches_arn("arn:aws:iam::*:role/*", "arn:aws:iam::1:role/a:b"));
    EXPECT_TRUE(matches_arn("*:*:*:*:*:*", "arn:aws:iam::1:root"));
    EXPECT_FALSE(matches_arn("*", "arn:aws:iam::1:root"));
    EXPECT_FALSE(matches_arn("arn:aws:iam::1:root", "root"));
    EXPECT_FALSE(matches_arn("arn:*:1:root", "arn:aws:iam::1:root"));
}

TEST(PolicyCondition, AddressesLieInBlocks) {
    struct {
        const char* block;
        const char* address;
        Holds holds;
    } const rows[] = {
        {"10.1.2.3", "10.1.2.3", Holds::kYes},
        {"10.1.2.3/32", "10.1.2.4", Holds::kNo},
        {"0.0.0.0/0", "255.255.255.255", Holds::kYes},
        {"10.1.0.0/15", "10.0.255.255", Holds::kYes},
        {"10.1.0.0/15", "10.2.0.0", Holds::kNo},
        {"2001:db8::/32", "2001:db8:1::1", Holds::kYes},
        {"2001:db8::/32", "2001:db9::1", Holds::kNo},
        {"::/0", "10.1.2.3", Holds::kNo},
        {"10.0.0.0/33", "10.1.2.3", Holds::kUndecided},
        {"10.0.0.0/-1", "10.1.2.3", Holds::kUndecided},
        {"10.0.0.0/", "10.1.2.3", Holds::kUndecided},
        {"10.0.0.0/8x", "10.1.2.3", Holds::kUndecided},
        {"10.0.0", "10.1.2.3", Holds::kUndecided},
        {"10.0.0.0/8", "here", Holds::kUndecided},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(address_in(row.block, row.address), row.holds) << row.block << " " << row.address;
    }
}

}  // namespace
}  // namespace millrace::api
