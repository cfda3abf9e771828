// Which stream a request means, and whether the caller may have it: by name in the caller's account
// and region, or by ARN. Every stream-addressed handler comes through here.
#pragma once

#include <optional>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "model/arn.h"
#include "model/consumer_arn.h"
#include "stream/stream.h"

namespace millrace::api {

model::Identity caller(const Context& context);
model::StreamArn arn_of(const stream::Stream& stream);
model::ConsumerArn arn_of(const stream::Stream& stream, const stream::Consumer& consumer);

// Needs no state: neither given, both given and different, or an ARN of another region is an error.
Answer<model::StreamArn> address(const Context& context, std::optional<std::string_view> name,
                                 std::optional<std::string_view> arn);

// The stream in whatever status, null if there is none. An existing stream of another account is
// denied unless its resource policy grants the operation.
Answer<stream::StreamPtr> look_up(const Context& context, const model::StreamArn& address,
                                  std::string_view operation);

// Both, with "not found" as an error.
Answer<stream::StreamPtr> find_stream(const Context& context, std::optional<std::string_view> name,
                                      std::optional<std::string_view> arn,
                                      std::string_view operation);

// The same for operations that need an ACTIVE stream.
Answer<stream::StreamPtr> find_active_stream(const Context& context,
                                             std::optional<std::string_view> name,
                                             std::optional<std::string_view> arn,
                                             std::string_view operation);

std::string_view status_name(stream::Status status);
std::string_view mode_name(stream::Mode mode);
ClientError not_active(const stream::Stream& stream);

}  // namespace millrace::api
