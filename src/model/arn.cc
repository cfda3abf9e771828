#include "model/arn.h"

#include <utility>

#include "model/patterns.h"

namespace millrace::model {

namespace {

// Splits `rest` at the first colon.
std::string_view take_part(std::string_view& rest) {
    const auto colon = rest.find(':');
    const std::string_view part = rest.substr(0, colon);
    rest.remove_prefix(colon == rest.npos ? rest.size() : colon + 1);
    return part;
}

bool is_account(std::string_view text) {
    if (text.size() != 12) {
        return false;
    }
    for (char c : text) {
        if (c < '0' || c > '9') {
            return false;
        }
    }
    return true;
}

constexpr std::string_view kStreamKind = "stream/";
constexpr std::string_view kChannelKind = "channel/";

struct Parts {
    Identity owner;
    std::string_view which;
};

std::optional<Parts> split(std::string_view text, std::string_view kind) {
    std::string_view rest = text;
    const std::string_view scheme = take_part(rest);
    take_part(rest);  // the partition
    const std::string_view service = take_part(rest);
    const std::string_view region = take_part(rest);
    const std::string_view account = take_part(rest);
    if (scheme != "arn" || service != "kinesis" || !is_account(account) ||
        !rest.starts_with(kind) || rest.size() == kind.size()) {
        return std::nullopt;
    }
    return Parts{Identity{std::string(account), std::string(region)}, rest.substr(kind.size())};
}

std::string join(const Identity& owner, std::string_view kind, std::string_view which) {
    std::string text("arn:");
    text += partition_of(owner.region);
    text += ":kinesis:";
    text += owner.region;
    text += ':';
    text += owner.account;
    text += ':';
    text += kind;
    text += which;
    return text;
}

}  // namespace

std::string_view partition_of(std::string_view region) {
    if (region.starts_with("cn-")) {
        return "aws-cn";
    }
    if (region.starts_with("us-gov-")) {
        return "aws-us-gov";
    }
    if (region.starts_with("us-iso-")) {
        return "aws-iso";
    }
    if (region.starts_with("us-isob-")) {
        return "aws-iso-b";
    }
    return "aws";
}

std::string principal_arn(const Identity& caller) {
    std::string arn("arn:");
    arn += partition_of(caller.region);
    arn += ":iam::";
    arn += caller.account;
    arn += ":root";
    return arn;
}

std::optional<StreamArn> StreamArn::parse(std::string_view text) {
    if (!kStreamArnPattern.matches(text)) {
        return std::nullopt;
    }
    auto parts = split(text, kStreamKind);
    if (!parts) {
        return std::nullopt;
    }
    return StreamArn{std::move(parts->owner), StreamName(parts->which)};
}

std::string StreamArn::text() const {
    return join(owner, kStreamKind, name.text());
}

std::optional<ChannelArn> ChannelArn::parse(std::string_view text) {
    if (!kChannelArnPattern.matches(text)) {
        return std::nullopt;
    }
    auto parts = split(text, kChannelKind);
    if (!parts) {
        return std::nullopt;
    }
    return ChannelArn{std::move(parts->owner), std::string(parts->which)};
}

std::string ChannelArn::text() const {
    return join(owner, kChannelKind, id);
}

}  // namespace millrace::model
