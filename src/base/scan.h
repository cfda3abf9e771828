// Where a run of text ends, looked for sixteen bytes at a time: SSE2 is a part of every x86-64.
// Elsewhere byte by byte.
#pragma once

#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace millrace {

// The first byte in [at, end) that is an `End`, or `end`. `End` answers one question in two forms,
// End::is(char) and, of sixteen bytes, End::are(__m128i): all bits of those that are.
template <class End>
const char* run_end(const char* at, const char* end) {
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        __m128i bytes;
        std::memcpy(&bytes, at, sizeof bytes);
        if (const auto ends = static_cast<unsigned>(_mm_movemask_epi8(End::are(bytes)))) {
            return at + std::countr_zero(ends);
        }
    }
#endif
    while (at != end && !End::is(*at)) {
        ++at;
    }
    return at;
}

}  // namespace millrace
