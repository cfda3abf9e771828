// The operation a request asks for: header X-Amz-Target, "Kinesis_20131202.PutRecord", or in RPC v2
// the path, "/service/Kinesis_20131202/operation/PutRecord".
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

// What comes before "/service/" or after a "?" is not looked at.
Target parse_rpc_target(std::string_view path);

}  // namespace millrace::protocol
