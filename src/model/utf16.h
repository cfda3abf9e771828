// Lengths as the service counts them.
#pragma once

#include <cstddef>
#include <string_view>

namespace millrace::model {

// UTF-16 code units of a UTF-8 text: one per character, two above U+FFFF.
inline std::size_t utf16_length(std::string_view utf8) {
    std::size_t units = 0;
    for (char c : utf8) {
        const auto byte = static_cast<unsigned char>(c);
        units += (byte & 0xC0u) != 0x80u;
        units += byte >= 0xF0u;
    }
    return units;
}

}  // namespace millrace::model
