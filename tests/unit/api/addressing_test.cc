#include "api/addressing.h"

#include <optional>
#include <string>

#include "api/messages.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

using Text = std::optional<std::string_view>;

template <class Request, class Handler>
std::optional<ClientError> send(Context& context, Request request, Text name, Text arn,
                                Handler handler) {
    request.stream_name = name;
    request.stream_arn = arn;
    const auto answer = test::sync_wait(handler(context, request));
    return answer ? std::nullopt : std::optional(answer.error());
}

// Each operation addressed by a stream, with its other required members set.
struct Row {
    const char* operation;
    std::optional<ClientError> (*call)(Context&, Text name, Text arn);
};

const Row kRows[] = {
    {"DescribeStream",
     [](Context& c, Text name, Text arn) {
         return send(c, DescribeStreamRequest{}, name, arn, describe_stream);
     }},
    {"DescribeStreamSummary",
     [](Context& c, Text name, Text arn) {
         return send(c, DescribeStreamSummaryRequest{}, name, arn, describe_stream_summary);
     }},
    {"ListShards", [](Context& c, Text name,
                      Text arn) { return send(c, ListShardsRequest{}, name, arn, list_shards); }},
    {"PutRecord",
     [](Context& c, Text name, Text arn) {
         PutRecordRequest request;
         request.partition_key = "k";
         request.data.emplace();
         return send(c, request, name, arn, put_record);
     }},
    {"PutRecords",
     [](Context& c, Text name, Text arn) {
         PutRecordsRequest request;
         request.records.emplace();
         request.records->push_back({"k", std::nullopt, Bytes{}});
         return send(c, request, name, arn, put_records);
     }},
    {"GetShardIterator",
     [](Context& c, Text name, Text arn) {
         GetShardIteratorRequest request;
         request.shard_id = "shardId-000000000000";
         request.shard_iterator_type = "LATEST";
         return send(c, request, name, arn, get_shard_iterator);
     }},
    {"IncreaseStreamRetentionPeriod",
     [](Context& c, Text name, Text arn) {
         RetentionRequest request;
         request.retention_period_hours = 24;
         return send(c, request, name, arn, increase_stream_retention_period);
     }},
    {"DecreaseStreamRetentionPeriod",
     [](Context& c, Text name, Text arn) {
         RetentionRequest request;
         request.retention_period_hours = 24;
         return send(c, request, name, arn, decrease_stream_retention_period);
     }},
    {"AddTagsToStream",
     [](Context& c, Text name, Text arn) {
         AddTagsToStreamRequest request;
         request.tags = model::TextMap{{"k", "v"}};
         return send(c, request, name, arn, add_tags_to_stream);
     }},
    {"RemoveTagsFromStream",
     [](Context& c, Text name, Text arn) {
         RemoveTagsFromStreamRequest request;
         request.tag_keys.emplace(1, "k");
         return send(c, request, name, arn, remove_tags_from_stream);
     }},
    {"ListTagsForStream",
     [](Context& c, Text name, Text arn) {
         return send(c, ListTagsForStreamRequest{}, name, arn, list_tags_for_stream);
     }},
    {"DeleteStream",
     [](Context& c, Text name, Text arn) {
         return send(c, DeleteStreamRequest{}, name, arn, delete_stream);
     }},
};

class Addressing : public ApiTest {
protected:
    void expect(const Row& row, Context caller, Text name, Text arn, ErrorType type,
                const std::string& message) {
        const auto error = row.call(caller, name, arn);
        ASSERT_TRUE(error) << row.operation;
        EXPECT_EQ(type_name(error->type), type_name(type)) << row.operation;
        EXPECT_EQ(error->message, message) << row.operation;
    }
};

TEST_F(Addressing, NameOrArnOrBothLeadToTheStream) {
    const std::string arn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
    for (const Row& row : kRows) {
        const std::pair<Text, Text> forms[] = {
            {"orders", std::nullopt}, {std::nullopt, arn}, {"orders", arn}};
        for (const auto& [name, given] : forms) {
            if (!broker_->catalog().find(caller(context()), model::StreamName("orders"))) {
                create("orders");
            }
            Context here = context();
            const auto error = row.call(here, name, given);
            EXPECT_FALSE(error) << row.operation << ": " << error->message;
        }
    }
}

TEST_F(Addressing, NeitherIsRefused) {
    for (const Row& row : kRows) {
        const bool lists = std::string_view(row.operation) == "ListShards";
        expect(row, context(), std::nullopt, std::nullopt, ErrorType::kInvalidArgument,
               lists ? "Either NextToken or StreamName should be provided."
                     : "Either StreamName or StreamARN should be provided.");
    }
}

TEST_F(Addressing, NameAndArnMustAgree) {
    create("orders");
    const std::string arn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
    for (const Row& row : kRows) {
        expect(row, context(), "clicks", arn, ErrorType::kInvalidArgument,
               "StreamARN " + arn + " and StreamName clicks do not refer to the same stream.");
    }
}

TEST_F(Addressing, ArnMustBeOfTheRegion) {
    create("orders");
    const std::string arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";
    for (const Row& row : kRows) {
        expect(row, context(), std::nullopt, arn, ErrorType::kInvalidArgument,
               "StreamARN " + arn + " is not in region us-east-1.");
    }
}

TEST_F(Addressing, ArnThatOnlyLooksLikeOneIsRefused) {
    const std::string arn = "arn:aws:x:kinesis:us-east-1:123456789012:stream/orders";
    for (const Row& row : kRows) {
        expect(row, context(), std::nullopt, arn, ErrorType::kInvalidArgument,
               "StreamARN " + arn + " is not a valid stream ARN.");
    }
}

TEST_F(Addressing, MissingStreamIsNamedEvenWhenAddressedByArn) {
    for (const Row& row : kRows) {
        const bool places = std::string_view(row.operation) == "GetShardIterator";
        const std::string message =
            places ? "Shard shardId-000000000000 in stream gone under account 123456789012 does "
                     "not exist"
                   : "Stream gone under account 123456789012 not found.";
        expect(row, context(), "gone", std::nullopt, ErrorType::kResourceNotFound, message);
        expect(row, context(), std::nullopt, "arn:aws:kinesis:us-east-1:123456789012:stream/gone",
               ErrorType::kResourceNotFound, message);
    }
}

TEST_F(Addressing, StreamsOfOtherAccountsAndRegionsAreOutOfSight) {
    create("orders");
    for (const Row& row : kRows) {
        Context other_account = context("999999999999");
        EXPECT_TRUE(row.call(other_account, "orders", std::nullopt)) << row.operation;
        Context other_region = context(kAccount, "eu-west-1");
        EXPECT_TRUE(row.call(other_region, "orders", std::nullopt)) << row.operation;
    }
}

TEST_F(Addressing, ArnOfAnotherAccountIsDenied) {
    create("orders");
    const std::string arn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
    for (const Row& row : kRows) {
        const std::string action = std::string("kinesis:") + row.operation;
        expect(row, context("999999999999"), std::nullopt, arn, ErrorType::kAccessDenied,
               "User: arn:aws:iam::999999999999:root is not authorized to perform: " + action +
                   " on resource: " + arn + " because no resource-based policy allows the " +
                   action + " action");
    }
}

TEST(Messages, NameCallersInThePartitionOfTheirRegion) {
    const model::Identity china{"999999999999", "cn-north-1"};
    EXPECT_TRUE(access_denied(china, "PutRecord", "arn")
                    .message.starts_with("User: arn:aws-cn:iam::999999999999:root is not"));
    EXPECT_TRUE(key_denied(china, "arn")
                    .message.starts_with("User: arn:aws-cn:iam::999999999999:root is not"));
}

}  // namespace
}  // namespace millrace::api
