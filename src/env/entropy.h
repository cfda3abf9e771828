// Random bytes. Thread-safe. SystemEntropy reads getrandom(2); tests use a seeded one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace millrace::env {

class Entropy {
public:
    virtual ~Entropy() = default;
    virtual void fill(std::span<std::byte> out) = 0;
    std::uint64_t u64() {
        std::uint64_t v = 0;
        fill(std::as_writable_bytes(std::span(&v, 1)));
        return v;
    }
};

class SystemEntropy final : public Entropy {
public:
    void fill(std::span<std::byte> out) override;
};

}  // namespace millrace::env
