// Amazon resource names of consumers: {stream ARN}/consumer/{name}:{creation, Unix seconds}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/arn.h"

namespace millrace::model {

struct ConsumerArn {
    StreamArn stream;
    std::string name;
    std::int64_t created_s = 0;

    // Reads what kConsumerArnPattern admits and could be a consumer's; nothing for anything else.
    static std::optional<ConsumerArn> parse(std::string_view text);
    std::string text() const;
    friend auto operator<=>(const ConsumerArn&, const ConsumerArn&) = default;
};

}  // namespace millrace::model
