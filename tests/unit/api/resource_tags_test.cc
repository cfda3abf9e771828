#include "api/resource_tags.h"

#include <list>

#include "api/consumers.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr const char* kArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
constexpr const char* kMissing = "arn:aws:kinesis:us-east-1:123456789012:stream/none";

class ResourceTags : public ApiTest {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        create("orders");
    }
    Answer<Nothing> tag(model::TextMap tags, std::string_view arn = kArn) {
        TagResourceRequest request;
        request.resource_arn = arn;
        request.tags = std::move(tags);
        return call(tag_resource, request);
    }
    Answer<Nothing> untag(std::vector<std::string_view> keys, std::string_view arn = kArn) {
        UntagResourceRequest request;
        request.resource_arn = arn;
        request.tag_keys = std::move(keys);
        return call(untag_resource, request);
    }
    Answer<ListTagsForResourceResponse> list(std::string_view arn = kArn) {
        ListTagsForResourceRequest request;
        request.resource_arn = arn;
        return call(list_tags_for_resource, request);
    }
    std::string enroll(model::TextMap tags) {
        RegisterStreamConsumerRequest request;
        request.stream_arn = kArn;
        request.consumer_name = "app";
        request.tags = std::move(tags);
        return call(register_stream_consumer, request).value().consumer.consumer_arn;
    }
    std::string listed(std::string_view arn = kArn) {
        std::string text;
        const auto answer = list(arn);
        for (const Tag& tag : answer.value().tags) {
            text += tag.key + "=" + tag.value + ";";
        }
        return text;
    }
};

TEST_F(ResourceTags, AreTheSetThatTheOlderOperationsSee) {
    ASSERT_TRUE(tag({{"b", "1"}, {"a", ""}}));
    EXPECT_EQ(listed(), "a=;b=1;");
    AddTagsToStreamRequest older;
    older.stream_name = "orders";
    older.tags = model::TextMap{{"c", "3"}};
    ASSERT_TRUE(call(add_tags_to_stream, older));
    EXPECT_EQ(listed(), "a=;b=1;c=3;");
    ASSERT_TRUE(untag({"a", "never there"}));
    EXPECT_EQ(listed(), "b=1;c=3;");
    ListTagsForStreamRequest seen;
    seen.stream_name = "orders";
    EXPECT_EQ(call(list_tags_for_stream, seen).value().tags.size(), 2u);
}

TEST_F(ResourceTags, AllAreListedWithoutPages) {
    std::list<std::string> keys;
    for (int i = 0; i < 50; ++i) {
        keys.push_back("k" + std::to_string(i));
        ASSERT_TRUE(tag({{keys.back(), "v"}}));
    }
    EXPECT_EQ(list().value().tags.size(), 50u);
    expect_error(tag({{"one more", ""}}), ErrorType::kInvalidArgument,
                 "Failed to add tags to stream orders under account 123456789012 because a given "
                 "stream cannot have more than 50 tags associated with it.");
}

TEST_F(ResourceTags, TheRulesAreThoseOfStreams) {
    expect_error(tag({{"a,b", ""}}), ErrorType::kInvalidArgument,
                 "Some tags contain invalid characters. Valid characters: Unicode letters, digits, "
                 "white space, _ . / = + - % @.");
    const std::string illegal =
        " stream orders under account 123456789012 because some tags contained illegal characters. "
        "The allowed characters are Unicode letters, white-spaces, '_',',','/','=','+','-','@'.";
    expect_error(tag({{"AWS:x", ""}}), ErrorType::kInvalidArgument,
                 "Failed to add tags to" + illegal);
    expect_error(untag({"%"}), ErrorType::kInvalidArgument, "Failed to remove tags from" + illegal);
}

TEST_F(ResourceTags, NeedAResourceThatIsThereAndMine) {
    const char* missing = "Stream none under account 123456789012 not found.";
    expect_error(tag({{"%", ""}}, kMissing), ErrorType::kResourceNotFound, missing);
    expect_error(untag({"a"}, kMissing), ErrorType::kResourceNotFound, missing);
    expect_error(list(kMissing), ErrorType::kResourceNotFound, missing);
    expect_error(list("arn:aws:kinesis:us-east-1:123456789012:channel/none"),
                 ErrorType::kResourceNotFound,
                 "Channel none under account 123456789012 not found.");
    expect_error(list("arn:aws:kinesis:us-east-1:123456789012:stream/none/consumer/c:17"),
                 ErrorType::kResourceNotFound, missing);
    expect_error(list("arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/c:17"),
                 ErrorType::kResourceNotFound,
                 "Consumer arn:aws:kinesis:us-east-1:123456789012:stream/orders/consumer/c:17, "
                 "account 123456789012 not found.");
    expect_error(
        list("arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/c:17"),
        ErrorType::kInvalidArgument,
        "ResourceARN arn:aws:kinesis:eu-west-1:123456789012:stream/orders/consumer/c:17 is "
        "not in region us-east-1.");
    expect_error(list("arn:aws:kinesis:us-east-1:123456789012:xstream/s"),
                 ErrorType::kInvalidArgument,
                 "ResourceARN arn:aws:kinesis:us-east-1:123456789012:xstream/s is not the ARN of a "
                 "stream, a consumer or a channel.");
    ListTagsForResourceRequest request;
    request.resource_arn = kArn;
    expect_error(call_as(context("210987654321"), list_tags_for_resource, request),
                 ErrorType::kAccessDenied,
                 "User: arn:aws:iam::210987654321:root is not authorized to perform: "
                 "kinesis:ListTagsForResource on resource: "
                 "arn:aws:kinesis:us-east-1:123456789012:stream/orders because no resource-based "
                 "policy allows the kinesis:ListTagsForResource action");
}

TEST_F(ResourceTags, OfConsumersBeginWithTheirRegistration) {
    const std::string arn = enroll({{"a", "1"}, {"b", "2"}});
    EXPECT_EQ(listed(arn), "a=1;b=2;");
    ASSERT_TRUE(tag({{"b", "3"}, {"c", "4"}}, arn));
    ASSERT_TRUE(untag({"a", "never there"}, arn));
    EXPECT_EQ(listed(arn), "b=3;c=4;");
    EXPECT_EQ(listed(), "") << "its stream has tags of its own";
    open();
    EXPECT_EQ(listed(arn), "b=3;c=4;");
    expect_error(tag({{"%", ""}}, arn), ErrorType::kInvalidArgument,
                 "Failed to add tags to consumer app under account 123456789012 because some tags "
                 "contained illegal characters. The allowed characters are Unicode letters, "
                 "white-spaces, '_',',','/','=','+','-','@'.");
}

TEST_F(ResourceTags, OfConsumersChangeWhileTheyAreActiveOnly) {
    stream::Settings settings;
    settings.consumer_delay = Millis(1000);
    open(settings);
    const std::string arn = enroll({{"a", "1"}});
    const char* message =
        "Consumer app with creation timestamp 1700000000 under stream orders and account "
        "123456789012 is not in ACTIVE status.";
    expect_error(tag({{"b", "1"}}, arn), ErrorType::kResourceInUse, message);
    expect_error(untag({"a"}, arn), ErrorType::kResourceInUse, message);
    EXPECT_EQ(listed(arn), "a=1;");
    clock_.advance(Millis(1000));
    EXPECT_TRUE(untag({"a"}, arn));
}

TEST_F(ResourceTags, ChangeWhileActiveOnly) {
    stream::Settings settings;
    settings.delete_delay = Millis(1000);
    open(settings);
    ASSERT_TRUE(tag({{"a", "1"}}));
    remove("orders");
    const char* message =
        "Stream orders under account 123456789012 not ACTIVE, instead in state DELETING";
    expect_error(tag({{"b", "1"}}), ErrorType::kResourceInUse, message);
    expect_error(untag({"a"}), ErrorType::kResourceInUse, message);
    EXPECT_EQ(listed(), "a=1;");
}

}  // namespace
}  // namespace millrace::api
