// HashKey: a point of the hash space 0 ... 2^128 - 1, on which shards divide the records.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace millrace::model {

__extension__ typedef unsigned __int128 Uint128;

class HashKey final {
public:
    constexpr HashKey() = default;
    constexpr explicit HashKey(Uint128 value) : value_(value) {}

    // The 16 bytes of an MD5 digest, most significant first.
    static HashKey from_digest(std::span<const std::byte, 16> digest);
    // Decimal digits only; nothing when empty or at 2^128 and above.
    static std::optional<HashKey> parse(std::string_view text);
    static constexpr HashKey max() { return HashKey(~Uint128{0}); }

    constexpr Uint128 value() const { return value_; }
    constexpr std::uint64_t high() const { return static_cast<std::uint64_t>(value_ >> 64); }
    constexpr std::uint64_t low() const { return static_cast<std::uint64_t>(value_); }
    std::string text() const;  // decimal, no leading zeros

    friend constexpr bool operator==(const HashKey& a, const HashKey& b) {
        return a.value_ == b.value_;
    }
    friend constexpr std::strong_ordering operator<=>(const HashKey& a, const HashKey& b) {
        if (a.value_ == b.value_) {
            return std::strong_ordering::equal;
        }
        return a.value_ < b.value_ ? std::strong_ordering::less : std::strong_ordering::greater;
    }

private:
    Uint128 value_ = 0;
};

}  // namespace millrace::model
