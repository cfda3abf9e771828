#include "protocol/request_id.h"

#include <array>
#include <span>

#include "base/base64.h"

namespace millrace::protocol {
namespace {

// Spreads a counter over all 64 bits; each step of the counter gives an unrelated value.
std::uint64_t mixed(std::uint64_t x) {
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
    return x ^ (x >> 31);
}

std::string uuid_text(std::uint64_t high, std::uint64_t low) {
    constexpr char kDigits[] = "0123456789abcdef";
    high = (high & ~std::uint64_t{0xF000}) | 0x4000;                   // version 4
    low = (low & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;  // variant 1
    std::string text(36, '-');
    std::size_t at = 0;
    for (int nibble = 0; nibble < 32; ++nibble) {
        if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20)
            ++at;
        const std::uint64_t half = nibble < 16 ? high : low;
        text[at++] = kDigits[(half >> (60 - 4 * (nibble % 16))) & 15];
    }
    return text;
}

}  // namespace

RequestId RequestIds::next() {
    constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;  // odd: the counter has the full period
    constexpr std::size_t kWords = 11;                   // two for the UUID, nine for the other
    std::uint64_t state = next_.fetch_add(kStep * kWords, std::memory_order_relaxed);
    std::array<std::uint64_t, kWords> words;
    for (auto& word : words) {
        word = mixed(state) ^ seed_;
        word = mixed(word);
        state += kStep;
    }
    const Bytes raw = std::as_bytes(std::span(words).subspan<2>());
    RequestId id{uuid_text(words[0], words[1]),
                 std::string(base64::encoded_size(raw.size()), '\0')};
    base64::encode(raw, id.extended.data());
    return id;
}

}  // namespace millrace::protocol
