// How often an account may call an operation.
#pragma once

#include <optional>
#include <string_view>

#include "api/addressing.h"
#include "api/context.h"
#include "api/errors.h"
#include "api/operations.h"
#include "model/arn.h"
#include "model/consumer_arn.h"

namespace millrace::api {

// Counts the call; an error if it is one too many. To be asked before the operation, after the
// constraints of its request.
Answer<void> check_call_rate(const Context& context, const Operation& operation, const Call& call);

// The stream that a request names in one member or another.
template <class Request>
std::optional<model::StreamArn> named_stream(const Context& context, const Request& request) {
    const auto addressed = [&](std::optional<std::string_view> name,
                               std::optional<std::string_view> arn) {
        const auto found = address(context, name, arn);
        return found ? std::optional(found.value()) : std::nullopt;
    };
    const auto of_consumer = [](std::string_view arn) {
        const auto parsed = model::ConsumerArn::parse(arn);
        return parsed ? std::optional(parsed->stream) : std::nullopt;
    };
    if constexpr (requires { request.resource_arn; }) {
        const auto parsed = of_consumer(*request.resource_arn);
        return parsed ? parsed : model::StreamArn::parse(*request.resource_arn);
    } else if constexpr (requires { request.consumer_arn; }) {
        if (request.consumer_arn) {
            return of_consumer(*request.consumer_arn);
        }
    }
    if constexpr (requires {
                      request.stream_name;
                      request.stream_arn;
                  }) {
        return addressed(request.stream_name, request.stream_arn);
    } else if constexpr (requires { request.stream_arn; }) {
        return addressed(std::nullopt, request.stream_arn);
    } else if constexpr (requires { request.stream_name; }) {
        return addressed(request.stream_name, std::nullopt);
    } else {
        return std::nullopt;
    }
}

}  // namespace millrace::api
