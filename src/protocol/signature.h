// Signature Version 4, as the service checks it: the signer and the server derive the same text
// from a request and hash it with the same secret. Order and texts of what is refused are those
// that services of this protocol were seen to answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "protocol/access_keys.h"
#include "protocol/authentication.h"
#include "wire/handler.h"

namespace millrace::protocol {

// Who signed the request, or why that is not believed.
struct Proof {
    std::optional<Authentication::Failure> failure;
    const AccessKey* key = nullptr;  // of `keys`
};

// The signature must be of one of `keys`, for `service`, made within five minutes of `now` or
// within the life that a signed address gives itself (X-Amz-Expires, 7 days at most), and cover the
// host, the target and the body. REQUIRES: `authentication` is the request's, without a failure.
Proof check_signature(const wire::Request& request, const Authentication& authentication,
                      const AccessKeys& keys, std::string_view service, WallTime now);

// In hexadecimal digits: what the holder of `secret` writes under this request.
std::string signature_of(const wire::Request& request, const Authentication& authentication,
                         std::string_view secret);

}  // namespace millrace::protocol
