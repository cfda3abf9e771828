#include "api/operations.h"

#include <algorithm>
#include <optional>
#include <string>

#include "api/consumers.h"
#include "api/get.h"
#include "api/messages.h"
#include "api/put.h"
#include "api/retention.h"
#include "api/shapes.h"
#include "api/shards.h"
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

template <std::size_t N>
struct Literal {
    constexpr Literal(const char (&text)[N]) { std::copy_n(text, N, chars); }
    char chars[N];
};

class UnbuiltCall final : public Call {
public:
    explicit UnbuiltCall(std::string_view name) : name_(name) {}
    void* request() override { return &request_; }
    Task<Answer<void>> run(Context&) override { co_return not_built(name_); }
    const void* response() const override { return nullptr; }

private:
    std::string_view name_;
    Nothing request_;
};

template <Literal Name>
constexpr Operation unbuilt() {
    return {std::string_view(Name.chars), OperationKind::kUnbuilt, &kEmptyShape, nullptr,
            []() -> std::unique_ptr<Call> { return std::make_unique<UnbuiltCall>(Name.chars); }};
}

constexpr Operation kOperations[] = {
    built<add_tags_to_stream>("AddTagsToStream", kAddTagsToStreamInput),
    unbuilt<"CreateChannel">(),
    built<create_stream>("CreateStream", kCreateStreamInput),
    built<decrease_stream_retention_period>("DecreaseStreamRetentionPeriod", kRetentionInput),
    unbuilt<"DeleteChannel">(),
    unbuilt<"DeleteResourcePolicy">(),
    built<delete_stream>("DeleteStream", kDeleteStreamInput),
    built<deregister_stream_consumer>("DeregisterStreamConsumer", kConsumerInput),
    unbuilt<"DescribeAccountSettings">(),
    unbuilt<"DescribeChannel">(),
    built<describe_limits>("DescribeLimits", kEmptyShape, &kDescribeLimitsOutput),
    built<describe_stream>("DescribeStream", kDescribeStreamInput, &kDescribeStreamOutput),
    built<describe_stream_consumer>("DescribeStreamConsumer", kConsumerInput,
                                    &kDescribeStreamConsumerOutput),
    built<describe_stream_summary>("DescribeStreamSummary", kDescribeStreamSummaryInput,
                                   &kDescribeStreamSummaryOutput),
    unbuilt<"DisableEnhancedMonitoring">(),
    unbuilt<"EnableEnhancedMonitoring">(),
    built<get_records>("GetRecords", kGetRecordsInput, &kGetRecordsOutput),
    unbuilt<"GetResourcePolicy">(),
    built<get_shard_iterator>("GetShardIterator", kGetShardIteratorInput, &kGetShardIteratorOutput),
    built<increase_stream_retention_period>("IncreaseStreamRetentionPeriod", kRetentionInput),
    unbuilt<"ListChannels">(),
    built<list_shards>("ListShards", kListShardsInput, &kListShardsOutput),
    built<list_stream_consumers>("ListStreamConsumers", kListStreamConsumersInput,
                                 &kListStreamConsumersOutput),
    built<list_streams>("ListStreams", kListStreamsInput, &kListStreamsOutput),
    unbuilt<"ListTagsForResource">(),
    built<list_tags_for_stream>("ListTagsForStream", kListTagsForStreamInput,
                                &kListTagsForStreamOutput),
    unbuilt<"MergeShards">(),
    built<put_record>("PutRecord", kPutRecordInput, &kPutRecordOutput),
    built<put_records>("PutRecords", kPutRecordsInput, &kPutRecordsOutput),
    unbuilt<"PutResourcePolicy">(),
    built<register_stream_consumer>("RegisterStreamConsumer", kRegisterStreamConsumerInput,
                                    &kRegisterStreamConsumerOutput),
    built<remove_tags_from_stream>("RemoveTagsFromStream", kRemoveTagsFromStreamInput),
    unbuilt<"SplitShard">(),
    unbuilt<"StartStreamEncryption">(),
    unbuilt<"StopStreamEncryption">(),
    streaming<subscribe_to_shard>("SubscribeToShard", kSubscribeToShardInput,
                                  &kSubscribeToShardEvent),
    unbuilt<"TagResource">(),
    unbuilt<"UntagResource">(),
    unbuilt<"UpdateAccountSettings">(),
    unbuilt<"UpdateChannel">(),
    unbuilt<"UpdateMaxRecordSize">(),
    unbuilt<"UpdateShardCount">(),
    unbuilt<"UpdateStreamMode">(),
    unbuilt<"UpdateStreamRecordDistributionStrategy">(),
    unbuilt<"UpdateStreamWarmThroughput">(),
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
