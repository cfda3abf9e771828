// Certificates of our own making, for TLS where none was given: an authority, for clients to trust,
// and what it signs. Everything is PEM text, a certificate followed by its key (P-256).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace millrace::crypto {

// Valid for ten years; its name is its own, so that two are never taken for one another.
std::string make_authority(WallTime now);

// Whether a certificate can be for it: a host name (of which "*.host" is one) or an address.
bool is_name(const std::string& text);

// Of a server that is called by `names`: all of them is_name(). Valid for 397 days.
// kInvalid names the one that is neither, or says that `authority` is none.
Result<std::string> make_certificate(std::string_view authority, std::span<const std::string> names,
                                     WallTime now);

// Whether `pem` is a certificate with its key, signed by `authority`, for all of `names`, and valid
// both `now` and `later`.
bool serves(std::string_view pem, std::string_view authority, std::span<const std::string> names,
            WallTime now, WallTime later);

// Whether `pem` is an authority with its key, and valid `later`.
bool is_authority(std::string_view pem, WallTime later);

// Without the key. Empty: there is none.
std::string certificate_of(std::string_view pem);

}  // namespace millrace::crypto
