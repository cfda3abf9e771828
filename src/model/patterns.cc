#include "model/patterns.h"

#include <algorithm>

namespace millrace::model {

namespace {

constexpr auto kNone = std::string_view::npos;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_name_char(char c) {
    return is_digit(c) || is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
}
bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

bool all(std::string_view value, bool (*holds)(char)) {
    return std::all_of(value.begin(), value.end(), holds);
}

// 0, or up to digits_max digits that do not begin with 0.
bool matches_decimal(std::string_view value, std::size_t digits_max) {
    if (value == "0") {
        return true;
    }
    return !value.empty() && value.size() <= digits_max && value[0] != '0' && all(value, is_digit);
}

// Where the first character lies that `.` does not match, in UTF-8.
std::size_t first_line_end(std::string_view value) {
    for (std::size_t i = 0; i < value.size(); ++i) {
        const std::string_view rest = value.substr(i);
        if (rest[0] == '\n' || rest[0] == '\r' || rest.starts_with("\xC2\x85") ||
            rest.starts_with("\xE2\x80\xA8") || rest.starts_with("\xE2\x80\xA9")) {
            return i;
        }
    }
    return value.size();
}

// ":" + 12 digits + ":" at `at`.
bool account_at(std::string_view value, std::size_t at) {
    constexpr std::size_t kSize = 14;
    return value.size() >= at + kSize && value[at] == ':' && value[at + kSize - 1] == ':' &&
           all(value.substr(at + 1, kSize - 2), is_digit);
}

// The end of the shortest prefix `arn:aws.*:kinesis:.*` that is followed by an account.
std::size_t account_of_arn(std::string_view value) {
    constexpr std::string_view kStart = "arn:aws";
    constexpr std::string_view kService = ":kinesis:";
    if (!value.starts_with(kStart)) {
        return kNone;
    }
    const std::size_t service = value.find(kService, kStart.size());
    if (service == kNone) {
        return kNone;
    }
    for (std::size_t at = value.find(':', service + kService.size()); at != kNone;
         at = value.find(':', at + 1)) {
        if (account_at(value, at)) {
            return at;
        }
    }
    return kNone;
}

// Whether `{kind}\S+` follows at `at`, where nothing before may be a line end.
class ResourceTail final {
public:
    ResourceTail(std::string_view value, std::string_view kind)
        : value_(value), kind_(kind), line_end_(first_line_end(value)) {
        for (std::size_t i = value.size(); i > 0 && !is_blank(value[i - 1]); --i) {
            solid_from_ = i - 1;
        }
    }
    bool at(std::size_t at) const {
        return at <= line_end_ && value_.substr(at).starts_with(kind_) &&
               at + kind_.size() < value_.size() && at + kind_.size() >= solid_from_;
    }

private:
    std::string_view value_;
    std::string_view kind_;
    std::size_t line_end_;
    std::size_t solid_from_ = value_.size();
};

bool matches_name(std::string_view value) {
    return !value.empty() && all(value, is_name_char);
}

constexpr std::string_view kStreamKind = "stream/";
constexpr std::string_view kChannelKind = "channel/";

// `arn:aws.*:kinesis:.*:\d{12}:` and, right behind it, the kind.
bool matches_arn_of(std::string_view value, std::string_view kind) {
    const ResourceTail tail(value, kind);
    for (std::size_t at = account_of_arn(value); at != kNone; at = value.find(':', at + 1)) {
        if (account_at(value, at) && tail.at(at + 14)) {
            return true;
        }
    }
    return false;
}

bool matches_resource_arn(std::string_view value) {
    const std::size_t account = account_of_arn(value);
    if (account == kNone) {
        return false;
    }
    const ResourceTail stream(value, kStreamKind);
    const ResourceTail channel(value, kChannelKind);
    for (std::size_t at = account + 14; at < value.size(); ++at) {
        if (stream.at(at) || channel.at(at)) {
            return true;
        }
    }
    return false;
}

// Removes the longest run of such characters from the end; false when there is none.
bool drop_back(std::string_view& value, bool (*holds)(char)) {
    const std::size_t before = value.size();
    while (!value.empty() && holds(value.back())) {
        value.remove_suffix(1);
    }
    return value.size() < before;
}
bool drop_back(std::string_view& value, std::string_view text) {
    if (!value.ends_with(text)) {
        return false;
    }
    value.remove_suffix(text.size());
    return true;
}

bool matches_consumer_arn(std::string_view value) {
    // No part of the tail can be read in two ways, so it is taken off from the end.
    std::string_view head = value;
    if (!drop_back(head, is_digit) || !drop_back(head, ":") || !drop_back(head, is_name_char) ||
        !drop_back(head, "/consumer/") || !drop_back(head, is_name_char) ||
        !drop_back(head, "stream/")) {
        return false;
    }
    return account_of_arn(head) != kNone && first_line_end(head) == head.size();
}

// `arn:aws[-a-z0-9]*` + `middle`, which is taken off together with it.
bool drop_partition(std::string_view& value, std::string_view middle) {
    constexpr std::string_view kStart = "arn:aws";
    if (!value.starts_with(kStart)) {
        return false;
    }
    value.remove_prefix(kStart.size());
    while (!value.empty() && (is_lower(value[0]) || is_digit(value[0]) || value[0] == '-')) {
        value.remove_prefix(1);
    }
    if (!value.starts_with(middle)) {
        return false;
    }
    value.remove_prefix(middle.size());
    return true;
}

bool matches_account(std::string_view value) {
    return value.size() == 12 && all(value, is_digit);
}

bool matches_role_arn(std::string_view value) {
    constexpr std::string_view kRole = ":role/";
    if (!drop_partition(value, ":iam::") || !matches_account(value.substr(0, 12))) {
        return false;
    }
    value.remove_prefix(12);
    return value.starts_with(kRole) && value.size() > kRole.size() &&
           all(value.substr(kRole.size()), [](char c) {
               return is_name_char(c) || std::string_view("+=,@/").find(c) != kNone;
           });
}

bool matches_bucket_arn(std::string_view value) {
    return drop_partition(value, ":s3:::") && value.size() >= 3 && value.size() <= 63 &&
           all(value, [](char c) { return is_name_char(c) && !(c >= 'A' && c <= 'Z'); });
}

bool matches_stream_id(std::string_view value) {
    return value.size() == 24 && value[20] == '-' &&
           all(value.substr(0, 20), [](char c) { return is_digit(c) || is_lower(c); }) &&
           all(value.substr(21), [](char c) { return is_digit(c) || is_lower(c); });
}

}  // namespace

constinit const Pattern kNamePattern{"[a-zA-Z0-9_.-]+", matches_name};
constinit const Pattern kStreamArnPattern{
    R"(arn:aws.*:kinesis:.*:\d{12}:stream/\S+)",
    [](std::string_view v) { return matches_arn_of(v, kStreamKind); }};
constinit const Pattern kResourceArnPattern{R"(arn:aws.*:kinesis:.*:\d{12}:.*(stream|channel)/\S+)",
                                            matches_resource_arn};
constinit const Pattern kConsumerArnPattern{
    R"(^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+)",
    matches_consumer_arn};
constinit const Pattern kStreamIdPattern{"[a-z0-9]{20}-[a-z0-9]{3}", matches_stream_id};
constinit const Pattern kSequenceNumberPattern{
    R"(0|([1-9]\d{0,128}))", [](std::string_view v) { return matches_decimal(v, 129); }};
constinit const Pattern kHashKeyPattern{R"(0|([1-9]\d{0,38}))",
                                        [](std::string_view v) { return matches_decimal(v, 39); }};

constinit const Pattern kChannelArnPattern{
    R"(arn:aws.*:kinesis:.*:\d{12}:channel/\S+)",
    [](std::string_view v) { return matches_arn_of(v, kChannelKind); }};
constinit const Pattern kRoleArnPattern{
    R"(arn:aws[-a-z0-9]*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+)", matches_role_arn};
constinit const Pattern kBucketArnPattern{R"(arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63})",
                                          matches_bucket_arn};
constinit const Pattern kAccountPattern{R"(\d{12})", matches_account};
constinit const Pattern kErrorPrefixPattern{
    R"([0-9A-Za-z!\-_'.*()\/]+)", [](std::string_view v) {
        return !v.empty() && all(v, [](char c) {
            return is_name_char(c) || std::string_view("!'*()/").find(c) != kNone;
        });
    }};
constinit const Pattern kLogGroupPattern{
    R"([\.\-_/#A-Za-z0-9]+)", [](std::string_view v) {
        return !v.empty() && all(v, [](char c) { return is_name_char(c) || c == '/' || c == '#'; });
    }};
constinit const Pattern kLogStreamPattern{
    "[^:*]*", [](std::string_view v) { return v.find_first_of(":*") == kNone; }};

}  // namespace millrace::model
