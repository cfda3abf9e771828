// The shapes of channels. A structure that both inputs and outputs have is one shape for both.
#include "api/channels.h"
#include "api/shape_fields.h"
#include "api/shapes.h"

namespace millrace::api {

namespace {

// In the order messages print.
constexpr std::string_view kRecordFormats[] = {"JSON", "STRING", "BYTE_ARRAY", "GSR_JSON"};
constexpr std::string_view kCompressions[] = {"NONE", "GZIP", "ZSTD"};
constexpr std::string_view kTableCompressions[] = {"NONE", "ZSTD", "SNAPPY"};
constexpr std::string_view kTransforms[] = {"TIME_HOUR"};
constexpr std::string_view kStorageClasses[] = {"STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR"};
constexpr std::string_view kEncryptionTypes[] = {"KMS"};

template <auto Member>
constexpr Field bucket_arn_field() {
    return string_field<Member>("BucketARN")
        .require()
        .within(1, model::kArnMaxUnits)
        .matching(model::kBucketArnPattern);
}
template <auto Member>
constexpr Field bucket_owner_field() {
    return string_field<Member>("ExpectedBucketOwner")
        .require()
        .within(model::kAccountChars, model::kAccountChars)
        .matching(model::kAccountPattern);
}
template <auto Member>
constexpr Field channel_arn_field() {
    return string_field<Member>("ChannelARN")
        .require()
        .within(1, model::kArnMaxUnits)
        .matching(model::kChannelArnPattern);
}
// The service judges its range itself: it is no constraint of the model.
template <auto Member>
constexpr Field freshness_field() {
    return integer_field<Member>("DataFreshnessInSeconds");
}

constexpr Field kRecordConfigurationFields[] = {
    string_field<&RecordConfiguration::record_format_type>("RecordFormatType")
        .require()
        .one_of(kRecordFormats),
    string_field<&RecordConfiguration::gsr_schema_arn>("GSRSchemaARN"),
};
constexpr Shape kRecordConfiguration{"RecordConfiguration", kRecordConfigurationFields};

constexpr Field kDeadLetterBucketFields[] = {
    bucket_arn_field<&DeadLetterBucket::bucket_arn>(),
    bucket_owner_field<&DeadLetterBucket::expected_bucket_owner>(),
    string_field<&DeadLetterBucket::error_output_prefix>("ErrorOutputPrefix")
        .within(1, model::kErrorPrefixMaxUnits)
        .matching(model::kErrorPrefixPattern),
};
constexpr Shape kDeadLetterBucket{"DeadLetterQueueS3Configuration", kDeadLetterBucketFields};

constexpr Field kS3StorageFields[] = {
    bucket_arn_field<&S3Storage::bucket_arn>(),
    bucket_owner_field<&S3Storage::expected_bucket_owner>(),
    string_field<&S3Storage::compression_type>("CompressionType").require().one_of(kCompressions),
    string_field<&S3Storage::output_key_template>("OutputKeyTemplate").within(1, std::nullopt),
    string_field<&S3Storage::storage_class>("StorageClass").one_of(kStorageClasses),
};
constexpr Shape kS3Storage{"S3StorageConfiguration", kS3StorageFields};

constexpr Field kS3DestinationInputFields[] = {
    structure_field<&S3Destination::storage_configuration>("StorageConfiguration", kS3Storage)
        .require(),
    freshness_field<&S3Destination::data_freshness_in_seconds>(),
    structure_field<&S3Destination::dead_letter_queue>("DeadLetterQueueS3Configuration",
                                                       kDeadLetterBucket),
};
constexpr Shape kS3DestinationInput{"S3DestinationConfiguration", kS3DestinationInputFields};

constexpr Field kS3DestinationOutputFields[] = {
    freshness_field<&S3Destination::data_freshness_in_seconds>(),
    structure_field<&S3Destination::dead_letter_queue>("DeadLetterQueueS3Configuration",
                                                       kDeadLetterBucket),
    structure_field<&S3Destination::storage_configuration>("StorageConfiguration", kS3Storage),
};
constexpr Shape kS3DestinationOutput{"S3DestinationDescription", kS3DestinationOutputFields};

constexpr Field kPartitionFieldFields[] = {
    string_field<&PartitionField::transform>("Transform").require().one_of(kTransforms),
    string_field<&PartitionField::source_name>("SourceName").require(),
};
constexpr Shape kPartitionField{"PartitionField", kPartitionFieldFields};

constexpr Field kPartitionSpecFields[] = {
    list_field<&PartitionSpec::partition_fields>("PartitionFields", kPartitionField).require(),
};
constexpr Shape kPartitionSpec{"PartitionSpec", kPartitionSpecFields};

// Tables are refused, but not before their form was judged.
constexpr Field kS3TablesEntryFields[] = {
    string_field<&S3TablesEntry::table_bucket_arn>("TableBucketARN").require(),
    string_field<&S3TablesEntry::name_space>("Namespace").require(),
    string_field<&S3TablesEntry::table_name>("TableName").require(),
    string_field<&S3TablesEntry::compression_type>("CompressionType")
        .require()
        .one_of(kTableCompressions),
    structure_field<&S3TablesEntry::partition_spec>("PartitionSpec", kPartitionSpec),
};
constexpr Shape kS3TablesEntry{"S3TablesConfiguration", kS3TablesEntryFields};

constexpr Field kS3TablesDestinationFields[] = {
    structure_field<&S3TablesDestination::dead_letter_queue>("DeadLetterQueueS3Configuration",
                                                             kDeadLetterBucket)
        .require(),
    list_field<&S3TablesDestination::s3_tables_configuration_list>("S3TablesConfigurationList",
                                                                   kS3TablesEntry)
        .require()
        .within(1, model::kChannelListMax),
    freshness_field<&S3TablesDestination::data_freshness_in_seconds>(),
};
constexpr Shape kS3TablesDestination{"S3TablesDestinationConfiguration",
                                     kS3TablesDestinationFields};

constexpr Field kFreshnessUpdateFields[] = {
    freshness_field<&FreshnessUpdate::data_freshness_in_seconds>().require(),
};
constexpr Shape kS3DestinationUpdate{"S3DestinationUpdateInput", kFreshnessUpdateFields};
constexpr Shape kS3TablesDestinationUpdate{"S3TablesDestinationUpdateInput",
                                           kFreshnessUpdateFields};

constexpr Field kChannelEncryptionFields[] = {
    string_field<&ChannelEncryption::encryption_type>("EncryptionType")
        .require()
        .one_of(kEncryptionTypes),
    string_field<&ChannelEncryption::key_id>("KeyId").require().within(1, model::kKeyIdMaxUnits),
};
constexpr Shape kChannelEncryption{"ChannelEncryptionConfiguration", kChannelEncryptionFields};

constexpr Field kCloudWatchLogsFields[] = {
    boolean_field<&CloudWatchLogs::enabled>("Enabled").require(),
    string_field<&CloudWatchLogs::log_group_name>("LogGroupName")
        .within(1, model::kLogNameMaxUnits)
        .matching(model::kLogGroupPattern),
    string_field<&CloudWatchLogs::log_stream_name>("LogStreamName")
        .within(1, model::kLogNameMaxUnits)
        .matching(model::kLogStreamPattern),
};
constexpr Shape kCloudWatchLogs{"CloudWatchLogs", kCloudWatchLogsFields};
constexpr Shape kCloudWatchLogsUpdate{"CloudWatchLogsUpdateInput", kCloudWatchLogsFields};

constexpr Field kChannelLoggingFields[] = {
    structure_field<&ChannelLoggingMember::cloud_watch_logs>("CloudWatchLogs", kCloudWatchLogs)
        .require(),
};
constexpr Shape kChannelLogging{"ChannelLoggingConfiguration", kChannelLoggingFields};
constexpr Field kChannelLoggingUpdateFields[] = {
    structure_field<&ChannelLoggingMember::cloud_watch_logs>("CloudWatchLogs",
                                                             kCloudWatchLogsUpdate)
        .require(),
};
constexpr Shape kChannelLoggingUpdate{"ChannelLoggingUpdateInput", kChannelLoggingUpdateFields};

constexpr Field kChannelStreamFields[] = {
    stream_arn_field<&ChannelStream::stream_arn>().require(),
    structure_field<&ChannelStream::record_configuration>("RecordConfiguration",
                                                          kRecordConfiguration)
        .require(),
};
constexpr Shape kChannelStream{"ChannelStreamConfiguration", kChannelStreamFields};

constexpr Field kChannelStreamDescriptionFields[] = {
    string_field<&ChannelStreamDescription::stream_arn>("StreamARN"),
    timestamp_field<&ChannelStreamDescription::stream_creation_timestamp>(
        "StreamCreationTimestamp"),
    structure_field<&ChannelStreamDescription::record_configuration>("RecordConfiguration",
                                                                     kRecordConfiguration),
};
constexpr Shape kChannelStreamDescription{"ChannelStreamDescription",
                                          kChannelStreamDescriptionFields};

constexpr Field kChannelDescriptionFields[] = {
    string_field<&ChannelDescription::channel_name>("ChannelName"),
    string_field<&ChannelDescription::channel_arn>("ChannelARN"),
    string_field<&ChannelDescription::channel_id>("ChannelId"),
    string_field<&ChannelDescription::channel_status>("ChannelStatus"),
    timestamp_field<&ChannelDescription::channel_creation_timestamp>("ChannelCreationTimestamp"),
    string_field<&ChannelDescription::service_execution_role_arn>("ServiceExecutionRoleARN"),
    list_field<&ChannelDescription::stream_configuration_list>("StreamConfigurationList",
                                                               kChannelStreamDescription),
    structure_field<&ChannelDescription::logging>("LoggingConfiguration", kChannelLogging),
    structure_field<&ChannelDescription::s3_destination>("S3DestinationConfiguration",
                                                         kS3DestinationOutput),
    structure_field<&ChannelDescription::encryption>("EncryptionConfiguration", kChannelEncryption),
};
constexpr Shape kChannelDescription{"ChannelDescription", kChannelDescriptionFields};

constexpr Field kStreamFilterFields[] = {
    stream_arn_field<&StreamFilter::stream_arn>().require(),
    timestamp_field<&StreamFilter::stream_creation_timestamp>("StreamCreationTimestamp"),
};
constexpr Shape kStreamFilter{"StreamFilter", kStreamFilterFields};

constexpr Field kChannelStreamIdentifierFields[] = {
    string_field<&ChannelStreamIdentifier::stream_arn>("StreamARN"),
    timestamp_field<&ChannelStreamIdentifier::stream_creation_timestamp>("StreamCreationTimestamp"),
};
constexpr Shape kChannelStreamIdentifier{"ChannelStreamIdentifier", kChannelStreamIdentifierFields};

constexpr Field kChannelSummaryFields[] = {
    string_field<&ChannelSummary::channel_name>("ChannelName"),
    string_field<&ChannelSummary::channel_arn>("ChannelARN"),
    string_field<&ChannelSummary::channel_id>("ChannelId"),
    string_field<&ChannelSummary::channel_status>("ChannelStatus"),
    timestamp_field<&ChannelSummary::channel_creation_timestamp>("ChannelCreationTimestamp"),
    string_field<&ChannelSummary::channel_destination_type>("ChannelDestinationType"),
    list_field<&ChannelSummary::streams>("Streams", kChannelStreamIdentifier),
};
constexpr Shape kChannelSummary{"ChannelSummary", kChannelSummaryFields};

// Inputs and outputs.
constexpr Field kCreateChannelInputFields[] = {
    name_field<&CreateChannelRequest::channel_name>("ChannelName").require(),
    string_field<&CreateChannelRequest::service_execution_role_arn>("ServiceExecutionRoleARN")
        .require()
        .within(1, model::kRoleArnMaxUnits)
        .matching(model::kRoleArnPattern),
    list_field<&CreateChannelRequest::stream_configuration_list>("StreamConfigurationList",
                                                                 kChannelStream)
        .require()
        .within(1, model::kChannelListMax),
    structure_field<&CreateChannelRequest::s3_destination>("S3DestinationConfiguration",
                                                           kS3DestinationInput),
    structure_field<&CreateChannelRequest::s3_tables_destination>(
        "S3TablesDestinationConfiguration", kS3TablesDestination),
    structure_field<&CreateChannelRequest::encryption>("EncryptionConfiguration",
                                                       kChannelEncryption),
    structure_field<&CreateChannelRequest::logging>("LoggingConfiguration", kChannelLogging),
    tags_field<&CreateChannelRequest::tags>().within(std::nullopt, model::kTagsPerCallMax),
};

constexpr Field kUpdateChannelInputFields[] = {
    channel_arn_field<&UpdateChannelRequest::channel_arn>(),
    structure_field<&UpdateChannelRequest::s3_destination>("S3DestinationConfiguration",
                                                           kS3DestinationUpdate),
    structure_field<&UpdateChannelRequest::s3_tables_destination>(
        "S3TablesDestinationConfiguration", kS3TablesDestinationUpdate),
    structure_field<&UpdateChannelRequest::logging>("LoggingConfiguration", kChannelLoggingUpdate),
};

constexpr Field kChannelInputFields[] = {
    channel_arn_field<&ChannelRequest::channel_arn>(),
};
constexpr Field kChannelOutputFields[] = {
    structure_field<&ChannelResponse::channel_description>("ChannelDescription",
                                                           kChannelDescription),
};

constexpr Field kListChannelsInputFields[] = {
    list_field<&ListChannelsRequest::stream_filter>("StreamFilter", kStreamFilter),
    integer_field<&ListChannelsRequest::max_results>("MaxResults").within(1, std::nullopt),
    token_field<&ListChannelsRequest::next_token>(),
};
constexpr Field kListChannelsOutputFields[] = {
    list_field<&ListChannelsResponse::channel_summaries>("ChannelSummaries", kChannelSummary),
    string_field<&ListChannelsResponse::next_token>("NextToken"),
};

}  // namespace

constinit const Shape kCreateChannelInput{"CreateChannelInput", kCreateChannelInputFields};
constinit const Shape kUpdateChannelInput{"UpdateChannelInput", kUpdateChannelInputFields};
constinit const Shape kChannelInput{"ChannelInput", kChannelInputFields};
constinit const Shape kChannelOutput{"ChannelOutput", kChannelOutputFields};
constinit const Shape kListChannelsInput{"ListChannelsInput", kListChannelsInputFields};
constinit const Shape kListChannelsOutput{"ListChannelsOutput", kListChannelsOutputFields};

}  // namespace millrace::api
