#include "protocol/coercion.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/base64.h"
#include "protocol/utf8.h"

namespace millrace::protocol {

using model::Kind;

namespace {

constexpr std::int64_t kInstantMsMin = -62'135'596'800'000;  // 0001-01-01
constexpr std::int64_t kInstantMsMax = 253'402'300'799'999;  // the end of 9999

std::string upper_case(std::string_view text) {
    std::string upper(text);
    for (char& c : upper) {
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
    }
    return upper;
}

// The whole character that starts at `at`.
std::string_view character(std::string_view text, std::size_t at) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        ++end;
    return text.substr(at, end - at);
}

// The first character that base64 does not have there.
std::optional<std::size_t> bad_character(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '=') {
            if (i + 1 < text.size() && text[i + 1] != '=')
                return i;
            continue;
        }
        const bool known = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           (c >= '0' && c <= '9') || c == '+' || c == '/';
        if (!known)
            return i;
    }
    return std::nullopt;
}

}  // namespace

std::string scalar_failure(std::string_view given, Kind expected) {
    switch (expected) {
        case Kind::kList:
            return "Expected list or null";
        case Kind::kMap:
            return "Expected map or null";
        case Kind::kStructure:
            return "Expected null";
        default:
            break;
    }
    if (given.empty())
        return kStructureNotExpected;
    std::string message(given);
    switch (expected) {
        case Kind::kString:
            return message + " can not be converted to an String";
        case Kind::kInteger:
            return message + " can not be converted to an Integer";
        case Kind::kLong:
            return message + " can not be converted to an Long";
        case Kind::kBoolean:
            return message + " can not be converted to an Boolean";
        case Kind::kBlob:
            return message + " can not be converted to a Blob";
        default:
            return message + " can not be converted to milliseconds since epoch";
    }
}

// Lengths are counted as the service counts them, in UTF-16 units, so base64's own verdict (which
// counts bytes) is not enough for texts beyond ASCII.
std::string blob_failure(std::string_view text) {
    std::string message = "'";
    message.append(text).append("' can not be converted to a Blob: ");
    const std::size_t length = utf16_length(text);
    if (length % 4 != 0) {
        return message + "Base64 encoded length is expected a multiple of 4 bytes but found: " +
               std::to_string(length);
    }
    if (const auto at = bad_character(text)) {
        return message.append("Invalid Base64 character: '")
            .append(character(text, *at))
            .append("'");
    }
    return message + "Invalid last non-pad Base64 character dectected";
}

std::optional<bool> parse_boolean(std::string_view text) {
    const std::string upper = text.size() <= 5 ? upper_case(text) : std::string();
    if (upper == "TRUE" || upper == "YES" || upper == "1")
        return true;
    if (upper == "FALSE" || upper == "NO" || upper == "0")
        return false;
    return std::nullopt;
}

std::string boolean_failure(std::string_view text) {
    return std::string("'").append(upper_case(text)).append("' can not be converted to an Boolean");
}

std::int64_t clamp_to_32_bits(std::int64_t value) {
    return std::clamp<std::int64_t>(value, std::numeric_limits<std::int32_t>::min(),
                                    std::numeric_limits<std::int32_t>::max());
}

std::int64_t floor_to_64_bits(double value) {
    constexpr double kBound = 9223372036854775808.0;  // 2^63
    if (std::isnan(value))
        return 0;
    if (value >= kBound)
        return std::numeric_limits<std::int64_t>::max();
    if (value < -kBound)
        return std::numeric_limits<std::int64_t>::min();
    return static_cast<std::int64_t>(std::floor(value));
}

std::int64_t clamp_instant(std::int64_t ms) {
    return std::clamp(ms, kInstantMsMin, kInstantMsMax);
}

std::int64_t instant_of_seconds(double seconds) {
    return clamp_instant(floor_to_64_bits(std::round(seconds * 1000)));
}

}  // namespace millrace::protocol
