#include "protocol/signature.h"

#include <array>
#include <charconv>
#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/hex.h"
#include "crypto/sha256.h"
#include "protocol/basic_time.h"
#include "protocol/canonical_request.h"
#include "protocol/credential.h"
#include "protocol/identity.h"

namespace millrace::protocol {
namespace {

using Failure = Authentication::Failure;

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::string_view kIncomplete = "IncompleteSignatureException";
constexpr std::string_view kInvalid = "InvalidSignatureException";

constexpr Seconds kSkew{300};
constexpr std::uint64_t kExpiresMax = 7 * 86'400;
constexpr std::size_t kDateDigits = 8;

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

std::optional<Failure> check_life(const Authentication& authentication, WallSeconds signed_at,
                                  WallTime now_exactly) {
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
        return Failure{kInvalid, "Signature expired: " + basic_time(signed_at) +
                                     " is now earlier than " + basic_time(now - life) + " (" +
                                     basic_time(now) + " - " + minutes(life)};
    }
    if (signed_at > now + kSkew) {
        return Failure{kInvalid, "Signature not yet current: " + basic_time(signed_at) +
                                     " is still later than " + basic_time(now + kSkew) + " (" +
                                     basic_time(now) + " + " + minutes(kSkew)};
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

Failure unrecognized() {
    return {"UnrecognizedClientException",
            "The security token included in the request is invalid."};
}

Failure unsigned_header(std::string_view names) {
    return {kInvalid, std::string(names) + " must be a 'SignedHeader' in the AWS Authorization."};
}

// All that can be said without a secret.
std::optional<Failure> check_claims(const wire::Request& request,
                                    const Authentication& authentication,
                                    const Credential& credential, std::string_view service,
                                    WallTime now) {
    const auto signed_at = parse_basic_time(authentication.date);
    if (!signed_at) {
        return Failure{kIncomplete, "Date must be in ISO-8601 'basic format'. Got '" +
                                        std::string(authentication.date) +
                                        "'. See http://en.wikipedia.org/wiki/ISO_8601"};
    }
    if (auto outlived = check_life(authentication, *signed_at, now))
        return outlived;
    const HeaderNames names = signed_names(authentication.signed_headers);
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
        return {unrecognized(), nullptr};
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
        return {unrecognized(), nullptr};
    }
    return {std::nullopt, key};
}

}  // namespace millrace::protocol
