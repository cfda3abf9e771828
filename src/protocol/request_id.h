// The two ids every response carries. They are unique, not secret: a 128-bit seed from Entropy and
// a counter, mixed, so that no request costs a system call.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "env/entropy.h"

namespace millrace::protocol {

struct RequestId {
    std::string uuid;      // x-amzn-RequestId: a version 4 UUID
    std::string extended;  // x-amz-id-2: base64 of 72 bytes
};

// Thread-safe.
class RequestIds final {
public:
    explicit RequestIds(env::Entropy& entropy) : seed_(entropy.u64()), next_(entropy.u64()) {}
    RequestId next();

private:
    const std::uint64_t seed_;
    std::atomic<std::uint64_t> next_;
};

}  // namespace millrace::protocol
