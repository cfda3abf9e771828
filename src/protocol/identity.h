// Whose names a request speaks of: account and region, by its credential scope.
#pragma once

#include <string>
#include <string_view>

namespace millrace::protocol {

struct Settings {
    std::string account = "000000000000";  // of callers whose access key id names none
    std::string region = "us-east-1";      // of credential scopes that name none
};

struct Identity {
    std::string account;
    std::string region;
};

// An access key id of exactly 12 digits is the account. The region is the scope's third element,
// unless it could be none.
Identity identify(std::string_view credential, const Settings& defaults);

}  // namespace millrace::protocol
