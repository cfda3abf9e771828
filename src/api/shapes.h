// The shapes of every built operation's input and output. An input's fields stand in the order in
// which the service reports violations; StreamId, reserved by the service, is checked last and
// then ignored. They are defined in shapes.cc, control_shapes.cc and channel_shapes.cc.
#pragma once

#include "model/shape.h"

namespace millrace::api {

// Structures inside more than one source's shapes.
extern const model::Shape kTag;
extern const model::Shape kWarmThroughput;

extern const model::Shape kEmptyShape;  // no members: inputs without any

extern const model::Shape kCreateStreamInput;
extern const model::Shape kDeleteStreamInput;
extern const model::Shape kDescribeStreamInput;
extern const model::Shape kDescribeStreamOutput;
extern const model::Shape kDescribeStreamSummaryInput;
extern const model::Shape kDescribeStreamSummaryOutput;
extern const model::Shape kDescribeLimitsOutput;
extern const model::Shape kListStreamsInput;
extern const model::Shape kListStreamsOutput;

extern const model::Shape kListShardsInput;
extern const model::Shape kListShardsOutput;

extern const model::Shape kPutRecordInput;
extern const model::Shape kPutRecordOutput;
extern const model::Shape kPutRecordsInput;
extern const model::Shape kPutRecordsOutput;

extern const model::Shape kGetShardIteratorInput;
extern const model::Shape kGetShardIteratorOutput;
extern const model::Shape kGetRecordsInput;
extern const model::Shape kGetRecordsOutput;

extern const model::Shape kSplitShardInput;
extern const model::Shape kMergeShardsInput;
extern const model::Shape kUpdateShardCountInput;
extern const model::Shape kUpdateShardCountOutput;
extern const model::Shape kUpdateStreamModeInput;
extern const model::Shape kRegisterStreamConsumerInput;
extern const model::Shape kRegisterStreamConsumerOutput;
extern const model::Shape kConsumerInput;  // of DescribeStreamConsumer and DeregisterStreamConsumer
extern const model::Shape kDescribeStreamConsumerOutput;
extern const model::Shape kListStreamConsumersInput;
extern const model::Shape kListStreamConsumersOutput;
extern const model::Shape kSubscribeToShardInput;
extern const model::Shape kSubscribeToShardEvent;

extern const model::Shape kRetentionInput;  // of both directions

extern const model::Shape kAddTagsToStreamInput;
extern const model::Shape kRemoveTagsFromStreamInput;
extern const model::Shape kListTagsForStreamInput;
extern const model::Shape kListTagsForStreamOutput;

extern const model::Shape kTagResourceInput;
extern const model::Shape kUntagResourceInput;
extern const model::Shape kListTagsForResourceInput;
extern const model::Shape kListTagsForResourceOutput;

extern const model::Shape kPutResourcePolicyInput;
extern const model::Shape kResourcePolicyInput;  // of reading and deleting
extern const model::Shape kGetResourcePolicyOutput;

extern const model::Shape kEnhancedMonitoringInput;  // of both directions
extern const model::Shape kEnhancedMonitoringOutput;
extern const model::Shape kStreamEncryptionInput;  // of both directions
extern const model::Shape kUpdateMaxRecordSizeInput;
extern const model::Shape kUpdateStreamWarmThroughputInput;
extern const model::Shape kUpdateStreamWarmThroughputOutput;
extern const model::Shape kUpdateDistributionInput;

extern const model::Shape kUpdateAccountSettingsInput;
extern const model::Shape kAccountSettingsOutput;  // of both operations

extern const model::Shape kCreateChannelInput;
extern const model::Shape kUpdateChannelInput;
extern const model::Shape kChannelInput;   // of describing and deleting
extern const model::Shape kChannelOutput;  // of creating, updating and describing
extern const model::Shape kListChannelsInput;
extern const model::Shape kListChannelsOutput;

}  // namespace millrace::api
