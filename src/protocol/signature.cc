#include "protocol/signature.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <functional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/hex.h"
#include "crypto/sha256.h"
#include "protocol/credential.h"
#include "protocol/identity.h"
#include "wire/text.h"

namespace millrace::protocol {
namespace {

using Failure = Authentication::Failure;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::string_view kIncomplete = "IncompleteSignatureException";
constexpr std::string_view kInvalid = "InvalidSignatureException";
constexpr std::string_view kUnrecognized = "UnrecognizedClientException";

constexpr Seconds kSkew{300};
constexpr std::uint64_t kExpiresMax = 7 * 86'400;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

// ---- Times: "20260101T000000Z"

constexpr std::size_t kDateDigits = 8;

std::optional<std::chrono::sys_seconds> parse_time(std::string_view text) {
    const bool formed = text.size() == 16 && text[8] == 'T' && text[15] == 'Z' &&
                        std::ranges::all_of(text.substr(0, 8), is_digit) &&
                        std::ranges::all_of(text.substr(9, 6), is_digit);
    if (!formed)
        return std::nullopt;
    const auto number = [text](std::size_t at, std::size_t digits) {
        unsigned value = 0;
        std::from_chars(&text[at], &text[at] + digits, value);
        return value;
    };
    const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(number(0, 4))),
                                           std::chrono::month(number(4, 2)),
                                           std::chrono::day(number(6, 2)));
    const unsigned hours = number(9, 2);
    const unsigned minutes = number(11, 2);
    const unsigned seconds = number(13, 2);
    if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59)
        return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
           Seconds(seconds);
}

std::string time_text(std::chrono::sys_seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    std::array<char, 40> text{};
    const int length = std::snprintf(
        text.data(), text.size(), "%04d%02u%02uT%02d%02d%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return {text.data(), static_cast<std::size_t>(length)};
}

// ---- The canonical request

// All but letters, digits and "-._~" (and `kept`) as %XX.
void append_encoded(std::string& out, std::string_view text, std::string_view kept = {}) {
    constexpr char kDigits[] = "0123456789ABCDEF";
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
                           std::string_view("-._~").find(c) != std::string_view::npos ||
                           kept.find(c) != std::string_view::npos;
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        }
    }
}

// A path is encoded once more, as it was sent.
void append_path(std::string& out, std::string_view target) {
    const std::string_view path = target.substr(0, target.find('?'));
    append_encoded(out, path.empty() ? "/" : path, "/");
}

void append_query(std::string& out, const Authentication& authentication) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : authentication.query) {
        if (authentication.in_query && name == "X-Amz-Signature")
            continue;
        auto& [encoded_name, encoded_value] = encoded.emplace_back();
        append_encoded(encoded_name, name);
        append_encoded(encoded_value, value);
    }
    std::ranges::sort(encoded);
    std::string_view separator;
    for (const auto& [name, value] : encoded) {
        out.append(separator).append(name).append("=").append(value);
        separator = "&";
    }
}

// Without blanks at its ends, and with one where there are more.
void append_value(std::string& out, std::string_view value) {
    constexpr std::string_view kBlanks = " \t";
    std::string_view separator;
    for (;;) {
        value.remove_prefix(std::min(value.find_first_not_of(kBlanks), value.size()));
        if (value.empty())
            return;
        const std::string_view word = value.substr(0, value.find_first_of(kBlanks));
        out.append(separator).append(word);
        value.remove_prefix(word.size());
        separator = " ";
    }
}

// Over HTTP/2 clients sign what replaces Host there by its own name.
constexpr std::string_view kAuthority = ":authority";
constexpr std::string_view kHost = "host";

void append_header(std::string& out, const wire::Request& request, std::string_view name) {
    std::ranges::transform(name, std::back_inserter(out), lower);
    const std::string_view sent_as = name == kAuthority ? kHost : name;
    char separator = ':';
    for (const wire::Header& header : request.headers) {
        if (!wire::same_text(header.name, sent_as))
            continue;
        out += separator;
        append_value(out, header.value);
        separator = ',';
    }
    if (separator == ':')
        out += separator;
    out += '\n';
}

using Names = std::vector<std::string_view>;

bool has(const Names& names, std::string_view wanted) {
    return std::ranges::any_of(
        names, [wanted](std::string_view name) { return wire::same_text(name, wanted); });
}

// In the order they are given; none if one comes twice or could be no name, or there are more than
// any signer has: each is looked up and its value hashed, before anything is proven.
Names read_names(std::string_view text) {
    constexpr std::size_t kNamesMax = 100;
    const auto printable = [](char c) { return c > ' ' && c < 127; };
    Names names;
    for (bool more = true; more;) {
        const std::string_view name = text.substr(0, text.find(';'));
        more = name.size() < text.size();
        text.remove_prefix(std::min(name.size() + 1, text.size()));
        if (name.empty() || names.size() == kNamesMax || has(names, name) ||
            !std::ranges::all_of(name, printable))
            return {};
        names.push_back(name);
    }
    return names;
}

std::string canonical_request(const wire::Request& request, const Authentication& authentication) {
    constexpr std::size_t kUsualBytes = 600;
    std::string text;
    text.reserve(kUsualBytes);
    text.append(request.method).append("\n");
    append_path(text, request.target);
    text += '\n';
    append_query(text, authentication);
    text += '\n';
    for (const std::string_view name : read_names(authentication.signed_headers))
        append_header(text, request, name);
    text += '\n';
    std::ranges::transform(authentication.signed_headers, std::back_inserter(text), lower);
    text.append("\n").append(to_hex(crypto::sha256(as_bytes(request.body))));
    return text;
}

// ---- Keys

crypto::Sha256Digest mac(Bytes key, std::string_view text) {
    return crypto::hmac_sha256(key, as_bytes(text));
}

crypto::Sha256Digest derive_key(std::string_view secret, const Credential& scope) {
    std::string first("AWS4");
    first.append(secret);
    crypto::Sha256Digest key = mac(as_bytes(first), scope.date);
    for (const std::string_view text : {scope.region, scope.service, kTerminator})
        key = mac(key, text);
    return key;
}

// What a signer's secret becomes for a day, a region and a service. The last few are kept for each
// thread: 4 of the 5 rounds of a signature are theirs.
const crypto::Sha256Digest& signing_key(std::string_view secret, const Credential& scope) {
    struct Derived {
        std::string from;
        crypto::Sha256Digest key;
    };
    thread_local std::array<Derived, 16> kept;
    std::string from;
    for (const std::string_view text : {scope.date, scope.region, scope.service, secret})
        from.append(text).append("\n");
    Derived& place = kept[std::hash<std::string>()(from) % kept.size()];
    if (place.from != from)
        place = {std::move(from), derive_key(secret, scope)};
    return place.key;
}

// ---- The checks

std::optional<Failure> check_life(const Authentication& authentication,
                                  std::chrono::sys_seconds signed_at, WallTime now_exactly) {
    Seconds life = kSkew;
    const std::string_view expires = value_of(authentication.query, "X-Amz-Expires");
    if (authentication.in_query && !expires.empty()) {
        std::uint64_t seconds = 0;
        const auto read = std::from_chars(expires.data(), expires.data() + expires.size(), seconds);
        if (read.ec != std::errc() || read.ptr != expires.data() + expires.size() || seconds == 0 ||
            seconds > kExpiresMax) {
            return Failure{kInvalid, "X-Amz-Expires must be between 1 and 604800 seconds."};
        }
        life = Seconds(seconds);
    }
    const auto now = std::chrono::floor<Seconds>(now_exactly);
    const auto minutes = [](Seconds span) {
        return std::to_string(std::chrono::floor<std::chrono::minutes>(span).count()) + " min.)";
    };
    if (signed_at + life < now) {
        return Failure{kInvalid, "Signature expired: " + time_text(signed_at) +
                                     " is now earlier than " + time_text(now - life) + " (" +
                                     time_text(now) + " - " + minutes(life)};
    }
    if (signed_at > now + kSkew) {
        return Failure{kInvalid, "Signature not yet current: " + time_text(signed_at) +
                                     " is still later than " + time_text(now + kSkew) + " (" +
                                     time_text(now) + " + " + minutes(kSkew)};
    }
    return std::nullopt;
}

std::optional<Failure> check_scope(const Credential& scope, std::string_view service,
                                   std::string_view date) {
    std::string wrong;
    if (!is_region(scope.region))
        wrong += "Credential should be scoped to a valid region. ";
    if (scope.service != service) {
        wrong.append("Credential should be scoped to correct service: '");
        wrong.append(service).append("'. ");
    }
    if (scope.terminator != kTerminator) {
        wrong.append("Credential should be scoped with a valid terminator: 'aws4_request', not '");
        wrong.append(scope.terminator).append("'. ");
    }
    if (scope.date != date.substr(0, kDateDigits)) {
        wrong.append(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from "
            "HTTP: '");
        wrong.append(scope.date).append("' != '").append(date.substr(0, kDateDigits));
        wrong.append("', from '").append(date).append("'.");
    }
    if (wrong.empty())
        return std::nullopt;
    return Failure{kInvalid, std::move(wrong)};
}

Failure unsigned_header(std::string_view names) {
    return {kInvalid, std::string(names) + " must be a 'SignedHeader' in the AWS Authorization."};
}

// All that can be said without a secret.
std::optional<Failure> check_claims(const wire::Request& request,
                                    const Authentication& authentication,
                                    const Credential& credential, std::string_view service,
                                    WallTime now) {
    const auto signed_at = parse_time(authentication.date);
    if (!signed_at) {
        return Failure{kIncomplete, "Date must be in ISO-8601 'basic format'. Got '" +
                                        std::string(authentication.date) +
                                        "'. See http://en.wikipedia.org/wiki/ISO_8601"};
    }
    if (auto outlived = check_life(authentication, *signed_at, now))
        return outlived;
    const Names names = read_names(authentication.signed_headers);
    if (!has(names, kHost) && !has(names, kAuthority))
        return unsigned_header("'Host' or ':authority'");
    // Or whoever sees a request could make another operation of it.
    if (!request.header("X-Amz-Target").empty() && !has(names, "x-amz-target"))
        return unsigned_header("'X-Amz-Target'");
    if (authentication.algorithm != kAlgorithm) {
        return Failure{kIncomplete, "Unsupported AWS 'algorithm': '" +
                                        std::string(authentication.algorithm) +
                                        "' (only AWS4-HMAC-SHA256 for now). "};
    }
    if (credential.elements != 5) {
        return Failure{kIncomplete,
                       "Credential must have exactly 5 slash-delimited elements, e.g. "
                       "keyid/date/region/service/term, got '" +
                           std::string(authentication.credential) + "'"};
    }
    return check_scope(credential, service, authentication.date);
}

std::string_view session_token(const wire::Request& request, const Authentication& authentication) {
    return authentication.in_query ? value_of(authentication.query, "X-Amz-Security-Token")
                                   : request.header("X-Amz-Security-Token");
}

}  // namespace

std::string signature_of(const wire::Request& request, const Authentication& authentication,
                         std::string_view secret) {
    const Credential scope = Credential::parse(authentication.credential);
    std::string text(kAlgorithm);
    text.append("\n").append(authentication.date).append("\n");
    for (const std::string_view part : {scope.date, scope.region, scope.service})
        text.append(part).append("/");
    text.append(kTerminator).append("\n");
    text += to_hex(crypto::sha256(as_bytes(canonical_request(request, authentication))));
    return to_hex(mac(signing_key(secret, scope), text));
}

Proof check_signature(const wire::Request& request, const Authentication& authentication,
                      const AccessKeys& keys, std::string_view service, WallTime now) {
    const Credential credential = Credential::parse(authentication.credential);
    if (auto wrong = check_claims(request, authentication, credential, service, now))
        return {std::move(wrong), nullptr};
    const AccessKey* const key = keys.find(credential.key_id);
    if (key == nullptr)
        return {Failure{kUnrecognized, "The security token included in the request is invalid."},
                nullptr};
    const std::string expected = signature_of(request, authentication, key->secret);
    if (!crypto::same_secret(as_bytes(expected), as_bytes(authentication.signature))) {
        return {Failure{kInvalid,
                        "The request signature we calculated does not match the signature you "
                        "provided. Check your AWS Secret Access Key and signing method. Consult "
                        "the service documentation for details."},
                nullptr};
    }
    if (!crypto::same_secret(as_bytes(key->session_token),
                             as_bytes(session_token(request, authentication)))) {
        return {Failure{kUnrecognized, "The security token included in the request is invalid."},
                nullptr};
    }
    return {std::nullopt, key};
}

}  // namespace millrace::protocol
