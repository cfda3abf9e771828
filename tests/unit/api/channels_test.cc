#include "api/channels.h"

#include "api/resource_tags.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr const char* kStreamArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";

class Channels : public ApiTest {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        settings_.channels_accepted = true;
        open(settings_);
        create_on_demand("orders");
    }
    void create_on_demand(std::string_view name) {
        CreateStreamRequest request;
        request.stream_name = name;
        ASSERT_TRUE(call(create_stream, request));
    }
    static CreateChannelRequest wanted(std::string_view name = "deliveries",
                                       std::string_view stream_arn = kStreamArn) {
        CreateChannelRequest request;
        request.channel_name = name;
        request.service_execution_role_arn = "arn:aws:iam::123456789012:role/channels";
        request.stream_configuration_list.emplace();
        request.stream_configuration_list->push_back({stream_arn, RecordConfiguration{"JSON", {}}});
        S3Destination& destination = request.s3_destination.emplace();
        destination.storage_configuration =
            S3Storage{"arn:aws:s3:::records", "123456789012", "GZIP", {}, {}};
        return request;
    }
    Answer<ChannelResponse> create_channel(const CreateChannelRequest& request) {
        return call(api::create_channel, request);
    }
    std::string created(const CreateChannelRequest& request = wanted()) {
        const auto answer = create_channel(request);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? answer.value().channel_description.channel_arn : "";
    }
    Answer<ChannelResponse> describe(std::string_view arn) {
        ChannelRequest request;
        request.channel_arn = arn;
        return call(describe_channel, request);
    }
    Answer<Nothing> erase(std::string_view arn) {
        ChannelRequest request;
        request.channel_arn = arn;
        return call(delete_channel, request);
    }
    static UpdateChannelRequest update(std::string_view arn, std::optional<std::int32_t> seconds) {
        UpdateChannelRequest request;
        request.channel_arn = arn;
        if (seconds) {
            request.s3_destination.emplace().data_freshness_in_seconds = seconds;
        }
        return request;
    }
    template <class Change>
    void expect_refused(Change change, std::string_view message,
                        ErrorType type = ErrorType::kInvalidArgument) {
        CreateChannelRequest request = wanted();
        change(request);
        expect_error(create_channel(request), type, message);
    }
    std::string listed(const ListChannelsRequest& request) {
        const auto answer = call(list_channels, request);
        EXPECT_TRUE(answer) << answer.error().message;
        std::string names;
        if (answer) {
            for (const ChannelSummary& channel : answer.value().channel_summaries) {
                names += channel.channel_name + " ";
            }
            next_ = answer.value().next_token;
        }
        return names;
    }
    // Streams and channels of one name each.
    void create_many(std::initializer_list<std::string_view> names) {
        for (const std::string_view name : names) {
            create_on_demand(name);
            created(
                wanted(name, "arn:aws:kinesis:us-east-1:123456789012:stream/" + std::string(name)));
        }
    }

    stream::Settings settings_;
    std::optional<std::string> next_;
};

TEST_F(Channels, AreRefusedUnlessTheOperatorAcceptsThem) {
    open(stream::Settings{});
    expect_error(create_channel(wanted()), ErrorType::kInvalidArgument,
                 "CreateChannel is refused because this server does not deliver records to "
                 "channels. With the server's option channels = accept, channels can be created; "
                 "they deliver nothing.");
    EXPECT_EQ(listed({}), "");
}

TEST_F(Channels, AreDescribedWithEveryDefaultFilledIn) {
    const auto answer = create_channel(wanted());
    ASSERT_TRUE(answer) << answer.error().message;
    const ChannelDescription& channel = answer.value().channel_description;
    const std::string id(channel.channel_id);
    EXPECT_EQ(id.size(), 20u);
    EXPECT_EQ(channel.channel_name, "deliveries");
    EXPECT_EQ(channel.channel_arn, "arn:aws:kinesis:us-east-1:123456789012:channel/" + id);
    EXPECT_EQ(channel.channel_status, "CREATING");
    EXPECT_EQ(channel.channel_creation_timestamp, clock_.now());
    EXPECT_EQ(channel.service_execution_role_arn, "arn:aws:iam::123456789012:role/channels");
    ASSERT_EQ(channel.stream_configuration_list.size(), 1u);
    const ChannelStreamDescription& source = channel.stream_configuration_list[0];
    EXPECT_EQ(source.stream_arn, kStreamArn);
    EXPECT_EQ(to_seconds(source.stream_creation_timestamp), kStartSeconds);
    EXPECT_EQ(source.record_configuration.record_format_type, "JSON");
    EXPECT_FALSE(source.record_configuration.gsr_schema_arn);
    EXPECT_EQ(channel.logging.cloud_watch_logs->enabled, false);
    EXPECT_FALSE(channel.logging.cloud_watch_logs->log_group_name);
    EXPECT_FALSE(channel.encryption);
    const S3Destination& destination = *channel.s3_destination;
    EXPECT_EQ(destination.data_freshness_in_seconds, 300);
    EXPECT_EQ(destination.storage_configuration->bucket_arn, "arn:aws:s3:::records");
    EXPECT_EQ(destination.storage_configuration->storage_class, "STANDARD");
    EXPECT_EQ(destination.storage_configuration->output_key_template,
              "kinesis-channel/!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/"
              "!{channel-name}-!{channel-id}-!{yyyy}-!{MM}-!{dd}-!{HH}-!{mm}!{extension}");
    EXPECT_EQ(destination.dead_letter_queue->bucket_arn, "arn:aws:s3:::records");
    EXPECT_EQ(destination.dead_letter_queue->expected_bucket_owner, "123456789012");
    EXPECT_EQ(destination.dead_letter_queue->error_output_prefix,
              "kinesis-channel/errors/deliveries/" + id + "/");
    EXPECT_EQ(describe(channel.channel_arn).value().channel_description.channel_status, "ACTIVE");
}

TEST_F(Channels, WhatIsGivenIsKeptOverARestart) {
    CreateChannelRequest request = wanted();
    request.stream_configuration_list->front().record_configuration =
        RecordConfiguration{"STRING", "arn:aws:glue:us-east-1:123456789012:schema/x"};
    request.s3_destination->storage_configuration =
        S3Storage{"arn:aws:s3:::records", "210987654321", "ZSTD", "x!{extension}", "GLACIER_IR"};
    request.s3_destination->data_freshness_in_seconds = 900;
    request.s3_destination->dead_letter_queue =
        DeadLetterBucket{"arn:aws:s3:::letters", "999999999999", "bad/"};
    request.encryption = ChannelEncryption{"KMS", "alias/mine"};
    request.logging = ChannelLoggingMember{CloudWatchLogs{true, {}, "stream"}};
    request.tags = model::TextMap{{"team", "a"}};
    const std::string arn = created(request);
    open(settings_);
    const auto answer = describe(arn);
    ASSERT_TRUE(answer) << answer.error().message;
    const ChannelDescription& channel = answer.value().channel_description;
    const std::string id(channel.channel_id);
    EXPECT_EQ(channel.stream_configuration_list[0].record_configuration.gsr_schema_arn,
              "arn:aws:glue:us-east-1:123456789012:schema/x");
    EXPECT_EQ(channel.s3_destination->storage_configuration->storage_class, "GLACIER_IR");
    EXPECT_EQ(channel.s3_destination->storage_configuration->output_key_template, "x!{extension}");
    EXPECT_EQ(channel.s3_destination->data_freshness_in_seconds, 900);
    EXPECT_EQ(channel.s3_destination->dead_letter_queue->bucket_arn, "arn:aws:s3:::letters");
    EXPECT_EQ(channel.s3_destination->dead_letter_queue->error_output_prefix, "bad/");
    EXPECT_EQ(channel.encryption->encryption_type, "KMS");
    EXPECT_EQ(channel.encryption->key_id, "alias/mine");
    const CloudWatchLogs& logs = *channel.logging.cloud_watch_logs;
    EXPECT_EQ(logs.enabled, true);
    EXPECT_EQ(logs.log_group_name, "/aws/kinesis/deliveries/" + id);
    EXPECT_EQ(logs.log_stream_name, "stream");
}

TEST_F(Channels, TheirKeyMustBeOneThatWorks) {
    settings_.key_states.set("alias/off", stream::KeyState::kDisabled);
    open(settings_);
    const auto with_key = [](std::string_view key) {
        return [key](auto& r) { r.encryption = ChannelEncryption{"KMS", key}; };
    };
    expect_refused(with_key("alias/off"),
                   "arn:aws:kms:us-east-1:123456789012:alias/off is disabled.",
                   ErrorType::kKmsDisabled);
    expect_refused(with_key("no key"), "Invalid keyId no key", ErrorType::kKmsNotFound);
}

TEST_F(Channels, RequestsAreCheckedBeforeTheStream) {
    expect_refused(
        [](auto& r) {
            r.stream_configuration_list->push_back(r.stream_configuration_list->front());
        },
        "StreamConfigurationList must have exactly 1 entry.");
    const char* destinations =
        "Exactly one of S3DestinationConfiguration and S3TablesDestinationConfiguration must be "
        "provided.";
    expect_refused([](auto& r) { r.s3_destination.reset(); }, destinations);
    expect_refused([](auto& r) { r.s3_tables_destination.emplace(); }, destinations);
    expect_refused(
        [](auto& r) {
            r.s3_destination.reset();
            r.s3_tables_destination.emplace();
        },
        "S3TablesDestinationConfiguration is not supported by this server; use "
        "S3DestinationConfiguration");
    expect_refused(
        [](auto& r) {
            r.stream_configuration_list->front().record_configuration->record_format_type =
                "GSR_JSON";
        },
        "RecordFormatType GSR_JSON cannot be used with S3DestinationConfiguration.");
    for (const int seconds : {299, 901}) {
        expect_refused([=](auto& r) { r.s3_destination->data_freshness_in_seconds = seconds; },
                       "DataFreshnessInSeconds must be between 300 and 900, but is " +
                           std::to_string(seconds) + ".");
    }
    expect_refused(
        [](auto& r) { r.service_execution_role_arn = "arn:aws:iam::210987654321:role/x"; },
        "ServiceExecutionRoleARN arn:aws:iam::210987654321:role/x is not a role of account "
        "123456789012.");
    expect_refused(
        [](auto& r) {
            r.encryption = ChannelEncryption{"KMS", "alias/aws/kinesis"};
        },
        "KeyId alias/aws/kinesis is the service's own key. Channels need a customer managed key.");
    expect_refused(
        [](auto& r) {
            r.tags = model::TextMap{{"aws:x", ""}};
        },
        "Failed to add tags to channel deliveries under account 123456789012 because "
        "some tags contained illegal characters. The allowed characters are Unicode "
        "letters, white-spaces, '_',',','/','=','+','-','@'.");
    expect_refused(
        [](auto& r) {
            r.s3_destination->storage_configuration->output_key_template = "no-extension";
        },
        "Invalid OutputKeyTemplate: compressed objects need an extension placeholder.");
    EXPECT_EQ(listed({}), "");
}

TEST_F(Channels, NeedAnActiveOnDemandStream) {
    expect_refused(
        [](auto& r) {
            r.stream_configuration_list->front().stream_arn =
                "arn:aws:kinesis:us-east-1:123456789012:stream/none";
        },
        "Stream none under account 123456789012 not found.", ErrorType::kResourceNotFound);
    create("plain");
    expect_refused(
        [](auto& r) {
            r.stream_configuration_list->front().stream_arn =
                "arn:aws:kinesis:us-east-1:123456789012:stream/plain";
        },
        "Stream plain under account 123456789012 is not in On-Demand mode. Channels are supported "
        "only for On-Demand streams.");
    settings_.create_delay = Millis(1000);
    open(settings_);
    create_on_demand("late");
    expect_refused(
        [](auto& r) {
            r.stream_configuration_list->front().stream_arn =
                "arn:aws:kinesis:us-east-1:123456789012:stream/late";
        },
        "Stream late under account 123456789012 not ACTIVE, instead in state CREATING",
        ErrorType::kResourceInUse);
}

TEST_F(Channels, NamesAreUniqueAndStreamsHaveOne) {
    created();
    create_on_demand("other");
    expect_error(
        create_channel(wanted("deliveries", "arn:aws:kinesis:us-east-1:123456789012:stream/other")),
        ErrorType::kResourceInUse, "Channel deliveries under account 123456789012 already exists.");
    expect_error(create_channel(wanted("second")), ErrorType::kLimitExceeded,
                 "This request would exceed the limit on the channels of stream orders under "
                 "account 123456789012 that deliver to an S3 bucket. Limit: 1.");
}

TEST_F(Channels, KeepTheirStreamAndAreCounted) {
    const auto count = [&] {
        DescribeStreamSummaryRequest request;
        request.stream_name = "orders";
        return call(describe_stream_summary, request)
            .value()
            .stream_description_summary.channel_count;
    };
    EXPECT_EQ(count(), 0);
    const std::string arn = created();
    EXPECT_EQ(count(), 1);
    const auto limits = call(describe_limits, DescribeLimitsRequest{}).value();
    EXPECT_EQ(limits.channel_count, 1);
    EXPECT_EQ(limits.channel_count_limit, 100);
    DeleteStreamRequest request;
    request.stream_name = "orders";
    request.enforce_consumer_deletion = true;
    expect_error(call(delete_stream, request), ErrorType::kResourceInUse,
                 "DeleteStream can\u2019t delete 123456789012:orders because there are channels "
                 "associated with this data stream. Delete the channels first.");
    ASSERT_TRUE(erase(arn));
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(call(delete_stream, request));
}

TEST_F(Channels, ChangeFreshnessAndLogging) {
    const std::string arn = created();
    UpdateChannelRequest request = update(arn, 600);
    request.logging = ChannelLoggingMember{CloudWatchLogs{true, "group", {}}};
    const auto answer = call(update_channel, request);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer.value().channel_description.channel_status, "UPDATING");
    EXPECT_EQ(answer.value().channel_description.s3_destination->data_freshness_in_seconds, 600);
    request = update(arn, std::nullopt);
    request.logging = ChannelLoggingMember{CloudWatchLogs{false, {}, {}}};
    ASSERT_TRUE(call(update_channel, request));
    const auto after = describe(arn);
    EXPECT_EQ(after.value().channel_description.channel_status, "ACTIVE");
    const CloudWatchLogs& logs = *after.value().channel_description.logging.cloud_watch_logs;
    EXPECT_EQ(logs.enabled, false);
    EXPECT_EQ(logs.log_group_name, "group") << "names that are not given stay";
    EXPECT_EQ(logs.log_stream_name, "DestinationDelivery");
}

TEST_F(Channels, UpdatesThatCannotBeAreRefused) {
    const std::string arn = created();
    expect_error(call(update_channel, update(arn, std::nullopt)), ErrorType::kInvalidArgument,
                 "Either S3DestinationConfiguration or LoggingConfiguration must be provided.");
    UpdateChannelRequest tables = update(arn, 300);
    tables.s3_tables_destination.emplace();
    expect_error(call(update_channel, tables), ErrorType::kInvalidArgument,
                 "S3TablesDestinationConfiguration is not supported by this server; use "
                 "S3DestinationConfiguration");
    expect_error(call(update_channel, update(arn, 901)), ErrorType::kInvalidArgument,
                 "DataFreshnessInSeconds must be between 300 and 900, but is 901.");
    settings_.update_delay = Millis(1000);
    open(settings_);
    ASSERT_TRUE(call(update_channel, update(arn, 301)));
    expect_error(call(update_channel, update(arn, 302)), ErrorType::kResourceInUse,
                 "Channel deliveries under account 123456789012 not ACTIVE, instead in state "
                 "UPDATING");
    clock_.advance(Millis(1000));
    EXPECT_TRUE(call(update_channel, update(arn, 302)));
}

TEST_F(Channels, AreDeletedInEveryStatusAndOnce) {
    settings_.create_delay = Millis(1000);
    settings_.delete_delay = Millis(1000);
    create_on_demand("before the delays");
    open(settings_);
    const std::string arn = created();
    ASSERT_TRUE(erase(arn)) << "while CREATING";
    EXPECT_EQ(describe(arn).value().channel_description.channel_status, "DELETING");
    EXPECT_TRUE(erase(arn)) << "once more";
    expect_error(create_channel(wanted()), ErrorType::kResourceInUse,
                 "Channel deliveries under account 123456789012 already exists.");
    clock_.advance(Millis(1000));
    const std::string id = arn.substr(arn.rfind('/') + 1);
    const std::string missing = "Channel " + id + " under account 123456789012 not found.";
    expect_error(erase(arn), ErrorType::kResourceNotFound, missing);
    expect_error(describe(arn), ErrorType::kResourceNotFound, missing);
    expect_error(call(update_channel, update(arn, 300)), ErrorType::kResourceNotFound, missing);
    EXPECT_NE(created(), arn) << "the name is free, the identifier is not";
}

TEST_F(Channels, AreTheirOwnersInTheirRegion) {
    const std::string arn = created();
    const std::string id = arn.substr(arn.rfind('/') + 1);
    ChannelRequest request;
    request.channel_arn = arn;
    expect_error(
        call_as(context("210987654321"), describe_channel, request), ErrorType::kAccessDenied,
        "User: arn:aws:iam::210987654321:root is not authorized to perform: "
        "kinesis:DescribeChannel on resource: " +
            arn + " because no resource-based policy allows the kinesis:DescribeChannel action");
    expect_error(call_as(context(kAccount, "eu-west-1"), describe_channel, request),
                 ErrorType::kInvalidArgument, "ChannelARN " + arn + " is not in region eu-west-1.");
    const std::string foreign = "arn:aws:kinesis:us-east-1:210987654321:channel/" + id;
    expect_error(describe(foreign), ErrorType::kResourceNotFound,
                 "Channel " + id + " under account 210987654321 not found.");
}

TEST_F(Channels, AreTaggedByTheirArn) {
    CreateChannelRequest request = wanted();
    request.tags = model::TextMap{{"a", "1"}};
    const std::string arn = created(request);
    TagResourceRequest tag;
    tag.resource_arn = arn;
    tag.tags = model::TextMap{{"b", "2"}};
    ASSERT_TRUE(call(tag_resource, tag));
    UntagResourceRequest untag;
    untag.resource_arn = arn;
    untag.tag_keys = std::vector<std::string_view>{"a"};
    ASSERT_TRUE(call(untag_resource, untag));
    open(settings_);
    ListTagsForResourceRequest list;
    list.resource_arn = arn;
    const auto answer = call(list_tags_for_resource, list);
    ASSERT_EQ(answer.value().tags.size(), 1u);
    EXPECT_EQ(answer.value().tags[0].key, "b");
    settings_.quotas.tags_max = 1;
    open(settings_);
    tag.tags = model::TextMap{{"c", "3"}};
    expect_error(call(tag_resource, tag), ErrorType::kInvalidArgument,
                 "Failed to add tags to channel deliveries under account 123456789012 because a "
                 "given channel cannot have more than 1 tags associated with it.");
    settings_.update_delay = Millis(1000);
    open(settings_);
    ASSERT_TRUE(call(update_channel, update(arn, 301)));
    expect_error(call(tag_resource, tag), ErrorType::kResourceInUse,
                 "Channel deliveries under account 123456789012 not ACTIVE, instead in state "
                 "UPDATING");
}

TEST_F(Channels, AreListedByNameInPages) {
    create_many({"c", "a", "b"});
    EXPECT_EQ(listed({}), "a b c ");
    EXPECT_FALSE(next_);
    ListChannelsRequest request;
    request.max_results = 2;
    EXPECT_EQ(listed(request), "a b ");
    ASSERT_TRUE(next_);
    const std::string token = *next_;
    request.next_token = token;
    EXPECT_EQ(listed(request), "c ");
    EXPECT_FALSE(next_);
    request.max_results = 10'000;
    EXPECT_EQ(listed(request), "c ") << "larger values are capped";
    clock_.advance(Millis(300'001));
    expect_error(call(list_channels, request), ErrorType::kExpiredNextToken,
                 "NextToken has expired.");
    request.next_token = "nonsense";
    expect_error(call(list_channels, request), ErrorType::kInvalidArgument, "Invalid NextToken.");
    Context other = context("210987654321");
    EXPECT_TRUE(
        call_as(other, list_channels, ListChannelsRequest{}).value().channel_summaries.empty());
}

TEST_F(Channels, ListsTellWhatTheyDeliver) {
    const std::string arn = created();
    const auto answer = call(list_channels, ListChannelsRequest{}).value();
    ASSERT_EQ(answer.channel_summaries.size(), 1u);
    const ChannelSummary& channel = answer.channel_summaries[0];
    EXPECT_EQ(channel.channel_arn, arn);
    EXPECT_EQ(channel.channel_status, "ACTIVE");
    EXPECT_EQ(channel.channel_destination_type, "S3");
    ASSERT_EQ(channel.streams.size(), 1u);
    EXPECT_EQ(channel.streams[0].stream_arn, kStreamArn);
    EXPECT_EQ(to_seconds(channel.streams[0].stream_creation_timestamp), kStartSeconds);
}

TEST_F(Channels, AnyFilterThatMatchesLetsAChannelPass) {
    create_many({"a", "b", "c"});
    const std::string a = "arn:aws:kinesis:us-east-1:123456789012:stream/a";
    const std::string c = "arn:aws:kinesis:us-east-1:123456789012:stream/c";
    ListChannelsRequest request;
    request.stream_filter = std::vector<StreamFilter>{{a, {}}, {c, {}}};
    EXPECT_EQ(listed(request), "a c ");
    request.max_results = 1;
    EXPECT_EQ(listed(request), "a ");
    const std::string token = next_.value_or("");
    request.next_token = token;
    EXPECT_EQ(listed(request), "c ");
    request.stream_filter->pop_back();
    expect_error(call(list_channels, request), ErrorType::kInvalidArgument, "Invalid NextToken.");
    request.next_token.reset();
    request.stream_filter->front().stream_creation_timestamp =
        wall_time(kStartSeconds * 1000 + 999);
    EXPECT_EQ(listed(request), "a ") << "compared at whole seconds";
    request.stream_filter->front().stream_creation_timestamp = wall_time(kStartSeconds * 1000 - 1);
    EXPECT_EQ(listed(request), "");
    request.stream_filter =
        std::vector<StreamFilter>{{"arn:aws:kinesis:us-east-1:123456789012:stream/none", {}}};
    EXPECT_EQ(listed(request), "");
}

}  // namespace
}  // namespace millrace::api
