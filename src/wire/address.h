// Where to listen: a numeric address and a port, "127.0.0.1:4567" or "[::1]:0".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::wire {

struct Address {
    std::string host;        // without brackets
    std::uint16_t port = 0;  // 0: the system chooses one
    bool operator==(const Address&) const = default;
};

// `localhost` is taken for 127.0.0.1; other names are refused, since what they mean may change.
Result<Address> parse_address(std::string_view text);

std::string to_string(const Address& address);  // brackets around IPv6

bool is_loopback(const Address& address);  // reached from this machine alone

}  // namespace millrace::wire
