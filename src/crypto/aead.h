// Aead: AES-256-GCM under one key. Thread-safe; each thread keeps its own keyed contexts, so one
// call costs one pass over the bytes. A nonce must never be used twice with the same key (nonces.h
// sees to that).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace millrace::crypto {

class Aead final {
public:
    static constexpr std::size_t kKeyBytes = 32;
    static constexpr std::size_t kNonceBytes = 12;
    static constexpr std::size_t kTagBytes = 16;
    using Key = std::array<std::byte, kKeyBytes>;
    using Nonce = std::array<std::byte, kNonceBytes>;

    explicit Aead(const Key& key);
    ~Aead();  // wipes the key
    Aead(const Aead&) = delete;
    Aead& operator=(const Aead&) = delete;

    // Encrypts `bytes` in place and writes the tag that covers them and `associated`.
    void seal(const Nonce& nonce, Bytes associated, std::span<std::byte> bytes,
              std::span<std::byte, kTagBytes> tag) const;

    // The same of `parts`, one after another, into `sealed`, which has room for them all.
    void seal(const Nonce& nonce, Bytes associated, std::span<const Bytes> parts, std::byte* sealed,
              std::span<std::byte, kTagBytes> tag) const;

    // Decrypts in place. False: not sealed with this key, nonce and `associated`; `bytes` is then
    // garbage.
    [[nodiscard]] bool open(const Nonce& nonce, Bytes associated, std::span<std::byte> bytes,
                            std::span<const std::byte, kTagBytes> tag) const;

    // The same of `sealed` into `opened`, which has room for it.
    [[nodiscard]] bool open(const Nonce& nonce, Bytes associated, Bytes sealed, std::byte* opened,
                            std::span<const std::byte, kTagBytes> tag) const;

private:
    Key key_;
    std::uint64_t id_;  // tells a thread's cached contexts whose they are; never reused
};

}  // namespace millrace::crypto
