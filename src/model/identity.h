// Whose resource: every name is scoped by account and region.
#pragma once

#include <compare>
#include <string>

namespace millrace::model {

struct Identity {
    std::string account;  // 12 digits
    std::string region;   // "us-east-1"
    friend auto operator<=>(const Identity&, const Identity&) = default;
};

}  // namespace millrace::model
