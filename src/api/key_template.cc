#include "api/key_template.h"

#include <algorithm>

#include "model/limits.h"

namespace millrace::api {

namespace {

constexpr std::string_view kOpen = "!{";
constexpr std::string_view kExtension = "extension";
constexpr std::string_view kOwnExtension = "extension:";

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!-_'.*()/=").find(c) != std::string_view::npos;
}

std::string_view extension_of(std::string_view compression) {
    return compression == "GZIP" ? ".gz" : compression == "ZSTD" ? ".zst" : "";
}

bool is_extension(std::string_view placeholder) {
    return placeholder == kExtension || placeholder.starts_with(kOwnExtension);
}

// Times stand as themselves: "yyyy" is as long as a year.
std::optional<std::string_view> value_of(std::string_view placeholder, const KeyNames& names) {
    if (placeholder == "channel-name") {
        return names.channel_name;
    }
    if (placeholder == "channel-id") {
        return names.channel_id;
    }
    if (placeholder == "stream-name") {
        return names.stream_name;
    }
    if (placeholder == kExtension) {
        return extension_of(names.compression);
    }
    if (placeholder.starts_with(kOwnExtension)) {
        const std::string_view own = placeholder.substr(kOwnExtension.size());
        const bool good = own.starts_with('.') && std::all_of(own.begin(), own.end(), [](char c) {
                              return c == '.' || (c >= 'a' && c <= 'z');
                          });
        return good ? std::optional(own) : std::nullopt;
    }
    for (const std::string_view time : {"yyyy", "yy", "MM", "dd", "HH", "mm"}) {
        if (placeholder == time) {
            return time;
        }
    }
    return std::nullopt;
}

std::optional<std::string> path_fault(std::string_view key) {
    if (key.starts_with('/')) {
        return "it begins with a slash";
    }
    if (key.find("//") != std::string_view::npos) {
        return "it has two slashes in a row";
    }
    if (key.find("..") != std::string_view::npos) {
        return "it has two periods in a row";
    }
    while (!key.empty()) {
        const std::string_view segment = key.substr(0, key.find('/'));
        if (segment == ".") {
            return "it has a segment that is a lone period";
        }
        key.remove_prefix(std::min(key.size(), segment.size() + 1));
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> key_template_fault(std::string_view text, const KeyNames& names) {
    std::string key;
    bool extended = false;
    while (!text.empty()) {
        if (extended) {
            return "an extension placeholder must be the last";
        }
        if (!text.starts_with(kOpen)) {
            if (!is_plain(text[0])) {
                return "it has a character that is not allowed";
            }
            key += text[0];
            text.remove_prefix(1);
            continue;
        }
        const std::size_t close = text.find('}');
        if (close == std::string_view::npos) {
            return "a placeholder is not closed";
        }
        const std::string_view placeholder = text.substr(kOpen.size(), close - kOpen.size());
        const auto value = value_of(placeholder, names);
        if (!value) {
            return "unknown placeholder !{" + std::string(placeholder) + "}";
        }
        key += *value;
        extended = is_extension(placeholder);
        text.remove_prefix(close + 1);
    }
    if (!extended && names.compression != "NONE") {
        return "compressed objects need an extension placeholder";
    }
    if (key.size() > static_cast<std::size_t>(model::kObjectKeyMaxChars)) {
        return "it is longer than " + std::to_string(model::kObjectKeyMaxChars) +
               " characters when expanded";
    }
    return path_fault(key);
}

}  // namespace millrace::api
