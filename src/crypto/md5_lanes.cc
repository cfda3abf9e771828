#include "crypto/md5_lanes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/check.h"

namespace millrace::crypto {

#if defined(__x86_64__)

bool md5_lanes_run_here() {
    static const bool runs = __builtin_cpu_supports("avx2");
    return runs;
}

namespace {

using Lanes [[gnu::vector_size(4 * kMd5Lanes)]] = std::uint32_t;

// What all inputs of 55 bytes at most come to: one block each, the same word of all side by side.
struct Blocks {
    alignas(Lanes) std::array<std::array<std::uint32_t, kMd5Lanes>, 16> words{};

    void set(std::size_t lane, Bytes input) {
        std::array<std::byte, kMd5LaneBytesMax + 1> padded{};
        std::copy_n(input.data(), input.size(), padded.data());
        padded[input.size()] = std::byte{0x80};
        for (std::size_t i = 0; i <= input.size() / 4; ++i) {
            words[i][lane] = load_le<std::uint32_t>(&padded[4 * i]);
        }
        words[14][lane] = static_cast<std::uint32_t>(8 * input.size());
    }
};

// RFC 1321: the integer part of 2^32 times the sine of 1 ... 64.
constexpr std::uint32_t kSines[64] = {
    0xD76AA478, 0xE8C7B756, 0x242070DB, 0xC1BDCEEE, 0xF57C0FAF, 0x4787C62A, 0xA8304613, 0xFD469501,
    0x698098D8, 0x8B44F7AF, 0xFFFF5BB1, 0x895CD7BE, 0x6B901122, 0xFD987193, 0xA679438E, 0x49B40821,
    0xF61E2562, 0xC040B340, 0x265E5A51, 0xE9B6C7AA, 0xD62F105D, 0x02441453, 0xD8A1E681, 0xE7D3FBC8,
    0x21E1CDE6, 0xC33707D6, 0xF4D50D87, 0x455A14ED, 0xA9E3E905, 0xFCEFA3F8, 0x676F02D9, 0x8D2A4C8A,
    0xFFFA3942, 0x8771F681, 0x6D9D6122, 0xFDE5380C, 0xA4BEEA44, 0x4BDECFA9, 0xF6BB4B60, 0xBEBFBC70,
    0x289B7EC6, 0xEAA127FA, 0xD4EF3085, 0x04881D05, 0xD9D4D039, 0xE6DB99E5, 0x1FA27CF8, 0xC4AC5665,
    0xF4292244, 0x432AFF97, 0xAB9423A7, 0xFC93A039, 0x655B59C3, 0x8F0CCC92, 0xFFEFF47D, 0x85845DD1,
    0x6FA87E4F, 0xFE2CE6E0, 0xA3014314, 0x4E0811A1, 0xF7537E82, 0xBD3AF235, 0x2AD7D2BB, 0xEB86D391,
};

// One step of RFC 1321, in every lane. `mixed` is the round's function of b, c and d.
__attribute__((target("avx2"), always_inline)) inline void step(const Blocks& blocks, Lanes& a,
                                                                Lanes b, Lanes mixed, unsigned word,
                                                                unsigned number, int shift) {
    Lanes sum;
    std::memcpy(&sum, &blocks.words[word % 16], sizeof sum);
    sum += a + mixed + kSines[number];
    a = b + ((sum << shift) | (sum >> (32 - shift)));
}

__attribute__((target("avx2"))) void digest(const Blocks& blocks, std::span<Md5Digest> digests) {
    constexpr std::uint32_t kInitial[] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
    Lanes a = Lanes{} + kInitial[0];
    Lanes b = Lanes{} + kInitial[1];
    Lanes c = Lanes{} + kInitial[2];
    Lanes d = Lanes{} + kInitial[3];
    for (unsigned i = 0; i < 16; i += 4) {
        step(blocks, a, b, d ^ (b & (c ^ d)), i, i, 7);
        step(blocks, d, a, c ^ (a & (b ^ c)), i + 1, i + 1, 12);
        step(blocks, c, d, b ^ (d & (a ^ b)), i + 2, i + 2, 17);
        step(blocks, b, c, a ^ (c & (d ^ a)), i + 3, i + 3, 22);
    }
    for (unsigned i = 16; i < 32; i += 4) {
        step(blocks, a, b, c ^ (d & (b ^ c)), 5 * i + 1, i, 5);
        step(blocks, d, a, b ^ (c & (a ^ b)), 5 * i + 6, i + 1, 9);
        step(blocks, c, d, a ^ (b & (d ^ a)), 5 * i + 11, i + 2, 14);
        step(blocks, b, c, d ^ (a & (c ^ d)), 5 * i + 16, i + 3, 20);
    }
    for (unsigned i = 32; i < 48; i += 4) {
        step(blocks, a, b, b ^ c ^ d, 3 * i + 5, i, 4);
        step(blocks, d, a, a ^ b ^ c, 3 * i + 8, i + 1, 11);
        step(blocks, c, d, d ^ a ^ b, 3 * i + 11, i + 2, 16);
        step(blocks, b, c, c ^ d ^ a, 3 * i + 14, i + 3, 23);
    }
    for (unsigned i = 48; i < 64; i += 4) {
        step(blocks, a, b, c ^ (b | ~d), 7 * i, i, 6);
        step(blocks, d, a, b ^ (a | ~c), 7 * i + 7, i + 1, 10);
        step(blocks, c, d, a ^ (d | ~b), 7 * i + 14, i + 2, 15);
        step(blocks, b, c, d ^ (c | ~a), 7 * i + 21, i + 3, 21);
    }
    const Lanes state[] = {a + kInitial[0], b + kInitial[1], c + kInitial[2], d + kInitial[3]};
    for (std::size_t lane = 0; lane < digests.size(); ++lane) {
        for (std::size_t i = 0; i < 4; ++i) {
            store_le(digests[lane].data() + 4 * i, std::uint32_t{state[i][lane]});
        }
    }
}

}  // namespace

void md5_lanes(std::span<const Bytes> inputs, std::span<Md5Digest> digests) {
    CHECK(inputs.size() <= kMd5Lanes && inputs.size() == digests.size());
    Blocks blocks;
    for (std::size_t lane = 0; lane < inputs.size(); ++lane) {
        CHECK(inputs[lane].size() <= kMd5LaneBytesMax);
        blocks.set(lane, inputs[lane]);
    }
    digest(blocks, digests);
}

#else

bool md5_lanes_run_here() {
    return false;
}
void md5_lanes(std::span<const Bytes>, std::span<Md5Digest>) {
    CHECK(false);
}

#endif

}  // namespace millrace::crypto
