// Consumers: the registered readers of enhanced fan-out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "base/task.h"
#include "base/time.h"
#include "model/consumer_arn.h"
#include "model/shape.h"
#include "stream/stream.h"

namespace millrace::api {

struct RegisterStreamConsumerRequest {
    std::optional<std::string_view> consumer_name;
    std::optional<std::string_view> stream_arn;
    std::optional<model::TextMap> tags;
    std::optional<std::string_view> stream_id;
};
struct ConsumerMember {
    std::string consumer_name;
    std::string consumer_arn;
    std::string_view consumer_status;
    WallTime consumer_creation_timestamp;
};
struct RegisterStreamConsumerResponse {
    ConsumerMember consumer;
};

// Of DescribeStreamConsumer and DeregisterStreamConsumer.
struct ConsumerRequest {
    std::optional<std::string_view> consumer_arn;
    std::optional<std::string_view> consumer_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};
struct ConsumerDescription {
    std::string consumer_name;
    std::string consumer_arn;
    std::string_view consumer_status;
    WallTime consumer_creation_timestamp;
    std::string stream_arn;
};
struct DescribeStreamConsumerResponse {
    ConsumerDescription consumer_description;
};

struct ListStreamConsumersRequest {
    std::optional<std::int32_t> max_results;
    std::optional<std::string_view> next_token;
    std::optional<std::string_view> stream_arn;
    std::optional<WallTime> stream_creation_timestamp;
    std::optional<std::string_view> stream_id;
};
struct ListStreamConsumersResponse {
    std::vector<ConsumerMember> consumers;
    std::optional<std::string> next_token;
};

Task<Answer<RegisterStreamConsumerResponse>> register_stream_consumer(
    Context& context, const RegisterStreamConsumerRequest& request);
Task<Answer<DescribeStreamConsumerResponse>> describe_stream_consumer(
    Context& context, const ConsumerRequest& request);
Task<Answer<Nothing>> deregister_stream_consumer(Context& context, const ConsumerRequest& request);
Task<Answer<ListStreamConsumersResponse>> list_stream_consumers(
    Context& context, const ListStreamConsumersRequest& request);

// A consumer in whatever status, and the stream it is part of.
struct FoundConsumer {
    stream::StreamPtr stream;
    const stream::Consumer* consumer = nullptr;  // of `stream`, unless missing

    model::ConsumerArn arn() const;
    stream::ConsumerKey key() const;
};
Answer<FoundConsumer> find_consumer(const Context& context, std::string_view consumer_arn,
                                    std::string_view operation);

}  // namespace millrace::api
