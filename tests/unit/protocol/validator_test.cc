#include "protocol/validator.h"

#include <gtest/gtest.h>

#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

std::string violations_of(std::string body) {
    const auto bound = whole_of_json(std::move(body));
    EXPECT_TRUE(bound.well_formed && !bound.failure);
    return bound.violations(kWhole);
}
std::string one(const std::string& violation) {
    return "1 validation error detected: " + violation;
}

TEST(Validator, WhatSatisfiesTheShapeIsNotMentioned) {
    EXPECT_EQ(violations_of("{}"), "none");
    EXPECT_EQ(violations_of(R"({"Text":"abcd","Integer":-5,"Blob":"AA==","Part":{"Type":"WIDE"},)"
                            R"("Parts":[{"Type":"TALL","Size":9}],"Words":["a"],"Tags":{"k":""}})"),
              "none");
}

TEST(Validator, NumbersAreReportedWithTheirBounds) {
    EXPECT_EQ(violations_of(R"({"Integer":-6})"),
              one("Value '-6' at 'integer' failed to satisfy constraint: Member must have value "
                  "greater than or equal to -5"));
    EXPECT_EQ(violations_of(R"({"Integer":100000000000})"),
              one("Value '2147483647' at 'integer' failed to satisfy constraint: Member must have "
                  "value less than or equal to 5"));
}

TEST(Validator, AnEmptyNameBreaksThePatternThenTheLength) {
    EXPECT_EQ(
        violations_of(R"({"Text":""})"),
        "2 validation errors detected: Value '' at 'text' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-z]+; Value '' at 'text' failed to "
        "satisfy constraint: Member must have length greater than or equal to 1");
    EXPECT_EQ(violations_of(R"({"Text":"abcde"})"),
              one("Value 'abcde' at 'text' failed to satisfy constraint: Member must have length "
                  "less than or equal to 4"));
}

TEST(Validator, LengthsAreCountedInUtf16Units) {
    // Four units each: two characters outside the basic plane, and four of three bytes.
    EXPECT_EQ(violations_of("{\"Words\":[\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"]}"), "none");
    EXPECT_EQ(violations_of("{\"Words\":[\"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\"]}"),
              "none");
    EXPECT_NE(violations_of("{\"Words\":[\"a\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"]}"), "none");
}

TEST(Validator, EnumsPrintTheirValues) {
    EXPECT_EQ(violations_of(R"({"Part":{"Type":"BIG"}})"),
              one("Value 'BIG' at 'part.type' failed to satisfy constraint: Member must satisfy "
                  "enum value set: [WIDE, TALL]"));
}

TEST(Validator, RequiredMembersOfStructuresAndElementsAreNamedByPath) {
    EXPECT_EQ(violations_of(R"({"Part":{},"Parts":[{"Type":"WIDE"},{"Size":0}]})"),
              "3 validation errors detected: Value null at 'part.type' failed to satisfy "
              "constraint: Member must not be null; Value null at 'parts.2.member.type' failed to "
              "satisfy constraint: Member must not be null; Value '0' at 'parts.2.member.size' "
              "failed to satisfy constraint: Member must have value greater than or equal to 1");
}

TEST(Validator, BlobsAndListsOfStructuresAreNotPrinted) {
    EXPECT_EQ(violations_of(R"({"Blob":""})"),
              one("Value at 'blob' failed to satisfy constraint: Member must have length greater "
                  "than or equal to 1"));
    EXPECT_EQ(violations_of(R"({"Parts":[]})"),
              one("Value at 'parts' failed to satisfy constraint: Member must have length greater "
                  "than or equal to 1"));
}

TEST(Validator, ListsOfTextsArePrintedWhole) {
    EXPECT_EQ(violations_of(R"({"Words":[]})"),
              one("Value '[]' at 'words' failed to satisfy constraint: Member must have length "
                  "greater than or equal to 1"));
    EXPECT_EQ(
        violations_of(R"({"Words":["a","","abcde","b"]})"),
        "2 validation errors detected: Value '[a, , abcde, b]' at 'words' failed to satisfy "
        "constraint: Member must have length less than or equal to 3; Value '[a, , abcde, b]' "
        "at 'words' failed to satisfy constraint: Member must satisfy constraint: [Member "
        "must have length less than or equal to 4, Member must have length greater than or "
        "equal to 1]");
}

TEST(Validator, MapsArePrintedWhole) {
    EXPECT_EQ(violations_of(R"({"Tags":{}})"),
              one("Value '{}' at 'tags' failed to satisfy constraint: Member must have length "
                  "greater than or equal to 1"));
    EXPECT_EQ(violations_of(R"({"Tags":{"":"12345","k":"v"}})"),
              "2 validation errors detected: Value '{=12345, k=v}' at 'tags' failed to satisfy "
              "constraint: Map keys must satisfy constraint: [Member must have length less than or "
              "equal to 4, Member must have length greater than or equal to 1]; Value '{=12345, "
              "k=v}' at 'tags' failed to satisfy constraint: Map value must satisfy constraint: "
              "[Member must have length less than or equal to 4, Member must have length greater "
              "than or equal to 0]");
}

TEST(Validator, NullElementsMustNotBeNull) {
    EXPECT_EQ(violations_of(R"({"Parts":[null,{"Type":"WIDE"}]})"),
              one("Value null at 'parts.1.member' failed to satisfy constraint: Member must not be "
                  "null"));
    EXPECT_EQ(violations_of(R"({"Words":["a",null]})"),
              one("Value null at 'words.2.member' failed to satisfy constraint: Member must not be "
                  "null"));
}

TEST(Validator, EnumsInListsAreReportedForTheList) {
    struct Monitored {
        std::optional<std::vector<std::string_view>> metrics;
    };
    static constexpr std::string_view kNames[] = {"IncomingBytes", "ALL"};
    static constexpr model::Field kFields[] = {
        model::text_list_field<&Monitored::metrics>("ShardLevelMetrics")
            .require()
            .within(1, 7)
            .one_of(kNames),
    };
    static constexpr model::Shape kShape{"Monitored", kFields};
    EXPECT_EQ(
        bind_json<Monitored>(kShape, R"({"ShardLevelMetrics":["ALL","x"]})").violations(kShape),
        one("Value '[ALL, x]' at 'shardLevelMetrics' failed to satisfy constraint: Member "
            "must satisfy constraint: [Member must satisfy enum value set: [IncomingBytes, "
            "ALL]]"));
    EXPECT_EQ(bind_json<Monitored>(kShape, "{}").violations(kShape),
              one("Value null at 'shardLevelMetrics' failed to satisfy constraint: Member must not "
                  "be null"));
}

TEST(Validator, AtMostTenAreCollectedAndCounted) {
    std::string body = R"({"Text":"","Parts":[)";
    for (int i = 0; i < 20; ++i)
        body += i == 0 ? "{}" : ",{}";
    body += "]}";
    const std::string message = violations_of(body);
    EXPECT_EQ(message.substr(0, 31), "10 validation errors detected: ");
    std::size_t count = 0;
    for (std::size_t at = 0; (at = message.find("Value ", at)) != message.npos; ++at)
        ++count;
    EXPECT_EQ(count, 10u);
    EXPECT_NE(message.find("'parts.7.member.type'"), message.npos);
    EXPECT_EQ(message.find("'parts.8.member.type'"), message.npos);
}

}  // namespace
}  // namespace millrace::protocol
