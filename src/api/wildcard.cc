#include "api/wildcard.h"

#include <algorithm>

namespace millrace::api {

bool matches_wildcard(std::string_view pattern, std::string_view text) {
    constexpr auto kNone = std::string_view::npos;
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = kNone;  // the last one passed
    std::size_t resume = 0;    // what it covers ends here so far
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != kNone) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == kNone;
}

bool matches_arn(std::string_view pattern, std::string_view arn) {
    for (int part = 0; part < 5; ++part) {
        const std::size_t p = pattern.find(':');
        const std::size_t a = arn.find(':');
        if (p == std::string_view::npos || a == std::string_view::npos ||
            !matches_wildcard(pattern.substr(0, p), arn.substr(0, a))) {
            return false;
        }
        pattern.remove_prefix(p + 1);
        arn.remove_prefix(a + 1);
    }
    return matches_wildcard(pattern, arn);
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

}  // namespace millrace::api
