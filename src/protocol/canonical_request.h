// The text of a request that both its signer and its server hash (Signature Version 4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/authentication.h"
#include "wire/handler.h"

namespace millrace::protocol {

inline constexpr std::string_view kHost = "host";
// Over HTTP/2 clients sign what replaces Host there by its own name.
inline constexpr std::string_view kAuthority = ":authority";

using HeaderNames = std::vector<std::string_view>;

// Those of "host;x-amz-date", in the order they are given. None if one comes twice or could be no
// name, or there are more than any signer has: each is looked up and its value hashed, before
// anything is proven.
HeaderNames signed_names(std::string_view text);
bool has(const HeaderNames& names, std::string_view wanted);  // without regard to case

// REQUIRES: `authentication` is the request's.
std::string canonical_request(const wire::Request& request, const Authentication& authentication);

}  // namespace millrace::protocol
