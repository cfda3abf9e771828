// Whether a request carries credentials in one of the two places a signer may put them, and which.
// Only presence is checked here: `signature` tells whether they are right.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wire/handler.h"

namespace millrace::protocol {

struct Authentication {
    struct Failure {
        std::string_view type;
        std::string message;
    };
    // Name and value, decoded, in the order they were sent.
    using Query = std::vector<std::pair<std::string, std::string>>;

    Authentication() = default;
    Authentication(Authentication&&) = default;  // the views stay what they were
    Authentication(const Authentication&) = delete;
    Authentication& operator=(const Authentication&) = delete;

    // Views of the request, or of `query`; empty when something failed.
    std::string_view algorithm;
    std::string_view credential;  // "AKID/20260101/us-east-1/kinesis/aws4_request"
    std::string_view signed_headers;
    std::string_view signature;
    std::string_view date;
    bool in_query = false;  // or in the header
    Query query;
    std::optional<Failure> failure;
};

Authentication authenticate(const wire::Request& request);

// Empty: there is none.
std::string_view value_of(const Authentication::Query& query, std::string_view name);

}  // namespace millrace::protocol
