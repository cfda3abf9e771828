#include "model/hash_key.h"

#include <algorithm>

#include "base/bytes.h"

namespace millrace::model {

HashKey HashKey::from_digest(std::span<const std::byte, 16> digest) {
    const std::uint64_t high = __builtin_bswap64(load_le<std::uint64_t>(digest.data()));
    const std::uint64_t low = __builtin_bswap64(load_le<std::uint64_t>(digest.data() + 8));
    return HashKey(Uint128{high} << 64 | low);
}

std::optional<HashKey> HashKey::parse(std::string_view text) {
    if (text.empty()) {
        return std::nullopt;
    }
    constexpr Uint128 kMax = ~Uint128{0};
    Uint128 value = 0;
    for (char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        const auto digit = static_cast<unsigned>(c - '0');
        if (value > kMax / 10 || value * 10 > kMax - digit) {
            return std::nullopt;
        }
        value = value * 10 + digit;
    }
    return HashKey(value);
}

std::string HashKey::text() const {
    std::string digits;
    Uint128 rest = value_;
    do {
        digits.push_back(static_cast<char>('0' + static_cast<int>(rest % 10)));
        rest /= 10;
    } while (rest != 0);
    std::reverse(digits.begin(), digits.end());
    return digits;
}

}  // namespace millrace::model
