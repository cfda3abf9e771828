// The operation a request asks for: header X-Amz-Target, "Kinesis_20131202.PutRecord".
#pragma once

#include <string_view>

namespace millrace::protocol {

struct Target {
    std::string_view service;    // empty: absent
    std::string_view operation;  // empty: absent

    bool names_both() const { return !service.empty() && !operation.empty(); }
    bool names_our_service() const { return service == "Kinesis_20131202"; }
};

// The first two pieces between dots; what follows a second dot is not looked at.
Target parse_target(std::string_view header);

}  // namespace millrace::protocol
