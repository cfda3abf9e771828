#include "base/base64.h"

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace millrace::base64 {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kInvalid = 0xFF;

constexpr std::array<std::uint8_t, 256> make_values() {
    std::array<std::uint8_t, 256> values{};
    for (auto& v : values)
        v = kInvalid;
    for (std::uint8_t i = 0; i < 64; ++i)
        values[static_cast<unsigned char>(kAlphabet[i])] = i;
    return values;
}
constexpr std::array<std::uint8_t, 256> kValues = make_values();

// Two characters for each 12-bit half of a triplet.
constexpr std::array<std::array<char, 2>, 4096> make_pairs() {
    std::array<std::array<char, 2>, 4096> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        pairs[i] = {kAlphabet[i >> 6], kAlphabet[i & 63]};
    }
    return pairs;
}
constexpr std::array<std::array<char, 2>, 4096> kPairs = make_pairs();

void encode_plain(const std::uint8_t* in, std::size_t size, char* out) {
    for (; size >= 3; size -= 3, in += 3, out += 4) {
        const std::uint32_t bits = static_cast<std::uint32_t>(in[0] << 16 | in[1] << 8 | in[2]);
        std::memcpy(out, kPairs[bits >> 12].data(), 2);
        std::memcpy(out + 2, kPairs[bits & 4095].data(), 2);
    }
    if (size == 0)
        return;
    const std::uint32_t bits =
        static_cast<std::uint32_t>(in[0] << 16 | (size == 2 ? in[1] << 8 : 0));
    std::memcpy(out, kPairs[bits >> 12].data(), 2);
    out[2] = size == 2 ? kAlphabet[(bits >> 6) & 63] : '=';
    out[3] = '=';
}

// `from` is the first quartet that did not decode; what precedes it holds no padding.
Decoded name_fault(std::string_view text, std::size_t from) {
    for (std::size_t i = from; i < text.size(); ++i) {
        const bool bad = text[i] == '=' ? i + 1 < text.size() && text[i + 1] != '='
                                        : kValues[static_cast<unsigned char>(text[i])] == kInvalid;
        if (bad)
            return {Fault::kCharacter, 0, i};
    }
    return {Fault::kTrailingBits, 0, 0};
}

// Decodes text from `at` (a multiple of four) on; text.size() is a multiple of four.
Decoded decode_plain(std::string_view text, std::size_t at, std::byte* out) {
    const auto* const in = reinterpret_cast<const unsigned char*>(text.data());
    std::byte* next = out + at / 4 * 3;
    auto put = [&next](unsigned v) { *next++ = static_cast<std::byte>(v); };
    for (; at + 4 < text.size(); at += 4) {
        const unsigned a = kValues[in[at]], b = kValues[in[at + 1]];
        const unsigned c = kValues[in[at + 2]], d = kValues[in[at + 3]];
        if ((a | b | c | d) > 63)
            return name_fault(text, at);
        put(a << 2 | b >> 4);
        put(b << 4 | c >> 2);
        put(c << 6 | d);
    }
    if (at == text.size())
        return {Fault::kNone, static_cast<std::size_t>(next - out), 0};

    const unsigned a = kValues[in[at]], b = kValues[in[at + 1]];
    const bool pads_two = in[at + 2] == '=' && in[at + 3] == '=';
    const bool pads_one = !pads_two && in[at + 3] == '=';
    const unsigned c = pads_two ? 0u : kValues[in[at + 2]];
    const unsigned d = pads_two || pads_one ? 0u : kValues[in[at + 3]];
    const unsigned left_over = pads_two ? b & 15 : pads_one ? c & 3 : 0;
    if ((a | b | c | d) > 63 || left_over != 0)
        return name_fault(text, at);
    put(a << 2 | b >> 4);
    if (!pads_two)
        put(b << 4 | c >> 2);
    if (!pads_two && !pads_one)
        put(c << 6 | d);
    return {Fault::kNone, static_cast<std::size_t>(next - out), 0};
}

#if defined(__x86_64__)

// Which byte of 48 goes where, so that each 32-bit word has a triplet in the order 1 0 2 1.
constexpr auto kSpread = [] {
    std::array<std::uint8_t, 64> spread{};
    for (std::size_t i = 0; i < spread.size(); ++i) {
        constexpr std::uint8_t kOrder[] = {1, 0, 2, 1};
        spread[i] = static_cast<std::uint8_t>(i / 4 * 3 + kOrder[i % 4]);
    }
    return spread;
}();

// And back: the three bytes of each 32-bit word, the most significant first.
constexpr auto kGather = [] {
    std::array<std::uint8_t, 64> gather{};
    for (std::size_t i = 0; i < 48; ++i) {
        gather[i] = static_cast<std::uint8_t>(i / 3 * 4 + 2 - i % 3);
    }
    return gather;
}();

// Encodes 24 bytes at a time while 28 are readable; returns how many were consumed.
__attribute__((target("avx2"))) std::size_t encode_avx2(const std::uint8_t* in, std::size_t size,
                                                        char* out) {
    // Each 32-bit word gets the bytes of one triplet in the order 1 0 2 1, so that two multiplies
    // can shift its four 6-bit values into place.
    const __m256i spread = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10,  //
                                            1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    // What to add to a value to get its character, by range: a-z, then each digit, '+', '/', A-Z.
    const __m256i offsets =
        _mm256_setr_epi8(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0, 71, -4, -4,
                         -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
    std::size_t done = 0;
    for (; size - done >= 28; done += 24, out += 32) {
        const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + done));
        const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in + done + 12));
        const __m256i words = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), spread);
        const __m256i first_third = _mm256_mulhi_epu16(
            _mm256_and_si256(words, _mm256_set1_epi32(0x0FC0FC00)), _mm256_set1_epi32(0x04000040));
        const __m256i second_fourth = _mm256_mullo_epi16(
            _mm256_and_si256(words, _mm256_set1_epi32(0x003F03F0)), _mm256_set1_epi32(0x01000010));
        const __m256i values = _mm256_or_si256(first_third, second_fourth);
        // 0 for values up to 51, 1..12 for 52..63; then 13 for values below 26.
        const __m256i above = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
        const __m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
        const __m256i range = _mm256_or_si256(above, _mm256_and_si256(upper, _mm256_set1_epi8(13)));
        const __m256i text = _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, range));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), text);
    }
    return done;
}

struct DecodedBlock {
    __m256i bytes;  // 24, then zeros
    __m256i clash;  // not zero: a character is outside the alphabet
};

// Decodes 32 characters.
__attribute__((target("avx2"))) inline DecodedBlock decode_block(const char* in) {
    // A character is in the alphabet iff the classes of its low and its high nibble share no bit.
    const __m256i low_classes =
        _mm256_setr_epi8(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A,
                         0x1B, 0x1B, 0x1B, 0x1A, 0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                         0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A);
    const __m256i high_classes =
        _mm256_setr_epi8(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10,
                         0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
                         0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
    // What to add to a character to get its value, by high nibble; '/' takes the slot before '+'.
    const __m256i offsets =
        _mm256_setr_epi8(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16, 19, 4,
                         -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i gather = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
                                            2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    const __m256i nibble = _mm256_set1_epi8(0x0F);
    const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(in));
    const __m256i high = _mm256_and_si256(_mm256_srli_epi32(text, 4), nibble);
    const __m256i low = _mm256_and_si256(text, nibble);
    const __m256i clash = _mm256_and_si256(_mm256_shuffle_epi8(low_classes, low),
                                           _mm256_shuffle_epi8(high_classes, high));
    const __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
    const __m256i offset = _mm256_shuffle_epi8(offsets, _mm256_add_epi8(slash, high));
    const __m256i values = _mm256_add_epi8(text, offset);
    const __m256i halves = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    const __m256i triplets = _mm256_madd_epi16(halves, _mm256_set1_epi32(0x00011000));
    return {_mm256_permutevar8x32_epi32(_mm256_shuffle_epi8(triplets, gather),
                                        _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7)),
            clash};
}

// And writes exactly the 24 bytes; false: it wrote none.
__attribute__((target("avx2"))) inline bool decode_exactly(const char* in, std::byte* out) {
    const auto [bytes, clash] = decode_block(in);
    if (_mm256_testz_si256(clash, clash) == 0)
        return false;
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm256_castsi256_si128(bytes));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(out + 16), _mm256_extracti128_si256(bytes, 1));
    return true;
}

// Decodes blocks up to the first with a character outside the alphabet; returns how many characters
// were consumed. The last quartet, which may have padding, is always left.
__attribute__((target("avx2"))) std::size_t decode_avx2(const char* in, std::size_t size,
                                                        std::byte* out) {
    constexpr std::size_t kBlock = 32;
    constexpr std::size_t kQuartet = 4;
    std::size_t done = 0;
    // Two at a time, while what follows leaves room for two stores of 32 bytes.
    for (; size - done >= 2 * kBlock + 16; done += 2 * kBlock, out += 48) {
        const DecodedBlock first = decode_block(in + done);
        const DecodedBlock second = decode_block(in + done + kBlock);
        const __m256i clash = _mm256_or_si256(first.clash, second.clash);
        if (_mm256_testz_si256(clash, clash) == 0)
            return done;
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), first.bytes);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 24), second.bytes);
    }
    for (; size - done >= kBlock + kQuartet; done += kBlock, out += 24) {
        if (!decode_exactly(in + done, out))
            return done;
    }
    // The rest again with some of what precedes it, for a whole block: by the quartet it would take
    // a fifth of the instructions for 1 KiB.
    if (size >= kBlock + kQuartet && size - done > kQuartet) {
        const std::size_t again = kBlock - (size - kQuartet - done);
        if (decode_exactly(in + done - again, out - again / 4 * 3))
            return size - kQuartet;
    }
    return done;
}

// Of the first `count` bytes of a register. REQUIRES: 0 < count <= 64.
constexpr std::uint64_t mask_of(std::size_t count) {
    return ~std::uint64_t{0} >> (64 - count);
}

// GCC 12 warns of its own header's uninitialised register in the forms without a mask.
constexpr std::uint64_t kAll = ~std::uint64_t{0};

#define MILLRACE_AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi")))

MILLRACE_AVX512 inline __m512i encode_48(__m512i bytes) {
    const __m512i spread = _mm512_loadu_si512(kSpread.data());
    const __m512i alphabet = _mm512_loadu_si512(kAlphabet);
    // Where in its eight bytes each value begins.
    const __m512i shifts = _mm512_set1_epi64(0x3036242A1016040A);
    const __m512i words = _mm512_maskz_permutexvar_epi8(kAll, spread, bytes);
    const __m512i values = _mm512_maskz_multishift_epi64_epi8(kAll, shifts, words);
    return _mm512_maskz_permutexvar_epi8(kAll, values, alphabet);
}

// Encodes 48 bytes at a time, and what is left of whole triplets; returns how many were consumed.
MILLRACE_AVX512 std::size_t encode_avx512(const std::uint8_t* in, std::size_t size, char* out) {
    std::size_t done = 0;
    // Masks are slow: whole blocks do without, while 64 bytes are readable.
    for (; size - done >= 64; done += 48, out += 64) {
        _mm512_storeu_si512(out, encode_48(_mm512_loadu_si512(in + done)));
    }
    while (size - done >= 3) {
        const std::size_t count = std::min<std::size_t>(48, (size - done) / 3 * 3);
        const __m512i bytes = _mm512_maskz_loadu_epi8(mask_of(count), in + done);
        _mm512_mask_storeu_epi8(out, mask_of(count / 3 * 4), encode_48(bytes));
        done += count;
        out += count / 3 * 4;
    }
    return done;
}

struct Decoded48 {
    __m512i bytes;  // 48, then zeros
    bool good;      // no character is outside the alphabet
};

MILLRACE_AVX512 inline Decoded48 decode_64(__m512i text) {
    const __m512i lower = _mm512_loadu_si512(kValues.data());
    const __m512i upper = _mm512_loadu_si512(kValues.data() + 64);
    const __m512i gather = _mm512_loadu_si512(kGather.data());
    const __m512i values = _mm512_permutex2var_epi8(lower, text, upper);
    const __m512i halves = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x01400140));
    const __m512i triplets = _mm512_madd_epi16(halves, _mm512_set1_epi32(0x00011000));
    // The high bit is set of what is not ASCII, and of kInvalid.
    return {_mm512_maskz_permutexvar_epi8(kAll, gather, triplets),
            _mm512_movepi8_mask(_mm512_or_si512(text, values)) == 0};
}

// Decodes 64 characters at a time, and what is left before the last quartet, which may have
// padding; up to the first block with a character outside the alphabet. Returns how many were
// consumed.
MILLRACE_AVX512 std::size_t decode_avx512(const char* in, std::size_t size, std::byte* out) {
    std::size_t done = 0;
    // As above, while what follows leaves room for a store of 64 bytes.
    for (; size - done >= 88; done += 64, out += 48) {
        const Decoded48 decoded = decode_64(_mm512_loadu_si512(in + done));
        if (!decoded.good)
            return done;
        _mm512_storeu_si512(out, decoded.bytes);
    }
    while (size - done > 4) {
        const std::size_t count = std::min<std::size_t>(64, size - done - 4);
        const Decoded48 decoded =
            decode_64(_mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), mask_of(count), in + done));
        if (!decoded.good)
            return done;
        _mm512_mask_storeu_epi8(out, mask_of(count / 4 * 3), decoded.bytes);
        done += count;
        out += count / 4 * 3;
    }
    return done;
}

#undef MILLRACE_AVX512

#else
std::size_t encode_avx512(const std::uint8_t*, std::size_t, char*) {
    return 0;
}
std::size_t decode_avx512(const char*, std::size_t, std::byte*) {
    return 0;
}
std::size_t encode_avx2(const std::uint8_t*, std::size_t, char*) {
    return 0;
}
std::size_t decode_avx2(const char*, std::size_t, std::byte*) {
    return 0;
}
#endif

}  // namespace

bool runs_here(Path path) {
#if defined(__x86_64__)
    switch (path) {
        case Path::kPlain:
            return true;
        case Path::kAvx2:
            return __builtin_cpu_supports("avx2");
        case Path::kAvx512:
            return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi");
    }
#endif
    return path == Path::kPlain;
}

Path best_path() {
    static const Path best = runs_here(Path::kAvx512) ? Path::kAvx512
                             : runs_here(Path::kAvx2) ? Path::kAvx2
                                                      : Path::kPlain;
    return best;
}

void encode(Bytes in, char* out, Path path) {
    const auto* const from = reinterpret_cast<const std::uint8_t*>(in.data());
    std::size_t done = 0;
    if (path == Path::kAvx512) {
        done = encode_avx512(from, in.size(), out);
    } else if (path == Path::kAvx2) {
        done = encode_avx2(from, in.size(), out);
    }
    encode_plain(from + done, in.size() - done, out + done / 3 * 4);
}

Decoded decode(std::string_view text, std::byte* out, Path path) {
    if (text.size() % 4 != 0)
        return {Fault::kLength, 0, 0};
    std::size_t done = 0;
    if (path == Path::kAvx512) {
        done = decode_avx512(text.data(), text.size(), out);
    } else if (path == Path::kAvx2) {
        done = decode_avx2(text.data(), text.size(), out);
    }
    return decode_plain(text, done, out);
}

}  // namespace millrace::base64
