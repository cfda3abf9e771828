// Whether a request carries credentials in one of the two places a signer may put them, and which.
// Only presence is checked: any signature is accepted.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "wire/handler.h"

namespace millrace::protocol {

struct Authentication {
    struct Failure {
        std::string_view type;
        std::string message;
    };
    std::optional<Failure> failure;
    std::string_view in_header;  // of the request, or
    std::string in_query;        // decoded; neither when something failed

    // "AKID/20260101/us-east-1/kinesis/aws4_request"
    std::string_view credential() const { return in_query.empty() ? in_header : in_query; }
};

Authentication authenticate(const wire::Request& request);

}  // namespace millrace::protocol
