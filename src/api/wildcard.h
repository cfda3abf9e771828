// The two wildcards of policies: * stands for any characters, also for none, and ? for one.
#pragma once

#include <string>
#include <string_view>

namespace millrace::api {

// Of the whole text. Time is at worst the product of both lengths.
bool matches_wildcard(std::string_view pattern, std::string_view text);

// ARNs part by part (six, separated by colons), so that no wildcard reaches over a colon but in the
// last.
bool matches_arn(std::string_view pattern, std::string_view arn);

std::string lower_case(std::string_view text);  // of ASCII letters

}  // namespace millrace::api
