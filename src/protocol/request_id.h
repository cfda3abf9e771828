// The two ids every response carries. They are unique, not secret: a 128-bit seed from Entropy and
// a counter, mixed, so that no request costs a system call.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "env/entropy.h"

namespace millrace::protocol {

class RequestId final {
public:
    using Random = std::array<std::uint64_t, 11>;  // two for the UUID, nine for the other

    explicit RequestId(const Random& random);
    // x-amzn-RequestId: a version 4 UUID.
    std::string_view uuid() const { return {uuid_.data(), uuid_.size()}; }
    // x-amz-id-2: base64 of 72 bytes.
    std::string_view extended() const { return {extended_.data(), extended_.size()}; }

private:
    std::array<char, 36> uuid_;
    std::array<char, 96> extended_;
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
