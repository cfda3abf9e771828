#include "api/access.h"

#include <algorithm>

#include "api/addressing.h"
#include "api/policy.h"
#include "api/policy_parser.h"

namespace millrace::api {

namespace {

constexpr std::string_view kShareable[] = {"DescribeStreamConsumer",
                                           "DescribeStreamSummary",
                                           "GetRecords",
                                           "GetShardIterator",
                                           "ListShards",
                                           "PutRecord",
                                           "PutRecords",
                                           "SubscribeToShard"};

}  // namespace

bool has_access(const Context& context, const stream::Stream& stream, std::string_view operation) {
    return stream.owner.account == context.account ||
           policy_grants(context, stream.policy, operation, arn_of(stream).text());
}

bool policy_grants(const Context& context, const std::string& policy, std::string_view operation,
                   const std::string& arn) {
    if (policy.empty() || std::ranges::find(kShareable, operation) == std::end(kShareable)) {
        return false;
    }
    const auto parsed = parse_policy(policy);
    AccessRequest request;
    request.caller = caller(context);
    request.action = "kinesis:" + std::string(operation);
    request.resource = arn;
    request.source_ip = context.source_ip;
    return parsed && grants(*parsed, request);
}

}  // namespace millrace::api
