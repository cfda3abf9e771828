// Amazon resource names of streams: arn:{partition}:kinesis:{region}:{account}:stream/{name}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/identity.h"
#include "model/stream_name.h"

namespace millrace::model {

// "aws", "aws-cn" or "aws-us-gov", by the region's prefix.
std::string_view partition_of(std::string_view region);

struct StreamArn {
    Identity owner;
    StreamName name;

    // Reads what kStreamArnPattern admits; nothing for anything else. The name is all that follows
    // "stream/", the partition is not kept.
    static std::optional<StreamArn> parse(std::string_view text);
    std::string text() const;
    friend auto operator<=>(const StreamArn&, const StreamArn&) = default;
};

}  // namespace millrace::model
