#include "model/key_id.h"

#include <algorithm>
#include <array>
#include <optional>

#include "model/arn.h"

namespace millrace::model {

namespace {

constexpr std::string_view kAlias = "alias/";
constexpr std::string_view kKey = "key/";
constexpr std::string_view kMultiRegion = "mrk-";
constexpr std::size_t kMultiRegionDigits = 32;
constexpr std::size_t kAliasCharsMax = 250;
constexpr std::array<std::size_t, 5> kUuidGroups = {8, 4, 4, 4, 12};
constexpr std::size_t kUuidChars = 36;

bool digit(char c) {
    return c >= '0' && c <= '9';
}
bool hex(char c) {
    return digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool of_alias(char c) {
    return digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '_' ||
           c == '-';
}
bool of_region(char c) {
    return digit(c) || (c >= 'a' && c <= 'z') || c == '-';
}

bool is_uuid(std::string_view text) {
    if (text.size() != kUuidChars) {
        return false;
    }
    for (const std::size_t size : kUuidGroups) {
        const std::string_view group = text.substr(0, text.find('-'));
        if (group.size() != size || !std::ranges::all_of(group, hex)) {
            return false;
        }
        text.remove_prefix(std::min(text.size(), size + 1));
    }
    return true;
}

bool is_own_id(std::string_view text) {
    if (text.starts_with(kMultiRegion)) {
        text.remove_prefix(kMultiRegion.size());
        return text.size() == kMultiRegionDigits && std::ranges::all_of(text, hex);
    }
    return is_uuid(text);
}

bool is_alias(std::string_view text) {
    if (!text.starts_with(kAlias)) {
        return false;
    }
    text.remove_prefix(kAlias.size());
    return !text.empty() && text.size() <= kAliasCharsMax && std::ranges::all_of(text, of_alias);
}

// What follows "arn:PARTITION:kms:REGION:ACCOUNT:"; nothing if the text does not begin like that.
std::optional<std::string_view> resource_of(std::string_view text) {
    std::array<std::string_view, 5> parts;
    for (std::string_view& part : parts) {
        const std::size_t colon = text.find(':');
        if (colon == std::string_view::npos) {
            return std::nullopt;
        }
        part = text.substr(0, colon);
        text.remove_prefix(colon + 1);
    }
    const auto& [scheme, partition, service, region, account] = parts;
    if (scheme != "arn" || !partition.starts_with("aws") || service != "kms" || region.empty() ||
        !std::ranges::all_of(partition, of_region) || !std::ranges::all_of(region, of_region) ||
        account.size() != 12 || !std::ranges::all_of(account, digit)) {
        return std::nullopt;
    }
    return text;
}

}  // namespace

bool is_key_id(std::string_view text) {
    const std::optional<std::string_view> resource = resource_of(text);
    if (!resource) {
        return is_own_id(text) || is_alias(text);
    }
    return is_alias(*resource) ||
           (resource->starts_with(kKey) && is_own_id(resource->substr(kKey.size())));
}

std::string_view key_name(std::string_view text) {
    const std::string_view resource = resource_of(text).value_or(text);
    return resource.starts_with(kKey) ? resource.substr(kKey.size()) : resource;
}

std::string key_arn(std::string_view text, const Identity& owner) {
    if (resource_of(text)) {
        return std::string(text);
    }
    std::string arn("arn:");
    arn += partition_of(owner.region);
    arn.append(":kms:").append(owner.region).append(":").append(owner.account).append(":");
    arn += text.starts_with(kAlias) ? "" : kKey;
    return arn += text;
}

}  // namespace millrace::model
