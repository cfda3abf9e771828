// Amazon resource names: arn:{partition}:kinesis:{region}:{account}:{kind}/{which}, where the kind
// is "stream" and the rest a name, or "channel" and an identifier.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/identity.h"
#include "model/stream_name.h"

namespace millrace::model {

// "aws", "aws-cn" or "aws-us-gov", by the region's prefix.
std::string_view partition_of(std::string_view region);

// Whom an account's calls are made by: "arn:{partition}:iam::{account}:root".
std::string principal_arn(const Identity& caller);

struct StreamArn {
    Identity owner;
    StreamName name;

    // Reads what kStreamArnPattern admits; nothing for anything else. The name is all that follows
    // "stream/", the partition is not kept.
    static std::optional<StreamArn> parse(std::string_view text);
    std::string text() const;
    friend auto operator<=>(const StreamArn&, const StreamArn&) = default;
};

struct ChannelArn {
    Identity owner;
    std::string id;

    // Reads what kChannelArnPattern admits; nothing for anything else.
    static std::optional<ChannelArn> parse(std::string_view text);
    std::string text() const;
    friend auto operator<=>(const ChannelArn&, const ChannelArn&) = default;
};

}  // namespace millrace::model
