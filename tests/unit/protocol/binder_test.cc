#include "protocol/binder.h"

#include <gtest/gtest.h>

#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

constexpr const char* kNumberClass =
    "class com.amazon.coral.value.json.numbers.TruncatingBigNumber";

std::string failure_of(const std::string& member, const std::string& value) {
    const auto bound = whole_of_json("{\"" + member + "\":" + value + "}");
    EXPECT_TRUE(bound.well_formed) << member << " " << value;
    return bound.failure.value_or("none");
}

TEST(Binder, NamesWhatAScalarCannotBecome) {
    const std::string number = kNumberClass;
    EXPECT_EQ(failure_of("Text", "true"),
              "class java.lang.Boolean can not be converted to an String");
    EXPECT_EQ(failure_of("Text", "1"), number + " can not be converted to an String");
    EXPECT_EQ(failure_of("Text", "1.5"), number + " can not be converted to an String");
    EXPECT_EQ(failure_of("Integer", "\"1\""),
              "class java.lang.String can not be converted to an Integer");
    EXPECT_EQ(failure_of("Integer", "false"),
              "class java.lang.Boolean can not be converted to an Integer");
    EXPECT_EQ(failure_of("Big", "\"1\""), "class java.lang.String can not be converted to an Long");
    EXPECT_EQ(failure_of("Big", "true"), "class java.lang.Boolean can not be converted to an Long");
    EXPECT_EQ(failure_of("Flag", "1"), number + " can not be converted to an Boolean");
    EXPECT_EQ(failure_of("Flag", "\"maybe\""), "'MAYBE' can not be converted to an Boolean");
    EXPECT_EQ(failure_of("Blob", "true"), "class java.lang.Boolean can not be converted to a Blob");
    EXPECT_EQ(failure_of("Blob", "3"), number + " can not be converted to a Blob");
    EXPECT_EQ(failure_of("When", "\"x\""),
              "class java.lang.String can not be converted to milliseconds since epoch");
    EXPECT_EQ(failure_of("When", "true"),
              "class java.lang.Boolean can not be converted to milliseconds since epoch");
}

TEST(Binder, NamesTheThreeFaultsOfBase64) {
    EXPECT_EQ(failure_of("Blob", "\"abc\""),
              "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple "
              "of 4 bytes but found: 3");
    EXPECT_EQ(failure_of("Blob", "\"ab-d\""),
              "'ab-d' can not be converted to a Blob: Invalid Base64 character: '-'");
    EXPECT_EQ(failure_of("Blob", "\"=abc\""),
              "'=abc' can not be converted to a Blob: Invalid Base64 character: '='");
    EXPECT_EQ(failure_of("Blob", "\"+/==\""),
              "'+/==' can not be converted to a Blob: Invalid last non-pad Base64 character "
              "dectected");
    // Lengths are counted in UTF-16 units: two characters of three bytes each, and four of two.
    EXPECT_EQ(failure_of("Blob", "\"\xe2\x82\xac\xe2\x82\xac\""),
              "'\xe2\x82\xac\xe2\x82\xac' can not be converted to a Blob: Base64 encoded length is "
              "expected a multiple of 4 bytes but found: 2");
    EXPECT_EQ(failure_of("Blob", "\"abc\xc3\xa9\""),
              "'abc\xc3\xa9' can not be converted to a Blob: Invalid Base64 character: '\xc3\xa9'");
}

TEST(Binder, ListsAndStructuresWhereScalarsAreDue) {
    for (const char* const member : {"Text", "Integer", "Big", "Flag", "Blob", "When"}) {
        EXPECT_EQ(failure_of(member, "[]"), "Start of list found where not expected");
        EXPECT_EQ(failure_of(member, "{}"), "Start of structure or map found where not expected.");
    }
}

TEST(Binder, ScalarsAndOthersWhereListsMapsAndStructuresAreDue) {
    for (const char* const scalar : {"true", "1", "1.5", "\"x\""}) {
        EXPECT_EQ(failure_of("Parts", scalar), "Expected list or null");
        EXPECT_EQ(failure_of("Words", scalar), "Expected list or null");
        EXPECT_EQ(failure_of("Tags", scalar), "Expected map or null");
        EXPECT_EQ(failure_of("Part", scalar), "Expected null");
        EXPECT_EQ(failure_of("Parts", "[" + std::string(scalar) + "]"), "Expected null");
    }
    EXPECT_EQ(failure_of("Parts", "{}"), "Start of structure or map found where not expected.");
    EXPECT_EQ(failure_of("Words", "{}"), "Start of structure or map found where not expected.");
    EXPECT_EQ(failure_of("Tags", "[]"), "Start of list found where not expected");
    EXPECT_EQ(failure_of("Part", "[]"), "Start of list found where not expected");
    EXPECT_EQ(failure_of("Parts", "[[]]"), "Start of list found where not expected");
    EXPECT_EQ(failure_of("Words", "[[]]"), "Start of list found where not expected");
    EXPECT_EQ(failure_of("Words", "[{}]"), "Start of structure or map found where not expected.");
    EXPECT_EQ(failure_of("Tags", R"({"k":{}})"),
              "Start of structure or map found where not expected.");
    EXPECT_EQ(failure_of("Tags", R"({"k":[]})"), "Start of list found where not expected");
    EXPECT_EQ(failure_of("Tags", R"({"k":true})"),
              "class java.lang.Boolean can not be converted to an String");
    EXPECT_EQ(failure_of("Words", "[1]"),
              std::string(kNumberClass) + " can not be converted to an String");
}

TEST(Binder, FailuresInsideStructuresAndListsAreFound) {
    EXPECT_EQ(failure_of("Part", R"({"Size":"x"})"),
              "class java.lang.String can not be converted to an Integer");
    EXPECT_EQ(failure_of("Parts", R"([{},{"Size":"x"}])"),
              "class java.lang.String can not be converted to an Integer");
}

TEST(Binder, OnlyTheFirstFailureIsKept) {
    const auto bound = whole_of_json(R"({"Flag":"perhaps","Integer":"x","Parts":{}})");
    EXPECT_EQ(bound.failure, "'PERHAPS' can not be converted to an Boolean");
}

TEST(Binder, NumbersAreFlooredAndClamped) {
    auto integer = [](const std::string& value) {
        return whole_of_json("{\"Integer\":" + value + "}").value().integer;
    };
    EXPECT_EQ(integer("1.9"), 1);
    EXPECT_EQ(integer("-1.1"), -2);
    EXPECT_EQ(integer("1e2"), 100);
    EXPECT_EQ(integer("100000000000"), 2147483647);
    EXPECT_EQ(integer("-100000000000"), -2147483648);
    EXPECT_EQ(integer("99999999999999999999999999"), 2147483647);
    EXPECT_EQ(integer("18446744073709551615"), 2147483647);
    auto big = [](const std::string& value) {
        return whole_of_json("{\"Big\":" + value + "}").value().big;
    };
    EXPECT_EQ(big("-2.5"), -3);
    EXPECT_EQ(big("18446744073709551615"), INT64_MAX);
    EXPECT_EQ(big("1e300"), INT64_MAX);
    EXPECT_EQ(big("-1e300"), INT64_MIN);
}

TEST(Binder, TextsThatMeanABooleanConvert) {
    for (const char* const text : {"true", "TRUE", "Yes", "1"}) {
        EXPECT_EQ(whole_of_json(std::string("{\"Flag\":\"") + text + "\"}").value().flag, true);
    }
    for (const char* const text : {"false", "False", "no", "0"}) {
        EXPECT_EQ(whole_of_json(std::string("{\"Flag\":\"") + text + "\"}").value().flag, false);
    }
    EXPECT_EQ(failure_of("Flag", "\"\""), "'' can not be converted to an Boolean");
}

TEST(Binder, JsonTimestampsAreSecondsRoundedToMilliseconds) {
    auto ms = [](const std::string& value) {
        return to_ms(whole_of_json("{\"When\":" + value + "}").value().when.value());
    };
    EXPECT_EQ(ms("1441215410"), 1441215410000);
    EXPECT_EQ(ms("1441215410.867"), 1441215410867);
    EXPECT_EQ(ms("1.441215410867E9"), 1441215410867);
    EXPECT_EQ(ms("0"), 0);
    EXPECT_EQ(ms("-0.001"), -1);
    EXPECT_EQ(ms("1e300"), 253402300799999);
    EXPECT_EQ(ms("-9223372036854775808"), -62135596800000);
}

TEST(Binder, NullMembersAreAbsent) {
    const auto bound = whole_of_json(
        R"({"Text":null,"Integer":null,"Part":null,"Parts":null,"Words":null,"Tags":null})");
    ASSERT_TRUE(bound.well_formed);
    ASSERT_FALSE(bound.failure);
    const Whole& w = bound.value();
    EXPECT_FALSE(w.text || w.integer || w.part || w.parts || w.words || w.tags);
}

TEST(Binder, OfRepeatedMembersTheLastWins) {
    const auto bound = whole_of_json(
        R"({"Text":"a","Text":"b","Integer":1,"Integer":null,"Part":{"Size":1},)"
        R"("Part":{"Type":"TALL"},"Words":["a",null],"Words":["b"],)"
        R"("Tags":{"k":"1","l":"2","k":"3","m":"4","m":null},"Parts":[{},{}],"Parts":[{}]})");
    ASSERT_FALSE(bound.failure);
    const Whole& w = bound.value();
    EXPECT_EQ(w.text, "b");
    EXPECT_FALSE(w.integer.has_value());
    EXPECT_FALSE(w.part.value().size.has_value());
    EXPECT_EQ(w.part->type, "TALL");
    EXPECT_EQ(w.words, std::vector<std::string_view>{"b"});
    EXPECT_TRUE(bound.nulls.of(bound.owned.get(), kWholeFields[8]).empty());
    EXPECT_EQ(w.tags, (model::TextMap{{"k", "3"}, {"l", "2"}}));
    EXPECT_EQ(w.parts.value().size(), 1u);
}

TEST(Binder, NullElementsKeepTheirPlace) {
    const auto bound = whole_of_json(R"({"Words":["a",null,"c",null],"Parts":[null,{"Size":1}]})");
    const Whole& w = bound.value();
    EXPECT_EQ(w.words.value().size(), 4u);
    EXPECT_EQ(bound.nulls.of(&w, kWholeFields[8]), (std::vector<std::size_t>{1, 3}));
    EXPECT_EQ(bound.nulls.of(&w, kWholeFields[7]), (std::vector<std::size_t>{0}));
    EXPECT_EQ(w.parts->at(1).size, 1);
}

TEST(Binder, ListsBeyondAnyLimitTakeBoundedMemory) {
    std::string body = R"({"Parts":[)";
    for (std::size_t i = 0; i < kElementsKept + 50; ++i)
        body += "{\"Size\":1},";
    body += R"({}],"Words":[)";
    for (std::size_t i = 0; i < kElementsKept + 50; ++i)
        body += "null,";
    body += R"("x"],"Text":"after"})";
    const auto bound = whole_of_json(std::move(body));
    ASSERT_TRUE(bound.well_formed);
    EXPECT_EQ(bound.value().parts.value().size(), kElementsKept);
    EXPECT_EQ(bound.value().words.value().size(), kElementsKept);
    EXPECT_EQ(bound.value().text, "after");
}

TEST(Binder, MapsBeyondAnyLimitTakeBoundedMemoryAndTime) {
    std::string body = R"({"Tags":{)";
    for (int i = 0; i < 300'000; ++i)
        body += "\"" + std::to_string(i) + "\":\"\",";
    body += R"("last":""}})";
    const auto bound = whole_of_json(std::move(body));
    ASSERT_TRUE(bound.well_formed);
    EXPECT_GT(bound.value().tags.value().size(), kEntriesKept);
    EXPECT_LE(bound.value().tags.value().size(), 2 * kEntriesKept);
}

TEST(Binder, ManyRepetitionsOfAFewKeysStillEndWithTheLastValue) {
    std::string body = R"({"Tags":{)";
    for (int i = 0; i < 100'000; ++i) {
        body += "\"k" + std::to_string(i % 3) + "\":\"" + std::to_string(i) + "\",";
    }
    body += R"("z":"z"}})";
    const auto bound = whole_of_json(std::move(body));
    EXPECT_EQ(bound.value().tags,
              (model::TextMap{{"k0", "99999"}, {"k1", "99997"}, {"k2", "99998"}, {"z", "z"}}));
}

}  // namespace
}  // namespace millrace::protocol
