#include "api/call_rate.h"

#include <cstdint>
#include <string>

#include "api/messages.h"
#include "base/result.h"
#include "stream/broker.h"

namespace millrace::api {

namespace {

std::uint64_t calls_per_second(const Operation& operation, const stream::Rates& rates) {
    auto found = rates.calls.find(operation.name);
    if (found == rates.calls.end()) {
        found = rates.calls.find("*");
    }
    return found == rates.calls.end() ? operation.calls_per_second : found->second;
}

}  // namespace

Answer<void> check_call_rate(const Context& context, const Operation& operation, const Call& call) {
    if (operation.calls_per_second == 0) {
        return success();
    }
    const stream::Rates& rates = context.broker.settings().rates;
    const std::uint64_t allowed = rates.enforced ? calls_per_second(operation, rates) : 0;
    if (allowed == 0) {
        return success();
    }
    const std::optional<model::StreamArn> named = call.stream(context);
    stream::CallKey key;
    key.operation = operation.name;
    key.caller = caller(context);
    if (named && operation.for_each_stream) {
        key.owner = named->owner;
        key.stream = named->name;
    }
    if (context.broker.admits_call(key, allowed)) {
        return success();
    }
    return named ? stream_rate_exceeded(*named) : account_rate_exceeded(context.account);
}

}  // namespace millrace::api
