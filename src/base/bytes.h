// Views of raw bytes and little-endian coding of integers: the one place that reinterprets memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace millrace {

using Bytes = std::span<const std::byte>;

inline Bytes as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

static_assert(std::endian::native == std::endian::little, "the coders below copy native integers");

// Unaligned. The caller guarantees sizeof(T) bytes at `at`.
template <class T>
T load_le(const void* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}
template <class T>
void store_le(void* at, T value) {
    std::memcpy(at, &value, sizeof value);
}

}  // namespace millrace
