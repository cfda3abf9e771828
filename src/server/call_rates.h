// The `call-rates` option: OPERATION:COUNT or *:COUNT each.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "millrace/options.h"

namespace millrace::server {

using CallRates = std::map<std::string, std::uint64_t, std::less<>>;

// kInvalid names the part that is wrong.
Result<CallRates> parse_call_rates(const Options& options);

}  // namespace millrace::server
