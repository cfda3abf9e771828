// Reads the document of a resource policy.
#pragma once

#include <optional>
#include <string_view>

#include "api/policy.h"

namespace millrace::api {

// Nothing unless it is an object with a Version and one or more Statements, each with an Effect,
// and with one of each pair (Principal, Action, Resource, or its Not-form). A member we do not know
// makes it invalid: ignoring one could grant what its author did not mean to.
std::optional<Policy> parse_policy(std::string_view text);

}  // namespace millrace::api
