#include "base/scan.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace millrace {
namespace {

struct Comma {
    static bool is(char c) { return c == ','; }
#if defined(__SSE2__)
    static __m128i are(__m128i bytes) {
        return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(','));
    }
#endif
};

TEST(Scan, FindsTheFirstAtAnyPlaceOfAnyLength) {
    for (std::size_t size = 0; size < 70; ++size) {
        // A vector of its own: a sanitizer sees what is read beyond it.
        std::vector<char> text(size, 'a');
        const char* const end = text.data() + size;
        EXPECT_EQ(run_end<Comma>(text.data(), end), end);
        for (std::size_t at = size; at-- > 0;) {
            text[at] = ',';
            EXPECT_EQ(run_end<Comma>(text.data(), end), text.data() + at);
        }
    }
}

}  // namespace
}  // namespace millrace
