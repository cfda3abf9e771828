#include "api/access.h"

#include <algorithm>
#include <utility>

#include "api/addressing.h"
#include "api/policy.h"
#include "api/policy_parser.h"

namespace millrace::api {

namespace {

constexpr std::string_view kShareableOfStreams[] = {"DescribeStreamSummary",
                                                    "GetRecords",
                                                    "GetShardIterator",
                                                    "ListShards",
                                                    "PutRecord",
                                                    "PutRecords"};
constexpr std::string_view kShareableOfConsumers[] = {"DescribeStreamConsumer", "SubscribeToShard"};

// `policy` as its owner gave it, empty for none.
bool policy_grants(const Context& context, const std::string& policy, std::string_view operation,
                   std::string arn) {
    if (policy.empty()) {
        return false;
    }
    const auto parsed = parse_policy(policy);
    AccessRequest request;
    request.caller = caller(context);
    request.action = "kinesis:" + std::string(operation);
    request.resource = std::move(arn);
    request.source_ip = context.source_ip;
    return parsed && grants(*parsed, request);
}

}  // namespace

bool has_access(const Context& context, const stream::Stream& stream, std::string_view operation) {
    return stream.owner.account == context.account ||
           (std::ranges::find(kShareableOfStreams, operation) != std::end(kShareableOfStreams) &&
            policy_grants(context, stream.policy, operation, arn_of(stream).text()));
}

bool has_access(const Context& context, const stream::Stream& stream,
                const stream::Consumer& consumer, std::string_view operation) {
    return stream.owner.account == context.account ||
           (std::ranges::find(kShareableOfConsumers, operation) !=
                std::end(kShareableOfConsumers) &&
            policy_grants(context, consumer.policy, operation, arn_of(stream, consumer).text()));
}

}  // namespace millrace::api
