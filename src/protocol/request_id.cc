#include "protocol/request_id.h"

#include <cstring>
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

// The two digits of every byte.
constexpr std::array<std::array<char, 2>, 256> make_digits() {
    constexpr char kDigits[] = "0123456789abcdef";
    std::array<std::array<char, 2>, 256> digits{};
    for (std::size_t i = 0; i < digits.size(); ++i) {
        digits[i] = {kDigits[i >> 4], kDigits[i & 15]};
    }
    return digits;
}
constexpr std::array<std::array<char, 2>, 256> kDigits = make_digits();

void write_uuid(std::uint64_t high, std::uint64_t low, char* at) {
    high = (high & ~std::uint64_t{0xF000}) | 0x4000;                   // version 4
    low = (low & ~(std::uint64_t{3} << 62)) | std::uint64_t{2} << 62;  // variant 1
    for (int byte = 0; byte < 16; ++byte) {
        if (byte == 4 || byte == 6 || byte == 8 || byte == 10)
            *at++ = '-';
        const std::uint64_t half = byte < 8 ? high : low;
        std::memcpy(at, kDigits[(half >> (56 - 8 * (byte % 8))) & 255].data(), 2);
        at += 2;
    }
}

}  // namespace

RequestId::RequestId(const Random& random) {
    write_uuid(random[0], random[1], uuid_.data());
    const Bytes raw = std::as_bytes(std::span(random).subspan<2>());
    static_assert(base64::encoded_size(sizeof(Random) - 16) ==
                  std::tuple_size<decltype(extended_)>());
    base64::encode(raw, extended_.data());
}

RequestId RequestIds::next() {
    constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;  // odd: the counter has the full period
    RequestId::Random words;
    std::uint64_t state = next_.fetch_add(kStep * words.size(), std::memory_order_relaxed);
    for (auto& word : words) {
        word = mixed(mixed(state) ^ seed_);
        state += kStep;
    }
    return RequestId(words);
}

}  // namespace millrace::protocol
