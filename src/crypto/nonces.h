// Nonces: the nonces one process uses, each once. They count up from a random 96-bit start: two
// processes, or two runs of one, that share a key draw starts of their own, and their stretches
// overlap with a probability below 2^-50 even after 2^40 nonces each. A random prefix with a
// counter behind it would spend its bits worse: 32 random bits repeat after some 2^16 runs.
// Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/bytes.h"
#include "crypto/aead.h"

namespace millrace::crypto {

class Nonces final {
public:
    // Both at random.
    Nonces(std::uint32_t high, std::uint64_t low) : high_(high), low_(low) {}

    Aead::Nonce next() {
        Aead::Nonce nonce;
        store_le(nonce.data(), high_);
        store_le(nonce.data() + sizeof high_, low_.fetch_add(1, std::memory_order_relaxed));
        return nonce;
    }

private:
    const std::uint32_t high_;
    std::atomic<std::uint64_t> low_;
};

}  // namespace millrace::crypto
