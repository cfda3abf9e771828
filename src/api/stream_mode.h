// Changing a stream between provisioned and on-demand mode.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/context.h"
#include "api/errors.h"
#include "api/nothing.h"
#include "api/streams.h"
#include "base/task.h"

namespace millrace::api {

struct UpdateStreamModeRequest {
    std::optional<std::string_view> stream_arn;
    std::optional<StreamModeDetails> stream_mode_details;
    std::optional<std::int32_t> warm_throughput_mibps;
    std::optional<std::string_view> stream_id;
};

Task<Answer<Nothing>> update_stream_mode(Context& context, const UpdateStreamModeRequest& request);

}  // namespace millrace::api
