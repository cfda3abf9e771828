// The template of a channel's object keys: text with placeholders such as !{yyyy}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace millrace::api {

inline constexpr std::string_view kDefaultKeyTemplate =
    "kinesis-channel/!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/"
    "!{channel-name}-!{channel-id}-!{yyyy}-!{MM}-!{dd}-!{HH}-!{mm}!{extension}";

// What placeholders stand for; times have their own lengths.
struct KeyNames {
    std::string_view channel_name;
    std::string_view channel_id;
    std::string_view stream_name;
    std::string_view compression;  // NONE, GZIP or ZSTD
};

// The rule that a template breaks, as a clause ("it begins with a slash"); nothing if it is good.
std::optional<std::string> key_template_fault(std::string_view text, const KeyNames& names);

}  // namespace millrace::api
