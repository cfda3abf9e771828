#include "api/operations.h"

#include <algorithm>
#include <optional>
#include <string>

#include "api/account.h"
#include "api/call_rate.h"
#include "api/capacity.h"
#include "api/channels.h"
#include "api/consumers.h"
#include "api/encryption.h"
#include "api/get.h"
#include "api/monitoring.h"
#include "api/policies.h"
#include "api/put.h"
#include "api/reshard.h"
#include "api/resource_tags.h"
#include "api/retention.h"
#include "api/shapes.h"
#include "api/shards.h"
#include "api/stream_mode.h"
#include "api/streams.h"
#include "api/subscribe.h"
#include "api/tags.h"
#include "base/result.h"

namespace millrace::api {

namespace {

template <class Handler>
struct Signature;
template <class Request, class Response>
struct Signature<Task<Answer<Response>> (*)(Context&, const Request&)> {
    using RequestType = Request;
    using ResponseType = Response;
};

// The Call of one handler.
template <auto Handler>
class TypedCall final : public Call {
public:
    using Request = typename Signature<decltype(Handler)>::RequestType;
    using Response = typename Signature<decltype(Handler)>::ResponseType;

    void* request() override { return &request_; }
    Task<Answer<void>> run(Context& context) override {
        Answer<Response> answer = co_await Handler(context, request_);
        if (!answer) {
            co_return std::move(answer).error();
        }
        response_.emplace(std::move(answer).value());
        co_return success();
    }
    const void* response() const override { return response_ ? &*response_ : nullptr; }
    std::optional<model::StreamArn> stream(const Context& context) const override {
        return named_stream(context, request_);
    }

private:
    Request request_{};
    std::optional<Response> response_;
};

// The same of a handler that answers with events.
template <auto Handler>
class StreamingCall final : public Call {
public:
    using Request = typename Signature<decltype(Handler)>::RequestType;

    void* request() override { return &request_; }
    Task<Answer<void>> run(Context& context) override {
        auto answer = co_await Handler(context, request_);
        if (!answer) {
            co_return std::move(answer).error();
        }
        events_ = std::move(answer).value();
        co_return success();
    }
    const void* response() const override { return nullptr; }
    std::optional<model::StreamArn> stream(const Context& context) const override {
        return named_stream(context, request_);
    }
    std::unique_ptr<EventSource> events() override { return std::move(events_); }

private:
    Request request_{};
    std::unique_ptr<EventSource> events_;
};

template <auto Handler>
constexpr Operation built(std::string_view name, const model::Shape& request,
                          const model::Shape* response = nullptr) {
    return {name, OperationKind::kUnary, &request, response,
            []() -> std::unique_ptr<Call> { return std::make_unique<TypedCall<Handler>>(); }};
}

template <auto Handler>
constexpr Operation streaming(std::string_view name, const model::Shape& request,
                              const model::Shape* event) {
    return {name, OperationKind::kStreaming, &request, event,
            []() -> std::unique_ptr<Call> { return std::make_unique<StreamingCall<Handler>>(); }};
}

constexpr Operation kOperations[] = {
    built<add_tags_to_stream>("AddTagsToStream", kAddTagsToStreamInput),
    built<create_channel>("CreateChannel", kCreateChannelInput, &kChannelOutput),
    built<create_stream>("CreateStream", kCreateStreamInput),
    built<decrease_stream_retention_period>("DecreaseStreamRetentionPeriod", kRetentionInput),
    built<delete_channel>("DeleteChannel", kChannelInput),
    built<delete_resource_policy>("DeleteResourcePolicy", kResourcePolicyInput),
    built<delete_stream>("DeleteStream", kDeleteStreamInput),
    built<deregister_stream_consumer>("DeregisterStreamConsumer", kConsumerInput)
        .at_for_each_stream(5),
    built<describe_account_settings>("DescribeAccountSettings", kEmptyShape,
                                     &kAccountSettingsOutput),
    built<describe_channel>("DescribeChannel", kChannelInput, &kChannelOutput),
    built<describe_limits>("DescribeLimits", kEmptyShape, &kDescribeLimitsOutput).at(1),
    built<describe_stream>("DescribeStream", kDescribeStreamInput, &kDescribeStreamOutput).at(10),
    built<describe_stream_consumer>("DescribeStreamConsumer", kConsumerInput,
                                    &kDescribeStreamConsumerOutput)
        .at_for_each_stream(20),
    built<describe_stream_summary>("DescribeStreamSummary", kDescribeStreamSummaryInput,
                                   &kDescribeStreamSummaryOutput)
        .at(20),
    built<disable_enhanced_monitoring>("DisableEnhancedMonitoring", kEnhancedMonitoringInput,
                                       &kEnhancedMonitoringOutput),
    built<enable_enhanced_monitoring>("EnableEnhancedMonitoring", kEnhancedMonitoringInput,
                                      &kEnhancedMonitoringOutput),
    built<get_records>("GetRecords", kGetRecordsInput, &kGetRecordsOutput)
        .at(0)
        .outliving_request(),
    built<get_resource_policy>("GetResourcePolicy", kResourcePolicyInput,
                               &kGetResourcePolicyOutput),
    built<get_shard_iterator>("GetShardIterator", kGetShardIteratorInput, &kGetShardIteratorOutput)
        .at(0),
    built<increase_stream_retention_period>("IncreaseStreamRetentionPeriod", kRetentionInput),
    built<list_channels>("ListChannels", kListChannelsInput, &kListChannelsOutput),
    built<list_shards>("ListShards", kListShardsInput, &kListShardsOutput).at_for_each_stream(1000),
    built<list_stream_consumers>("ListStreamConsumers", kListStreamConsumersInput,
                                 &kListStreamConsumersOutput)
        .at_for_each_stream(5),
    built<list_streams>("ListStreams", kListStreamsInput, &kListStreamsOutput),
    built<list_tags_for_resource>("ListTagsForResource", kListTagsForResourceInput,
                                  &kListTagsForResourceOutput),
    built<list_tags_for_stream>("ListTagsForStream", kListTagsForStreamInput,
                                &kListTagsForStreamOutput),
    built<merge_shards>("MergeShards", kMergeShardsInput),
    built<put_record>("PutRecord", kPutRecordInput, &kPutRecordOutput).at(0),
    built<put_records>("PutRecords", kPutRecordsInput, &kPutRecordsOutput).at(0),
    built<put_resource_policy>("PutResourcePolicy", kPutResourcePolicyInput),
    built<register_stream_consumer>("RegisterStreamConsumer", kRegisterStreamConsumerInput,
                                    &kRegisterStreamConsumerOutput),
    built<remove_tags_from_stream>("RemoveTagsFromStream", kRemoveTagsFromStreamInput),
    built<split_shard>("SplitShard", kSplitShardInput),
    built<start_stream_encryption>("StartStreamEncryption", kStreamEncryptionInput),
    built<stop_stream_encryption>("StopStreamEncryption", kStreamEncryptionInput),
    streaming<subscribe_to_shard>("SubscribeToShard", kSubscribeToShardInput,
                                  &kSubscribeToShardEvent)
        .at(0),
    built<tag_resource>("TagResource", kTagResourceInput),
    built<untag_resource>("UntagResource", kUntagResourceInput),
    built<update_account_settings>("UpdateAccountSettings", kUpdateAccountSettingsInput,
                                   &kAccountSettingsOutput),
    built<update_channel>("UpdateChannel", kUpdateChannelInput, &kChannelOutput),
    built<update_max_record_size>("UpdateMaxRecordSize", kUpdateMaxRecordSizeInput),
    built<update_shard_count>("UpdateShardCount", kUpdateShardCountInput, &kUpdateShardCountOutput)
        .at(10),
    built<update_stream_mode>("UpdateStreamMode", kUpdateStreamModeInput),
    built<update_stream_record_distribution_strategy>("UpdateStreamRecordDistributionStrategy",
                                                      kUpdateDistributionInput),
    built<update_stream_warm_throughput>("UpdateStreamWarmThroughput",
                                         kUpdateStreamWarmThroughputInput,
                                         &kUpdateStreamWarmThroughputOutput),
};
static_assert(std::size(kOperations) == 45);
static_assert(std::ranges::is_sorted(kOperations, {}, &Operation::name),
              "find_operation() searches by halves");

}  // namespace

std::span<const Operation> operations() {
    return kOperations;
}

const Operation* find_operation(std::string_view name) {
    const auto* row = std::ranges::lower_bound(kOperations, name, {}, &Operation::name);
    return row != std::end(kOperations) && row->name == name ? row : nullptr;
}

}  // namespace millrace::api
