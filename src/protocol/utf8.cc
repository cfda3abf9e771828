#include "protocol/utf8.h"

#include <cstdint>
#include <cstring>

namespace millrace::protocol {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

// How many bytes from `at` on are ASCII, counted in whole words.
std::size_t ascii_words(std::string_view text, std::size_t at) {
    const std::size_t start = at;
    for (; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & kHighBits) != 0)
            break;
    }
    return at - start;
}

// Length of the well-formed sequence that starts at `at`; 0: there is none.
std::size_t sequence(std::string_view text, std::size_t at) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return 1;
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || size > text.size() - at)
        return 0;
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80)
            return 0;
    }
    const unsigned second = byte(1);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool outside = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
    return overlong || outside ? 0 : size;
}

}  // namespace

bool is_utf8(std::string_view text) {
    for (std::size_t at = ascii_words(text, 0); at < text.size();) {
        const std::size_t size = sequence(text, at);
        if (size == 0)
            return false;
        at += size;
        at += ascii_words(text, at);
    }
    return true;
}

std::size_t utf16_length(std::string_view text) {
    const std::size_t ascii = ascii_words(text, 0);
    std::size_t units = ascii;
    for (const char c : text.substr(ascii)) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0) != 0x80)
            units += byte >= 0xF0 ? 2 : 1;  // each lead byte
    }
    return units;
}

}  // namespace millrace::protocol
