// Whose names a request speaks of: account and region, by its credential scope.
#pragma once

#include <string>
#include <string_view>

#include "protocol/access_keys.h"

namespace millrace::protocol {

struct Settings {
    std::string account = "000000000000";  // of callers whose access key id names none
    std::string region = "us-east-1";      // of credential scopes that name none
};

struct Identity {
    std::string account;
    std::string region;
};

bool is_account(std::string_view text);  // 12 digits
bool is_region(std::string_view text);   // it could be one

// The account is that of `key`, which the caller has proven to hold, if that says whose it is; else
// the access key id if it could be one. The region is the scope's third element, if it could be
// one.
Identity identify(std::string_view credential, const Settings& defaults,
                  const AccessKey* key = nullptr);

}  // namespace millrace::protocol
