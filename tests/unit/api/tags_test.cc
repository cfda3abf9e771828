#include "api/tags.h"

#include <list>

#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr const char* kInvalid =
    "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, "
    "_ . / = + - % @.";
constexpr const char* kIllegalAdd =
    "Failed to add tags to stream orders under account 123456789012 because some tags contained "
    "illegal characters. The allowed characters are Unicode letters, white-spaces, "
    "'_',',','/','=','+','-','@'.";
constexpr const char* kIllegalRemove =
    "Failed to remove tags from stream orders under account 123456789012 because some tags "
    "contained illegal characters. The allowed characters are Unicode letters, white-spaces, "
    "'_',',','/','=','+','-','@'.";

class Tags : public ApiTest {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        create("orders");
    }
    Answer<Nothing> add(model::TextMap tags) {
        AddTagsToStreamRequest request;
        request.stream_name = "orders";
        request.tags = std::move(tags);
        return call(add_tags_to_stream, request);
    }
    Answer<Nothing> drop(std::vector<std::string_view> keys) {
        RemoveTagsFromStreamRequest request;
        request.stream_name = "orders";
        request.tag_keys = std::move(keys);
        return call(remove_tags_from_stream, request);
    }
    ListTagsForStreamResponse list(std::optional<std::int32_t> limit = {},
                                   std::optional<std::string_view> after = {}) {
        ListTagsForStreamRequest request;
        request.stream_name = "orders";
        request.limit = limit;
        request.exclusive_start_tag_key = after;
        return call(list_tags_for_stream, request).value();
    }
    std::string listed() {
        std::string text;
        for (const Tag& tag : list().tags) {
            text += tag.key + "=" + tag.value + ";";
        }
        return text;
    }
};

TEST_F(Tags, AreAddedOverwrittenAndRemoved) {
    ASSERT_TRUE(add({{"b", "1"}, {"a", ""}}));
    EXPECT_EQ(listed(), "a=;b=1;");
    ASSERT_TRUE(add({{"b", "2"}, {"B", "3"}}));
    EXPECT_EQ(listed(), "B=3;a=;b=2;");
    ASSERT_TRUE(drop({"a", "unknown"}));
    EXPECT_EQ(listed(), "B=3;b=2;");
}

TEST_F(Tags, ListPages) {
    ASSERT_TRUE(add({{"a", "1"}, {"b", "2"}, {"c", "3"}}));
    EXPECT_EQ(list(2).tags.size(), 2u);
    EXPECT_TRUE(list(2).has_more_tags);
    EXPECT_FALSE(list(3).has_more_tags);
    ASSERT_EQ(list(2, "b").tags.size(), 1u);
    EXPECT_EQ(list(2, "b").tags[0].key, "c");
    EXPECT_EQ(list(2, "aa").tags[0].key, "b");
    EXPECT_FALSE(list(2, "aa").has_more_tags);
}

TEST_F(Tags, CharactersOutsideTheSetAreInvalidInKeysAndValues) {
    for (const char* text : {"a;b", "a,b", "a\tb", "a\nb", "a*b", "\xC2\xA7", "\xE2\x82\xAC",
                             "\xF0\x9F\x98\x80", "\xEF\xBC\xA1", "bad\x80utf8", "cut\xC3"}) {
        expect_error(add({{text, "v"}}), ErrorType::kInvalidArgument, kInvalid);
        expect_error(add({{"k", text}}), ErrorType::kInvalidArgument, kInvalid);
        expect_error(drop({text}), ErrorType::kInvalidArgument, kInvalid);
    }
    EXPECT_EQ(listed(), "");
}

TEST_F(Tags, CharactersOfTheSetAreValid) {
    for (const char* text : {"aZ09 _./=+-@:", "\xC3\x80", "\xE1\xBF\xBF", "\xE2\xB0\x80",
                             "\xE6\xBC\xA2\xE5\xAD\x97", "\xED\x9F\xBF"}) {
        ASSERT_TRUE(add({{text, text}})) << text;
        ASSERT_TRUE(drop({text})) << text;
    }
    EXPECT_EQ(listed(), "");
}

TEST_F(Tags, PercentSignIsIllegalAfterInvalid) {
    expect_error(add({{"a%", "v"}}), ErrorType::kInvalidArgument, kIllegalAdd);
    expect_error(add({{"a", "%"}}), ErrorType::kInvalidArgument, kIllegalAdd);
    expect_error(drop({"a%"}), ErrorType::kInvalidArgument, kIllegalRemove);
    expect_error(add({{"a%", "v"}, {"b;", "v"}}), ErrorType::kInvalidArgument, kInvalid);
}

TEST_F(Tags, ReservedPrefixIsRefusedForAdditionsOnly) {
    for (const char* key : {"aws:x", "AWS:x", "Aws:"}) {
        expect_error(add({{key, "v"}}), ErrorType::kInvalidArgument, kIllegalAdd);
        EXPECT_TRUE(drop({key}));
    }
    EXPECT_TRUE(add({{"aws", "aws:v"}, {"xaws:", ""}}));
}

TEST_F(Tags, AStreamHoldsFifty) {
    std::list<std::string> keys;
    model::TextMap many;
    for (int i = 0; i < 50; ++i) {
        many.emplace_back(keys.emplace_back("k" + std::to_string(i)), "v");
    }
    ASSERT_TRUE(add(many));
    EXPECT_TRUE(add({{"k7", "again"}}));
    expect_error(add({{"one more", "v"}}), ErrorType::kInvalidArgument,
                 "Failed to add tags to stream orders under account 123456789012 because a given "
                 "stream cannot have more than 50 tags associated with it.");
    ASSERT_TRUE(drop({"k7"}));
    EXPECT_TRUE(add({{"one more", "v"}}));
    EXPECT_EQ(list().tags.size(), 50u);
}

TEST_F(Tags, MissingStreamWinsOverBadCharacters) {
    AddTagsToStreamRequest request;
    request.stream_name = "gone";
    request.tags = model::TextMap{{"a;b", "v"}};
    expect_error(call(add_tags_to_stream, request), ErrorType::kResourceNotFound,
                 "Stream gone under account 123456789012 not found.");
}

TEST_F(Tags, ChangesNeedAnActiveStreamAndListingDoesNot) {
    ASSERT_TRUE(add({{"a", "1"}}));
    stream::Settings settings;
    settings.delete_delay = Millis(500);
    open(settings);
    remove("orders");
    const char* message =
        "Stream orders under account 123456789012 not ACTIVE, instead in state DELETING";
    expect_error(add({{"b", "1"}}), ErrorType::kResourceInUse, message);
    expect_error(drop({"a"}), ErrorType::kResourceInUse, message);
    EXPECT_EQ(listed(), "a=1;");
}

}  // namespace
}  // namespace millrace::api
