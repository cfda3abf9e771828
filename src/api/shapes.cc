#include "api/shapes.h"

#include <string_view>

#include "api/consumers.h"
#include "api/get.h"
#include "api/put.h"
#include "api/reshard.h"
#include "api/retention.h"
#include "api/shape_fields.h"
#include "api/shards.h"
#include "api/stream_mode.h"
#include "api/streams.h"
#include "api/subscribe.h"
#include "api/tags.h"

namespace millrace::api {

namespace {

// In the order messages print.
constexpr std::string_view kStreamModes[] = {"PROVISIONED", "ON_DEMAND"};
constexpr std::string_view kIteratorTypes[] = {"AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP",
                                               "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"};
constexpr std::string_view kShardFilterTypes[] = {"AFTER_SHARD_ID",    "AT_TRIM_HORIZON",
                                                  "FROM_TRIM_HORIZON", "AT_LATEST",
                                                  "AT_TIMESTAMP",      "FROM_TIMESTAMP"};

constexpr std::string_view kScalingTypes[] = {"UNIFORM_SCALING"};

// Structures inside inputs and outputs.
constexpr Field kStreamModeDetailsInputFields[] = {
    string_field<&StreamModeDetails::stream_mode>("StreamMode").require().one_of(kStreamModes),
};
constexpr Shape kStreamModeDetails{"StreamModeDetails", kStreamModeDetailsInputFields};

constexpr Field kEnhancedMetricsFields[] = {
    text_list_field<&EnhancedMetrics::shard_level_metrics>("ShardLevelMetrics"),
};
constexpr Shape kEnhancedMetrics{"EnhancedMetrics", kEnhancedMetricsFields};

constexpr Field kHashKeyRangeFields[] = {
    string_field<&HashKeyRange::starting_hash_key>("StartingHashKey"),
    string_field<&HashKeyRange::ending_hash_key>("EndingHashKey"),
};
constexpr Shape kHashKeyRange{"HashKeyRange", kHashKeyRangeFields};

constexpr Field kSequenceNumberRangeFields[] = {
    string_field<&SequenceNumberRange::starting_sequence_number>("StartingSequenceNumber"),
    string_field<&SequenceNumberRange::ending_sequence_number>("EndingSequenceNumber"),
};
constexpr Shape kSequenceNumberRange{"SequenceNumberRange", kSequenceNumberRangeFields};

constexpr Field kShardFields[] = {
    string_field<&ShardMember::shard_id>("ShardId"),
    string_field<&ShardMember::parent_shard_id>("ParentShardId"),
    string_field<&ShardMember::adjacent_parent_shard_id>("AdjacentParentShardId"),
    structure_field<&ShardMember::hash_key_range>("HashKeyRange", kHashKeyRange),
    structure_field<&ShardMember::sequence_number_range>("SequenceNumberRange",
                                                         kSequenceNumberRange),
};
constexpr Shape kShard{"Shard", kShardFields};

constexpr Field kStreamDescriptionFields[] = {
    string_field<&StreamDescription::stream_name>("StreamName"),
    string_field<&StreamDescription::stream_arn>("StreamARN"),
    string_field<&StreamDescription::stream_status>("StreamStatus"),
    structure_field<&StreamDescription::stream_mode_details>("StreamModeDetails",
                                                             kStreamModeDetails),
    list_field<&StreamDescription::shards>("Shards", kShard),
    boolean_field<&StreamDescription::has_more_shards>("HasMoreShards"),
    integer_field<&StreamDescription::retention_period_hours>("RetentionPeriodHours"),
    timestamp_field<&StreamDescription::stream_creation_timestamp>("StreamCreationTimestamp"),
    list_field<&StreamDescription::enhanced_monitoring>("EnhancedMonitoring", kEnhancedMetrics),
    string_field<&StreamDescription::encryption_type>("EncryptionType"),
    string_field<&StreamDescription::key_id>("KeyId"),
};
constexpr Shape kStreamDescription{"StreamDescription", kStreamDescriptionFields};

constexpr Field kWarmThroughputFields[] = {
    integer_field<&WarmThroughput::target_mibps>("TargetMiBps"),
    integer_field<&WarmThroughput::current_mibps>("CurrentMiBps"),
};
constexpr Field kStreamDescriptionSummaryFields[] = {
    string_field<&StreamDescriptionSummary::stream_name>("StreamName"),
    string_field<&StreamDescriptionSummary::stream_arn>("StreamARN"),
    string_field<&StreamDescriptionSummary::stream_status>("StreamStatus"),
    structure_field<&StreamDescriptionSummary::stream_mode_details>("StreamModeDetails",
                                                                    kStreamModeDetails),
    integer_field<&StreamDescriptionSummary::retention_period_hours>("RetentionPeriodHours"),
    timestamp_field<&StreamDescriptionSummary::stream_creation_timestamp>(
        "StreamCreationTimestamp"),
    list_field<&StreamDescriptionSummary::enhanced_monitoring>("EnhancedMonitoring",
                                                               kEnhancedMetrics),
    string_field<&StreamDescriptionSummary::encryption_type>("EncryptionType"),
    string_field<&StreamDescriptionSummary::key_id>("KeyId"),
    integer_field<&StreamDescriptionSummary::open_shard_count>("OpenShardCount"),
    integer_field<&StreamDescriptionSummary::consumer_count>("ConsumerCount"),
    structure_field<&StreamDescriptionSummary::warm_throughput>("WarmThroughput", kWarmThroughput),
    integer_field<&StreamDescriptionSummary::max_record_size_in_kib>("MaxRecordSizeInKiB"),
    integer_field<&StreamDescriptionSummary::channel_count>("ChannelCount"),
    string_field<&StreamDescriptionSummary::record_distribution_strategy>(
        "RecordDistributionStrategy"),
};
constexpr Shape kStreamDescriptionSummary{"StreamDescriptionSummary",
                                          kStreamDescriptionSummaryFields};

constexpr Field kStreamSummaryFields[] = {
    string_field<&StreamSummary::stream_name>("StreamName"),
    string_field<&StreamSummary::stream_arn>("StreamARN"),
    string_field<&StreamSummary::stream_status>("StreamStatus"),
    structure_field<&StreamSummary::stream_mode_details>("StreamModeDetails", kStreamModeDetails),
    timestamp_field<&StreamSummary::stream_creation_timestamp>("StreamCreationTimestamp"),
};
constexpr Shape kStreamSummary{"StreamSummary", kStreamSummaryFields};

constexpr Field kShardFilterFields[] = {
    string_field<&ShardFilter::type>("Type").require().one_of(kShardFilterTypes),
    name_field<&ShardFilter::shard_id>("ShardId"),
    timestamp_field<&ShardFilter::timestamp>("Timestamp"),
};
constexpr Shape kShardFilter{"ShardFilter", kShardFilterFields};

constexpr Field kPutRecordsRequestEntryFields[] = {
    partition_key_field<&PutRecordsRequestEntry::partition_key>(),
    hash_key_field<&PutRecordsRequestEntry::explicit_hash_key>("ExplicitHashKey"),
    data_field<&PutRecordsRequestEntry::data>(),
};
constexpr Shape kPutRecordsRequestEntry{"PutRecordsRequestEntry", kPutRecordsRequestEntryFields};

constexpr Field kPutRecordsResultEntryFields[] = {
    string_field<&PutRecordsResultEntry::sequence_number>("SequenceNumber"),
    string_field<&PutRecordsResultEntry::shard_id>("ShardId"),
    string_field<&PutRecordsResultEntry::error_code>("ErrorCode"),
    string_field<&PutRecordsResultEntry::error_message>("ErrorMessage"),
};
constexpr Shape kPutRecordsResultEntry{"PutRecordsResultEntry", kPutRecordsResultEntryFields};

constexpr Field kRecordFields[] = {
    string_field<&RecordMember::sequence_number>("SequenceNumber"),
    timestamp_field<&RecordMember::approximate_arrival_timestamp>("ApproximateArrivalTimestamp"),
    blob_field<&RecordMember::data>("Data"),
    string_field<&RecordMember::partition_key>("PartitionKey"),
    string_field<&RecordMember::encryption_type>("EncryptionType"),
};
constexpr Shape kRecord{"Record", kRecordFields};

constexpr Field kChildShardFields[] = {
    string_field<&ChildShard::shard_id>("ShardId"),
    text_list_field<&ChildShard::parent_shards>("ParentShards"),
    structure_field<&ChildShard::hash_key_range>("HashKeyRange", kHashKeyRange),
};
constexpr Shape kChildShard{"ChildShard", kChildShardFields};

constexpr Field kConsumerFields[] = {
    string_field<&ConsumerMember::consumer_name>("ConsumerName"),
    string_field<&ConsumerMember::consumer_arn>("ConsumerARN"),
    string_field<&ConsumerMember::consumer_status>("ConsumerStatus"),
    timestamp_field<&ConsumerMember::consumer_creation_timestamp>("ConsumerCreationTimestamp"),
};
constexpr Shape kConsumer{"Consumer", kConsumerFields};

constexpr Field kConsumerDescriptionFields[] = {
    string_field<&ConsumerDescription::consumer_name>("ConsumerName"),
    string_field<&ConsumerDescription::consumer_arn>("ConsumerARN"),
    string_field<&ConsumerDescription::consumer_status>("ConsumerStatus"),
    timestamp_field<&ConsumerDescription::consumer_creation_timestamp>("ConsumerCreationTimestamp"),
    string_field<&ConsumerDescription::stream_arn>("StreamARN"),
};
constexpr Shape kConsumerDescription{"ConsumerDescription", kConsumerDescriptionFields};

constexpr Field kStartingPositionFields[] = {
    string_field<&StartingPosition::type>("Type").require().one_of(kIteratorTypes),
    sequence_field<&StartingPosition::sequence_number>("SequenceNumber"),
    timestamp_field<&StartingPosition::timestamp>("Timestamp"),
};
constexpr Shape kStartingPosition{"StartingPosition", kStartingPositionFields};

constexpr Field kTagFields[] = {
    string_field<&Tag::key>("Key"),
    string_field<&Tag::value>("Value"),
};
// Inputs and outputs.
constexpr Field kCreateStreamInputFields[] = {
    integer_field<&CreateStreamRequest::shard_count>("ShardCount").within(1, model::kShardCountMax),
    name_field<&CreateStreamRequest::stream_name>("StreamName").require(),
    structure_field<&CreateStreamRequest::stream_mode_details>("StreamModeDetails",
                                                               kStreamModeDetails),
    tags_field<&CreateStreamRequest::tags>(),
    integer_field<&CreateStreamRequest::warm_throughput_mibps>("WarmThroughputMiBps")
        .within(0, std::nullopt),
    integer_field<&CreateStreamRequest::max_record_size_in_kib>("MaxRecordSizeInKiB")
        .within(model::kRecordSizeMinKiB, model::kRecordSizeMaxKiB),
    distribution_field<&CreateStreamRequest::record_distribution_strategy>(),
};

constexpr Field kDeleteStreamInputFields[] = {
    name_field<&DeleteStreamRequest::stream_name>("StreamName"),
    boolean_field<&DeleteStreamRequest::enforce_consumer_deletion>("EnforceConsumerDeletion"),
    stream_arn_field<&DeleteStreamRequest::stream_arn>(),
    stream_id_field<&DeleteStreamRequest::stream_id>(),
};

constexpr Field kDescribeStreamInputFields[] = {
    page_field<&DescribeStreamRequest::limit>("Limit"),
    name_field<&DescribeStreamRequest::exclusive_start_shard_id>("ExclusiveStartShardId"),
    name_field<&DescribeStreamRequest::stream_name>("StreamName"),
    stream_arn_field<&DescribeStreamRequest::stream_arn>(),
    stream_id_field<&DescribeStreamRequest::stream_id>(),
};
constexpr Field kDescribeStreamOutputFields[] = {
    structure_field<&DescribeStreamResponse::stream_description>("StreamDescription",
                                                                 kStreamDescription),
};

constexpr Field kDescribeStreamSummaryInputFields[] = {
    name_field<&DescribeStreamSummaryRequest::stream_name>("StreamName"),
    stream_arn_field<&DescribeStreamSummaryRequest::stream_arn>(),
    stream_id_field<&DescribeStreamSummaryRequest::stream_id>(),
};
constexpr Field kDescribeStreamSummaryOutputFields[] = {
    structure_field<&DescribeStreamSummaryResponse::stream_description_summary>(
        "StreamDescriptionSummary", kStreamDescriptionSummary),
};

constexpr Field kDescribeLimitsOutputFields[] = {
    integer_field<&DescribeLimitsResponse::shard_limit>("ShardLimit"),
    integer_field<&DescribeLimitsResponse::open_shard_count>("OpenShardCount"),
    integer_field<&DescribeLimitsResponse::on_demand_stream_count>("OnDemandStreamCount"),
    integer_field<&DescribeLimitsResponse::on_demand_stream_count_limit>(
        "OnDemandStreamCountLimit"),
    integer_field<&DescribeLimitsResponse::channel_count>("ChannelCount"),
    integer_field<&DescribeLimitsResponse::channel_count_limit>("ChannelCountLimit"),
};

constexpr Field kListStreamsInputFields[] = {
    page_field<&ListStreamsRequest::limit>("Limit"),
    name_field<&ListStreamsRequest::exclusive_start_stream_name>("ExclusiveStartStreamName"),
    token_field<&ListStreamsRequest::next_token>(),
};
constexpr Field kListStreamsOutputFields[] = {
    text_list_field<&ListStreamsResponse::stream_names>("StreamNames"),
    boolean_field<&ListStreamsResponse::has_more_streams>("HasMoreStreams"),
    string_field<&ListStreamsResponse::next_token>("NextToken"),
    list_field<&ListStreamsResponse::stream_summaries>("StreamSummaries", kStreamSummary),
};

constexpr Field kListShardsInputFields[] = {
    name_field<&ListShardsRequest::exclusive_start_shard_id>("ExclusiveStartShardId"),
    page_field<&ListShardsRequest::max_results>("MaxResults"),
    token_field<&ListShardsRequest::next_token>(),
    structure_field<&ListShardsRequest::shard_filter>("ShardFilter", kShardFilter),
    timestamp_field<&ListShardsRequest::stream_creation_timestamp>("StreamCreationTimestamp"),
    name_field<&ListShardsRequest::stream_name>("StreamName"),
    stream_arn_field<&ListShardsRequest::stream_arn>(),
    stream_id_field<&ListShardsRequest::stream_id>(),
};
constexpr Field kListShardsOutputFields[] = {
    list_field<&ListShardsResponse::shards>("Shards", kShard),
    string_field<&ListShardsResponse::next_token>("NextToken"),
};

constexpr Field kPutRecordInputFields[] = {
    sequence_field<&PutRecordRequest::sequence_number_for_ordering>("SequenceNumberForOrdering"),
    partition_key_field<&PutRecordRequest::partition_key>(),
    hash_key_field<&PutRecordRequest::explicit_hash_key>("ExplicitHashKey"),
    data_field<&PutRecordRequest::data>(),
    name_field<&PutRecordRequest::stream_name>("StreamName"),
    stream_arn_field<&PutRecordRequest::stream_arn>(),
    dry_run_field<&PutRecordRequest::dry_run>(),
    stream_id_field<&PutRecordRequest::stream_id>(),
};
constexpr Field kPutRecordOutputFields[] = {
    string_field<&PutRecordResponse::shard_id>("ShardId"),
    string_field<&PutRecordResponse::sequence_number>("SequenceNumber"),
    string_field<&PutRecordResponse::encryption_type>("EncryptionType"),
};

constexpr Field kPutRecordsInputFields[] = {
    list_field<&PutRecordsRequest::records>("Records", kPutRecordsRequestEntry)
        .require()
        .within(1, model::kPutRecordsMaxRecords),
    name_field<&PutRecordsRequest::stream_name>("StreamName"),
    stream_arn_field<&PutRecordsRequest::stream_arn>(),
    dry_run_field<&PutRecordsRequest::dry_run>(),
    stream_id_field<&PutRecordsRequest::stream_id>(),
};
constexpr Field kPutRecordsOutputFields[] = {
    integer_field<&PutRecordsResponse::failed_record_count>("FailedRecordCount"),
    list_field<&PutRecordsResponse::records>("Records", kPutRecordsResultEntry),
    string_field<&PutRecordsResponse::encryption_type>("EncryptionType"),
};

constexpr Field kGetShardIteratorInputFields[] = {
    name_field<&GetShardIteratorRequest::shard_id>("ShardId").require(),
    string_field<&GetShardIteratorRequest::shard_iterator_type>("ShardIteratorType")
        .require()
        .one_of(kIteratorTypes),
    sequence_field<&GetShardIteratorRequest::starting_sequence_number>("StartingSequenceNumber"),
    name_field<&GetShardIteratorRequest::stream_name>("StreamName"),
    stream_arn_field<&GetShardIteratorRequest::stream_arn>(),
    timestamp_field<&GetShardIteratorRequest::timestamp>("Timestamp"),
    dry_run_field<&GetShardIteratorRequest::dry_run>(),
    stream_id_field<&GetShardIteratorRequest::stream_id>(),
};
constexpr Field kGetShardIteratorOutputFields[] = {
    string_field<&GetShardIteratorResponse::shard_iterator>("ShardIterator"),
};

constexpr Field kGetRecordsInputFields[] = {
    integer_field<&GetRecordsRequest::limit>("Limit").within(1, model::kGetRecordsMaxRecords),
    string_field<&GetRecordsRequest::shard_iterator>("ShardIterator")
        .require()
        .within(1, model::kIteratorMaxChars),
    stream_arn_field<&GetRecordsRequest::stream_arn>(),
    dry_run_field<&GetRecordsRequest::dry_run>(),
    stream_id_field<&GetRecordsRequest::stream_id>(),
};
constexpr Field kGetRecordsOutputFields[] = {
    list_field<&GetRecordsResponse::records>("Records", kRecord),
    string_field<&GetRecordsResponse::next_shard_iterator>("NextShardIterator"),
    long_field<&GetRecordsResponse::millis_behind_latest>("MillisBehindLatest"),
    list_field<&GetRecordsResponse::child_shards>("ChildShards", kChildShard),
};

constexpr Field kSplitShardInputFields[] = {
    hash_key_field<&SplitShardRequest::new_starting_hash_key>("NewStartingHashKey").require(),
    name_field<&SplitShardRequest::stream_name>("StreamName"),
    name_field<&SplitShardRequest::shard_to_split>("ShardToSplit").require(),
    stream_arn_field<&SplitShardRequest::stream_arn>(),
    stream_id_field<&SplitShardRequest::stream_id>(),
};

constexpr Field kMergeShardsInputFields[] = {
    name_field<&MergeShardsRequest::shard_to_merge>("ShardToMerge").require(),
    name_field<&MergeShardsRequest::adjacent_shard_to_merge>("AdjacentShardToMerge").require(),
    name_field<&MergeShardsRequest::stream_name>("StreamName"),
    stream_arn_field<&MergeShardsRequest::stream_arn>(),
    stream_id_field<&MergeShardsRequest::stream_id>(),
};

constexpr Field kUpdateShardCountInputFields[] = {
    string_field<&UpdateShardCountRequest::scaling_type>("ScalingType")
        .require()
        .one_of(kScalingTypes),
    stream_arn_field<&UpdateShardCountRequest::stream_arn>(),
    name_field<&UpdateShardCountRequest::stream_name>("StreamName"),
    integer_field<&UpdateShardCountRequest::target_shard_count>("TargetShardCount")
        .require()
        .within(1, std::nullopt),
    stream_id_field<&UpdateShardCountRequest::stream_id>(),
};
constexpr Field kUpdateShardCountOutputFields[] = {
    string_field<&UpdateShardCountResponse::stream_name>("StreamName"),
    integer_field<&UpdateShardCountResponse::current_shard_count>("CurrentShardCount"),
    integer_field<&UpdateShardCountResponse::target_shard_count>("TargetShardCount"),
    string_field<&UpdateShardCountResponse::stream_arn>("StreamARN"),
};

constexpr Field kUpdateStreamModeInputFields[] = {
    stream_arn_field<&UpdateStreamModeRequest::stream_arn>().require(),
    structure_field<&UpdateStreamModeRequest::stream_mode_details>("StreamModeDetails",
                                                                   kStreamModeDetails)
        .require(),
    integer_field<&UpdateStreamModeRequest::warm_throughput_mibps>("WarmThroughputMiBps")
        .within(0, std::nullopt),
    stream_id_field<&UpdateStreamModeRequest::stream_id>(),
};

constexpr Field kRegisterStreamConsumerInputFields[] = {
    name_field<&RegisterStreamConsumerRequest::consumer_name>("ConsumerName").require(),
    stream_arn_field<&RegisterStreamConsumerRequest::stream_arn>().require(),
    tags_field<&RegisterStreamConsumerRequest::tags>(),
    stream_id_field<&RegisterStreamConsumerRequest::stream_id>(),
};
constexpr Field kRegisterStreamConsumerOutputFields[] = {
    structure_field<&RegisterStreamConsumerResponse::consumer>("Consumer", kConsumer),
};

constexpr Field kConsumerInputFields[] = {
    consumer_arn_field<&ConsumerRequest::consumer_arn>(),
    name_field<&ConsumerRequest::consumer_name>("ConsumerName"),
    stream_arn_field<&ConsumerRequest::stream_arn>(),
    stream_id_field<&ConsumerRequest::stream_id>(),
};
constexpr Field kDescribeStreamConsumerOutputFields[] = {
    structure_field<&DescribeStreamConsumerResponse::consumer_description>("ConsumerDescription",
                                                                           kConsumerDescription),
};

constexpr Field kListStreamConsumersInputFields[] = {
    page_field<&ListStreamConsumersRequest::max_results>("MaxResults"),
    token_field<&ListStreamConsumersRequest::next_token>(),
    stream_arn_field<&ListStreamConsumersRequest::stream_arn>().require(),
    timestamp_field<&ListStreamConsumersRequest::stream_creation_timestamp>(
        "StreamCreationTimestamp"),
    stream_id_field<&ListStreamConsumersRequest::stream_id>(),
};
constexpr Field kListStreamConsumersOutputFields[] = {
    list_field<&ListStreamConsumersResponse::consumers>("Consumers", kConsumer),
    string_field<&ListStreamConsumersResponse::next_token>("NextToken"),
};

constexpr Field kSubscribeToShardInputFields[] = {
    consumer_arn_field<&SubscribeToShardRequest::consumer_arn>().require(),
    name_field<&SubscribeToShardRequest::shard_id>("ShardId").require(),
    structure_field<&SubscribeToShardRequest::starting_position>("StartingPosition",
                                                                 kStartingPosition)
        .require(),
    dry_run_field<&SubscribeToShardRequest::dry_run>(),
    stream_id_field<&SubscribeToShardRequest::stream_id>(),
};
constexpr Field kSubscribeToShardEventFields[] = {
    list_field<&SubscribeToShardEvent::records>("Records", kRecord),
    string_field<&SubscribeToShardEvent::continuation_sequence_number>(
        "ContinuationSequenceNumber"),
    long_field<&SubscribeToShardEvent::millis_behind_latest>("MillisBehindLatest"),
    list_field<&SubscribeToShardEvent::child_shards>("ChildShards", kChildShard),
};

constexpr Field kRetentionInputFields[] = {
    integer_field<&RetentionRequest::retention_period_hours>("RetentionPeriodHours")
        .require()
        .within(1, std::nullopt),
    name_field<&RetentionRequest::stream_name>("StreamName"),
    stream_arn_field<&RetentionRequest::stream_arn>(),
    stream_id_field<&RetentionRequest::stream_id>(),
};

constexpr Field kAddTagsToStreamInputFields[] = {
    tags_field<&AddTagsToStreamRequest::tags>().require(),
    name_field<&AddTagsToStreamRequest::stream_name>("StreamName"),
    stream_arn_field<&AddTagsToStreamRequest::stream_arn>(),
    stream_id_field<&AddTagsToStreamRequest::stream_id>(),
};

constexpr Field kRemoveTagsFromStreamInputFields[] = {
    tag_keys_field<&RemoveTagsFromStreamRequest::tag_keys>(),
    name_field<&RemoveTagsFromStreamRequest::stream_name>("StreamName"),
    stream_arn_field<&RemoveTagsFromStreamRequest::stream_arn>(),
    stream_id_field<&RemoveTagsFromStreamRequest::stream_id>(),
};

constexpr Field kListTagsForStreamInputFields[] = {
    integer_field<&ListTagsForStreamRequest::limit>("Limit").within(1, model::kListTagsPageTags),
    string_field<&ListTagsForStreamRequest::exclusive_start_tag_key>("ExclusiveStartTagKey")
        .within(1, model::kTagKeyMaxUnits),
    name_field<&ListTagsForStreamRequest::stream_name>("StreamName"),
    stream_arn_field<&ListTagsForStreamRequest::stream_arn>(),
    stream_id_field<&ListTagsForStreamRequest::stream_id>(),
};
constexpr Field kListTagsForStreamOutputFields[] = {
    list_field<&ListTagsForStreamResponse::tags>("Tags", kTag),
    boolean_field<&ListTagsForStreamResponse::has_more_tags>("HasMoreTags"),
};

}  // namespace

constinit const Shape kEmptyShape{"Empty", {}};
constinit const Shape kTag{"Tag", kTagFields};
constinit const Shape kWarmThroughput{"WarmThroughputObject", kWarmThroughputFields};

constinit const Shape kCreateStreamInput{"CreateStreamInput", kCreateStreamInputFields};
constinit const Shape kDeleteStreamInput{"DeleteStreamInput", kDeleteStreamInputFields};
constinit const Shape kDescribeStreamInput{"DescribeStreamInput", kDescribeStreamInputFields};
constinit const Shape kDescribeStreamOutput{"DescribeStreamOutput", kDescribeStreamOutputFields};
constinit const Shape kDescribeStreamSummaryInput{"DescribeStreamSummaryInput",
                                                  kDescribeStreamSummaryInputFields};
constinit const Shape kDescribeStreamSummaryOutput{"DescribeStreamSummaryOutput",
                                                   kDescribeStreamSummaryOutputFields};
constinit const Shape kDescribeLimitsOutput{"DescribeLimitsOutput", kDescribeLimitsOutputFields};
constinit const Shape kListStreamsInput{"ListStreamsInput", kListStreamsInputFields};
constinit const Shape kListStreamsOutput{"ListStreamsOutput", kListStreamsOutputFields};

constinit const Shape kListShardsInput{"ListShardsInput", kListShardsInputFields};
constinit const Shape kListShardsOutput{"ListShardsOutput", kListShardsOutputFields};

constinit const Shape kPutRecordInput{"PutRecordInput", kPutRecordInputFields};
constinit const Shape kPutRecordOutput{"PutRecordOutput", kPutRecordOutputFields};
constinit const Shape kPutRecordsInput{"PutRecordsInput", kPutRecordsInputFields};
constinit const Shape kPutRecordsOutput{"PutRecordsOutput", kPutRecordsOutputFields};

constinit const Shape kGetShardIteratorInput{"GetShardIteratorInput", kGetShardIteratorInputFields};
constinit const Shape kGetShardIteratorOutput{"GetShardIteratorOutput",
                                              kGetShardIteratorOutputFields};
constinit const Shape kGetRecordsInput{"GetRecordsInput", kGetRecordsInputFields};
constinit const Shape kGetRecordsOutput{"GetRecordsOutput", kGetRecordsOutputFields};

constinit const Shape kSplitShardInput{"SplitShardInput", kSplitShardInputFields};
constinit const Shape kMergeShardsInput{"MergeShardsInput", kMergeShardsInputFields};
constinit const Shape kUpdateShardCountInput{"UpdateShardCountInput", kUpdateShardCountInputFields};
constinit const Shape kUpdateShardCountOutput{"UpdateShardCountOutput",
                                              kUpdateShardCountOutputFields};
constinit const Shape kUpdateStreamModeInput{"UpdateStreamModeInput", kUpdateStreamModeInputFields};

constinit const Shape kRegisterStreamConsumerInput{"RegisterStreamConsumerInput",
                                                   kRegisterStreamConsumerInputFields};
constinit const Shape kRegisterStreamConsumerOutput{"RegisterStreamConsumerOutput",
                                                    kRegisterStreamConsumerOutputFields};
constinit const Shape kConsumerInput{"StreamConsumerInput", kConsumerInputFields};
constinit const Shape kDescribeStreamConsumerOutput{"DescribeStreamConsumerOutput",
                                                    kDescribeStreamConsumerOutputFields};
constinit const Shape kListStreamConsumersInput{"ListStreamConsumersInput",
                                                kListStreamConsumersInputFields};
constinit const Shape kListStreamConsumersOutput{"ListStreamConsumersOutput",
                                                 kListStreamConsumersOutputFields};
constinit const Shape kSubscribeToShardInput{"SubscribeToShardInput", kSubscribeToShardInputFields};
constinit const Shape kSubscribeToShardEvent{"SubscribeToShardEvent", kSubscribeToShardEventFields};

constinit const Shape kRetentionInput{"StreamRetentionPeriodInput", kRetentionInputFields};

constinit const Shape kAddTagsToStreamInput{"AddTagsToStreamInput", kAddTagsToStreamInputFields};
constinit const Shape kRemoveTagsFromStreamInput{"RemoveTagsFromStreamInput",
                                                 kRemoveTagsFromStreamInputFields};
constinit const Shape kListTagsForStreamInput{"ListTagsForStreamInput",
                                              kListTagsForStreamInputFields};
constinit const Shape kListTagsForStreamOutput{"ListTagsForStreamOutput",
                                               kListTagsForStreamOutputFields};

}  // namespace millrace::api
