// Who calls, and what a handler may reach. One per request; lives until the call is done.
#pragma once

#include <string>
#include <string_view>

namespace millrace::stream {
class Broker;
}

namespace millrace::api {

struct Context {
    stream::Broker& broker;
    std::string account;  // 12 digits, from the credential scope or the configured default
    std::string region;   // "us-east-1"
    std::string_view source_ip = {};  // outlives the call; empty: not known
};

}  // namespace millrace::api
