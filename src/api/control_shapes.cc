// The shapes of the control plane beside streams and shards: resources, policies, settings.
#include "api/account.h"
#include "api/capacity.h"
#include "api/encryption.h"
#include "api/monitoring.h"
#include "api/policies.h"
#include "api/resource_tags.h"
#include "api/shape_fields.h"
#include "api/shapes.h"

namespace millrace::api {

namespace {

// In the order messages print.
constexpr std::string_view kCommitmentStatuses[] = {"ENABLED", "DISABLED"};

template <auto Member>
constexpr Field resource_arn_field() {
    return string_field<Member>("ResourceARN")
        .require()
        .within(1, model::kArnMaxUnits)
        .matching(model::kResourceArnPattern);
}

constexpr Field kTagResourceInputFields[] = {
    resource_arn_field<&TagResourceRequest::resource_arn>(),
    tags_field<&TagResourceRequest::tags>().require(),
    stream_id_field<&TagResourceRequest::stream_id>(),
};

constexpr Field kUntagResourceInputFields[] = {
    resource_arn_field<&UntagResourceRequest::resource_arn>(),
    tag_keys_field<&UntagResourceRequest::tag_keys>(),
    stream_id_field<&UntagResourceRequest::stream_id>(),
};

constexpr Field kListTagsForResourceInputFields[] = {
    resource_arn_field<&ListTagsForResourceRequest::resource_arn>(),
    stream_id_field<&ListTagsForResourceRequest::stream_id>(),
};
constexpr Field kListTagsForResourceOutputFields[] = {
    list_field<&ListTagsForResourceResponse::tags>("Tags", kTag),
};

constexpr Field kPutResourcePolicyInputFields[] = {
    string_field<&PutResourcePolicyRequest::policy>("Policy").require(),
    resource_arn_field<&PutResourcePolicyRequest::resource_arn>(),
    stream_id_field<&PutResourcePolicyRequest::stream_id>(),
};

constexpr Field kResourcePolicyInputFields[] = {
    resource_arn_field<&ResourcePolicyRequest::resource_arn>(),
    stream_id_field<&ResourcePolicyRequest::stream_id>(),
};
constexpr Field kGetResourcePolicyOutputFields[] = {
    string_field<&GetResourcePolicyResponse::policy>("Policy"),
};

constexpr Field kEnhancedMonitoringInputFields[] = {
    text_list_field<&EnhancedMonitoringRequest::shard_level_metrics>("ShardLevelMetrics")
        .require()
        .within(1, model::kShardMetricsMax)
        .one_of(kShardMetricNames),
    name_field<&EnhancedMonitoringRequest::stream_name>("StreamName"),
    stream_arn_field<&EnhancedMonitoringRequest::stream_arn>(),
    stream_id_field<&EnhancedMonitoringRequest::stream_id>(),
};
constexpr Field kEnhancedMonitoringOutputFields[] = {
    string_field<&EnhancedMonitoringResponse::stream_name>("StreamName"),
    text_list_field<&EnhancedMonitoringResponse::current_shard_level_metrics>(
        "CurrentShardLevelMetrics"),
    text_list_field<&EnhancedMonitoringResponse::desired_shard_level_metrics>(
        "DesiredShardLevelMetrics"),
    string_field<&EnhancedMonitoringResponse::stream_arn>("StreamARN"),
};

constexpr Field kStreamEncryptionInputFields[] = {
    string_field<&StreamEncryptionRequest::encryption_type>("EncryptionType")
        .require()
        .one_of(kEncryptionTypes),
    string_field<&StreamEncryptionRequest::key_id>("KeyId").require().within(1,
                                                                             model::kKeyIdMaxUnits),
    name_field<&StreamEncryptionRequest::stream_name>("StreamName"),
    stream_arn_field<&StreamEncryptionRequest::stream_arn>(),
    stream_id_field<&StreamEncryptionRequest::stream_id>(),
};

constexpr Field kUpdateMaxRecordSizeInputFields[] = {
    integer_field<&UpdateMaxRecordSizeRequest::max_record_size_in_kib>("MaxRecordSizeInKiB")
        .require()
        .within(model::kRecordSizeMinKiB, model::kRecordSizeMaxKiB),
    stream_arn_field<&UpdateMaxRecordSizeRequest::stream_arn>(),
    stream_id_field<&UpdateMaxRecordSizeRequest::stream_id>(),
};

constexpr Field kUpdateStreamWarmThroughputInputFields[] = {
    stream_arn_field<&UpdateStreamWarmThroughputRequest::stream_arn>(),
    name_field<&UpdateStreamWarmThroughputRequest::stream_name>("StreamName"),
    integer_field<&UpdateStreamWarmThroughputRequest::warm_throughput_mibps>("WarmThroughputMiBps")
        .require()
        .within(0, std::nullopt),
    stream_id_field<&UpdateStreamWarmThroughputRequest::stream_id>(),
};
constexpr Field kUpdateStreamWarmThroughputOutputFields[] = {
    string_field<&UpdateStreamWarmThroughputResponse::stream_arn>("StreamARN"),
    string_field<&UpdateStreamWarmThroughputResponse::stream_name>("StreamName"),
    structure_field<&UpdateStreamWarmThroughputResponse::warm_throughput>("WarmThroughput",
                                                                          kWarmThroughput),
};

constexpr Field kUpdateDistributionInputFields[] = {
    stream_arn_field<&UpdateDistributionRequest::stream_arn>().require(),
    distribution_field<&UpdateDistributionRequest::record_distribution_strategy>().require(),
    stream_id_field<&UpdateDistributionRequest::stream_id>(),
};

constexpr Field kCommitmentInputFields[] = {
    string_field<&CommitmentInput::status>("Status").require().one_of(kCommitmentStatuses),
};
constexpr Shape kCommitmentInput{"MinimumThroughputBillingCommitmentInput", kCommitmentInputFields};

constexpr Field kCommitmentOutputFields[] = {
    string_field<&CommitmentOutput::status>("Status"),
    timestamp_field<&CommitmentOutput::started_at>("StartedAt"),
    timestamp_field<&CommitmentOutput::ended_at>("EndedAt"),
    timestamp_field<&CommitmentOutput::earliest_allowed_end_at>("EarliestAllowedEndAt"),
};
constexpr Shape kCommitmentOutput{"MinimumThroughputBillingCommitmentOutput",
                                  kCommitmentOutputFields};

constexpr Field kUpdateAccountSettingsInputFields[] = {
    structure_field<&UpdateAccountSettingsRequest::minimum_throughput_billing_commitment>(
        "MinimumThroughputBillingCommitment", kCommitmentInput)
        .require(),
};
constexpr Field kAccountSettingsOutputFields[] = {
    structure_field<&AccountSettingsResponse::minimum_throughput_billing_commitment>(
        "MinimumThroughputBillingCommitment", kCommitmentOutput),
};

}  // namespace

constinit const Shape kTagResourceInput{"TagResourceInput", kTagResourceInputFields};
constinit const Shape kUntagResourceInput{"UntagResourceInput", kUntagResourceInputFields};
constinit const Shape kListTagsForResourceInput{"ListTagsForResourceInput",
                                                kListTagsForResourceInputFields};
constinit const Shape kListTagsForResourceOutput{"ListTagsForResourceOutput",
                                                 kListTagsForResourceOutputFields};

constinit const Shape kPutResourcePolicyInput{"PutResourcePolicyInput",
                                              kPutResourcePolicyInputFields};
constinit const Shape kResourcePolicyInput{"ResourcePolicyInput", kResourcePolicyInputFields};
constinit const Shape kGetResourcePolicyOutput{"GetResourcePolicyOutput",
                                               kGetResourcePolicyOutputFields};

constinit const Shape kEnhancedMonitoringInput{"EnhancedMonitoringInput",
                                               kEnhancedMonitoringInputFields};
constinit const Shape kEnhancedMonitoringOutput{"EnhancedMonitoringOutput",
                                                kEnhancedMonitoringOutputFields};
constinit const Shape kStreamEncryptionInput{"StreamEncryptionInput", kStreamEncryptionInputFields};
constinit const Shape kUpdateMaxRecordSizeInput{"UpdateMaxRecordSizeInput",
                                                kUpdateMaxRecordSizeInputFields};
constinit const Shape kUpdateStreamWarmThroughputInput{"UpdateStreamWarmThroughputInput",
                                                       kUpdateStreamWarmThroughputInputFields};
constinit const Shape kUpdateStreamWarmThroughputOutput{"UpdateStreamWarmThroughputOutput",
                                                        kUpdateStreamWarmThroughputOutputFields};
constinit const Shape kUpdateDistributionInput{"UpdateStreamRecordDistributionStrategyInput",
                                               kUpdateDistributionInputFields};

constinit const Shape kUpdateAccountSettingsInput{"UpdateAccountSettingsInput",
                                                  kUpdateAccountSettingsInputFields};
constinit const Shape kAccountSettingsOutput{"AccountSettingsOutput", kAccountSettingsOutputFields};

}  // namespace millrace::api
