// The conditions of a policy's statement: tests of strings, ARNs and addresses over what is known
// of a request (aws:PrincipalArn, aws:PrincipalAccount, aws:PrincipalType, aws:RequestedRegion,
// aws:SourceIp).
#pragma once

#include <vector>

#include "api/policy.h"

namespace millrace::api {

enum class Holds : std::uint8_t { kNo, kYes, kUndecided };

// All of them together; none hold.
Holds hold(const std::vector<PolicyCondition>& conditions, const AccessRequest& request);

// Whether an address lies in a block such as "10.0.0.0/8", "2001:db8::/32" or "10.1.2.3"; undecided
// when one of the two cannot be read.
Holds address_in(std::string_view block, std::string_view address);

}  // namespace millrace::api
