// The shapes of every built operation's input and output. An input's fields stand in the order in
// which the service reports violations; StreamId, reserved by the service, is checked last and
// then ignored.
#pragma once

#include "model/shape.h"

namespace millrace::api {

extern const model::Shape kEmptyShape;  // no members: inputs without any, and unbuilt operations

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

}  // namespace millrace::api
