// How long records stay readable.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "base/task.h"

namespace millrace::api {

struct RetentionRequest {
    std::optional<std::int32_t> retention_period_hours;
    std::optional<std::string_view> stream_name;
    std::optional<std::string_view> stream_arn;
    std::optional<std::string_view> stream_id;
};

Task<Answer<Nothing>> increase_stream_retention_period(Context& context,
                                                       const RetentionRequest& request);
Task<Answer<Nothing>> decrease_stream_retention_period(Context& context,
                                                       const RetentionRequest& request);

}  // namespace millrace::api
