// Seeded randomness; a failure prints the seed, and MILLRACE_SEED repeats the run.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "support/scale.h"

namespace millrace::storage {

class Random final {
public:
    Random() : engine_(test::seed()) {}

    static std::string trace() { return "MILLRACE_SEED=" + std::to_string(test::seed()); }

    std::uint64_t u64() { return engine_(); }
    std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
    std::vector<std::byte> bytes(std::size_t size) {
        std::vector<std::byte> out(size);
        std::size_t at = 0;
        for (; at + 8 <= size; at += 8) {
            store_le(out.data() + at, engine_());
        }
        for (; at < size; ++at) {
            out[at] = static_cast<std::byte>(engine_());
        }
        return out;
    }
    // Flips one bit; gives its number.
    std::size_t flip(std::span<std::byte> bytes) {
        const std::size_t bit = below(bytes.size() * 8);
        bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
        return bit;
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace millrace::storage
