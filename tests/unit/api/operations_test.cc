#include "api/operations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>

#include "api/shapes.h"

namespace millrace::api {
namespace {

using model::Field;
using model::Kind;
using model::Shape;

void for_each_shape(const Shape& shape, const std::function<void(const Shape&)>& visit) {
    visit(shape);
    for (const Field& field : shape.fields) {
        if (field.shape != nullptr) {
            for_each_shape(*field.shape, visit);
        }
    }
}

std::string describe(const Shape& shape) {
    std::string names;
    for (const Field& field : shape.fields) {
        names += (names.empty() ? "" : " ") + std::string(field.name) + (field.required ? "*" : "");
    }
    return names;
}

TEST(Operations, AllOfTheModelAreKnownInOrder) {
    ASSERT_EQ(operations().size(), 45u);
    for (std::size_t i = 1; i < operations().size(); ++i) {
        EXPECT_LT(operations()[i - 1].name, operations()[i].name);
    }
    for (const Operation& row : operations()) {
        EXPECT_EQ(find_operation(row.name), &row);
    }
    EXPECT_EQ(find_operation(""), nullptr);
    EXPECT_EQ(find_operation("putRecord"), nullptr);
    EXPECT_EQ(find_operation("PutRecord "), nullptr);
    EXPECT_EQ(find_operation("Zzz"), nullptr);
}

TEST(Operations, ShapesAreSane) {
    for (const Operation& row : operations()) {
        ASSERT_NE(row.request, nullptr) << row.name;
        for (const Shape* top : {row.request, row.response}) {
            if (top == nullptr) {
                continue;
            }
            for_each_shape(*top, [&](const Shape& shape) {
                EXPECT_FALSE(shape.name.empty()) << row.name;
                std::set<std::string_view> names;
                for (const Field& field : shape.fields) {
                    EXPECT_TRUE(names.insert(field.name).second) << field.name;
                    ASSERT_NE(field.access.present, nullptr) << field.name;
                    switch (field.kind) {
                        case Kind::kString:
                            EXPECT_TRUE(field.access.text && field.access.set_text);
                            break;
                        case Kind::kInteger:
                        case Kind::kLong:
                        case Kind::kBoolean:
                        case Kind::kTimestamp:
                            EXPECT_TRUE(field.access.number && field.access.set_number);
                            break;
                        case Kind::kBlob:
                            EXPECT_TRUE(field.access.bytes && field.access.set_bytes);
                            break;
                        case Kind::kStructure:
                            EXPECT_TRUE(field.access.child && field.access.emplace && field.shape);
                            break;
                        case Kind::kMap:
                            EXPECT_TRUE(field.access.entry && field.access.insert);
                            break;
                        case Kind::kList:
                            EXPECT_TRUE(field.access.begin && field.access.size);
                            EXPECT_EQ(field.shape != nullptr, field.access.item != nullptr);
                            EXPECT_EQ(field.shape == nullptr, field.access.item_text != nullptr);
                            break;
                    }
                }
            });
        }
    }
}

TEST(Operations, EveryInputThatNamesAStreamOrResourceEndsWithStreamId) {
    for (const Operation& row : operations()) {
        const auto fields = row.request->fields;
        for (const std::string_view selector : {"StreamARN", "ConsumerARN", "ResourceARN"}) {
            if (std::ranges::find(fields, selector, &Field::name) != fields.end()) {
                EXPECT_EQ(fields.back().name, "StreamId") << row.name;
            }
        }
    }
}

TEST(Operations, MembersStandInTheOrderOfReporting) {
    EXPECT_EQ(describe(kCreateStreamInput),
              "ShardCount StreamName* StreamModeDetails Tags WarmThroughputMiBps "
              "MaxRecordSizeInKiB RecordDistributionStrategy");
    EXPECT_EQ(describe(kDeleteStreamInput),
              "StreamName EnforceConsumerDeletion StreamARN StreamId");
    EXPECT_EQ(describe(kDescribeStreamInput),
              "Limit ExclusiveStartShardId StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kListStreamsInput), "Limit ExclusiveStartStreamName NextToken");
    EXPECT_EQ(describe(kListShardsInput),
              "ExclusiveStartShardId MaxResults NextToken ShardFilter StreamCreationTimestamp "
              "StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kPutRecordInput),
              "SequenceNumberForOrdering PartitionKey ExplicitHashKey Data* StreamName StreamARN "
              "DryRun StreamId");
    EXPECT_EQ(describe(kPutRecordsInput), "Records* StreamName StreamARN DryRun StreamId");
    EXPECT_EQ(describe(*kPutRecordsInput.fields[0].shape), "PartitionKey ExplicitHashKey Data*");
    EXPECT_EQ(describe(kGetShardIteratorInput),
              "ShardId* ShardIteratorType* StartingSequenceNumber StreamName StreamARN Timestamp "
              "DryRun StreamId");
    EXPECT_EQ(describe(kGetRecordsInput), "Limit ShardIterator* StreamARN DryRun StreamId");
    EXPECT_EQ(describe(kSplitShardInput),
              "NewStartingHashKey* StreamName ShardToSplit* StreamARN StreamId");
    EXPECT_EQ(describe(kMergeShardsInput),
              "ShardToMerge* AdjacentShardToMerge* StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kUpdateShardCountInput),
              "ScalingType* StreamARN StreamName TargetShardCount* StreamId");
    EXPECT_EQ(describe(kUpdateStreamModeInput),
              "StreamARN* StreamModeDetails* WarmThroughputMiBps StreamId");
    EXPECT_EQ(describe(kRegisterStreamConsumerInput), "ConsumerName* StreamARN* Tags StreamId");
    EXPECT_EQ(describe(kConsumerInput), "ConsumerARN ConsumerName StreamARN StreamId");
    EXPECT_EQ(describe(kListStreamConsumersInput),
              "MaxResults NextToken StreamARN* StreamCreationTimestamp StreamId");
    EXPECT_EQ(describe(kSubscribeToShardInput),
              "ConsumerARN* ShardId* StartingPosition* DryRun StreamId");
    EXPECT_EQ(describe(*kSubscribeToShardInput.fields[2].shape), "Type* SequenceNumber Timestamp");
    EXPECT_EQ(describe(kRetentionInput), "RetentionPeriodHours* StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kAddTagsToStreamInput), "Tags* StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kRemoveTagsFromStreamInput), "TagKeys* StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kListTagsForStreamInput),
              "Limit ExclusiveStartTagKey StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kTagResourceInput), "ResourceARN* Tags* StreamId");
    EXPECT_EQ(describe(kUntagResourceInput), "ResourceARN* TagKeys* StreamId");
    EXPECT_EQ(describe(kPutResourcePolicyInput), "Policy* ResourceARN* StreamId");
    EXPECT_EQ(describe(kEnhancedMonitoringInput),
              "ShardLevelMetrics* StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kStreamEncryptionInput),
              "EncryptionType* KeyId* StreamName StreamARN StreamId");
    EXPECT_EQ(describe(kUpdateMaxRecordSizeInput), "MaxRecordSizeInKiB* StreamARN StreamId");
    EXPECT_EQ(describe(kUpdateStreamWarmThroughputInput),
              "StreamARN StreamName WarmThroughputMiBps* StreamId");
    EXPECT_EQ(describe(kCreateChannelInput),
              "ChannelName* ServiceExecutionRoleARN* StreamConfigurationList* "
              "S3DestinationConfiguration S3TablesDestinationConfiguration EncryptionConfiguration "
              "LoggingConfiguration Tags");
}

TEST(Operations, AFieldSetThroughItsShapeIsReadBackThroughIt) {
    const Operation* row = find_operation("PutRecords");
    const auto call = row->make();
    const Field& records = row->request->fields[0];
    EXPECT_FALSE(records.access.present(call->request()));
    records.access.begin(call->request());
    void* entry = records.access.append(call->request());
    records.shape->fields[0].access.set_text(entry, "key");
    EXPECT_TRUE(records.access.present(call->request()));
    EXPECT_EQ(records.access.size(call->request()), 1u);
    EXPECT_EQ(records.shape->fields[0].access.text(records.access.item(call->request(), 0)), "key");
}

}  // namespace
}  // namespace millrace::api
