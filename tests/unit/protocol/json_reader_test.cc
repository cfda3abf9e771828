#include "protocol/json_reader.h"

#include <gtest/gtest.h>

#include "unit/protocol/binding.h"

namespace millrace::protocol {
namespace {

bool reads(std::string body) {
    return whole_of_json(std::move(body)).well_formed;
}

TEST(JsonReader, ReadsEveryKindOfMember) {
    const auto bound = whole_of_json(
        R"( {"Text":"abc","Integer":3,"Big":9007199254740993,"Flag":true,"Blob":"Zm9v",)"
        R"("When":1441215410.867,"Part":{"Type":"WIDE","Size":2},"Parts":[{"Type":"TALL"},{}],)"
        R"("Words":["a","b"],"Tags":{"k":"v","l":""}} )");
    ASSERT_TRUE(bound.well_formed);
    ASSERT_FALSE(bound.failure) << *bound.failure;
    const Whole& w = bound.value();
    EXPECT_EQ(w.text, "abc");
    EXPECT_EQ(w.integer, 3);
    EXPECT_EQ(w.big, 9007199254740993);
    EXPECT_EQ(w.flag, true);
    EXPECT_EQ(as_text(w.blob.value()), "foo");
    EXPECT_EQ(to_ms(w.when.value()), 1441215410867);
    EXPECT_EQ(w.part.value().type, "WIDE");
    EXPECT_EQ(w.part.value().size, 2);
    ASSERT_EQ(w.parts.value().size(), 2u);
    EXPECT_EQ(w.parts->at(0).type, "TALL");
    EXPECT_FALSE(w.parts->at(1).type.has_value());
    EXPECT_EQ(w.words, (std::vector<std::string_view>{"a", "b"}));
    EXPECT_EQ(w.tags, (model::TextMap{{"k", "v"}, {"l", ""}}));
}

TEST(JsonReader, TextWithoutEscapesIsAViewIntoTheBody) {
    const auto bound = whole_of_json(R"({"Text":"plain","Words":["a\u0062c"]})");
    const std::string_view text = bound.value().text.value();
    EXPECT_GE(text.data(), bound.body->data());
    EXPECT_LT(text.data(), bound.body->data() + bound.body->size());
    EXPECT_EQ(bound.value().words->at(0), "abc");
}

TEST(JsonReader, LongTextsSurviveEscapesAnywhere) {
    const std::string run(5000, 'x');
    const auto bound =
        whole_of_json(R"({"Te\u0078t":"\n)" + run + R"(\ud83d\ude00)" + run + R"(\/"})");
    ASSERT_TRUE(bound.well_formed);
    EXPECT_EQ(bound.value().text, "\n" + run + "\xf0\x9f\x98\x80" + run + "/");
}

TEST(JsonReader, EscapedBase64IsDecoded) {
    const auto bound = whole_of_json(R"({"Blob":"\/\/\u002f\/"})");
    ASSERT_FALSE(bound.failure);
    EXPECT_EQ(as_text(bound.value().blob.value()), "\xff\xff\xff");
}

TEST(JsonReader, UnknownMembersAreSkippedWithAllTheyHold) {
    const auto bound = whole_of_json(
        R"({"Else":{"Text":"no","a":[{"Text":"no"},[1,"x",null]]},"text":"no","Text":"yes",)"
        R"("More":[[{"Integer":7}]],"Integer":1,"Null":null})");
    ASSERT_TRUE(bound.well_formed);
    ASSERT_FALSE(bound.failure);
    EXPECT_EQ(bound.value().text, "yes");
    EXPECT_EQ(bound.value().integer, 1);
}

TEST(JsonReader, UnknownMembersMustStillBeWellFormed) {
    EXPECT_FALSE(reads(R"({"Else":{"a":}})"));
    EXPECT_FALSE(reads(R"({"Else":[1,]})"));
    EXPECT_FALSE(reads("{\"Else\":\"\xff\"}"));
}

TEST(JsonReader, OnlyOneObjectIsABody) {
    EXPECT_TRUE(reads("{}"));
    EXPECT_TRUE(reads("\r\n\t {} \n"));
    for (const char* const body : {"",
                                   " ",
                                   "[]",
                                   "[{}]",
                                   "null",
                                   "1",
                                   "\"a\"",
                                   "{",
                                   "{}}",
                                   "{}{}",
                                   "{} x",
                                   "{a:1}",
                                   "{'a':1}",
                                   "{\"a\":01}",
                                   "{\"a\":+1}",
                                   "{\"a\":.5}",
                                   "{\"a\":NaN}",
                                   "{\"a\":tru}",
                                   "{\"a\":\"\n\"}",
                                   "{\"a\":\"\\x\"}",
                                   "{\"a\":1,}",
                                   "{/**/}",
                                   "\xef\xbb\xbf{}",
                                   "{\"a\":\"\\ud800\"}"}) {
        EXPECT_FALSE(reads(body)) << body;
    }
}

TEST(JsonReader, InvalidUtf8IsASyntaxError) {
    for (const char* const text :
         {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
        EXPECT_FALSE(reads(std::string("{\"Text\":\"") + text + "\"}"));
        EXPECT_FALSE(reads(std::string("{\"") + text + "\":1}"));
    }
    EXPECT_TRUE(reads("{\"Text\":\"\xe2\x82\xac\xf0\x9f\x98\x80\"}"));
}

TEST(JsonReader, NestingIsLimited) {
    auto nested = [](std::size_t levels) {
        return "{\"a\":" + std::string(levels - 1, '[') + std::string(levels - 1, ']') + "}";
    };
    EXPECT_TRUE(reads(nested(kNestingMax)));
    EXPECT_FALSE(reads(nested(kNestingMax + 1)));
    EXPECT_FALSE(reads(nested(1'000'000)));
}

TEST(JsonReader, ASyntaxErrorIsSeenBehindACoercionFailure) {
    const auto bound = whole_of_json(R"({"Integer":"x","Text":)");
    EXPECT_FALSE(bound.well_formed);
    EXPECT_TRUE(bound.failure.has_value());
}

TEST(JsonReader, TruncationAnywhereIsNoticed) {
    const std::string body =
        R"({"Text":"a\u00e9b","Parts":[{"Type":"WIDE","Size":1e0}],"Flag":true,"Tags":{"k":null}})";
    ASSERT_TRUE(reads(body));
    for (std::size_t size = 0; size < body.size(); ++size) {
        EXPECT_FALSE(reads(body.substr(0, size))) << size;
    }
}

}  // namespace
}  // namespace millrace::protocol
