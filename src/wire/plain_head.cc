#include "wire/plain_head.h"

#include <charconv>
#include <utility>

#include "base/scan.h"
#include "wire/text.h"

namespace millrace::wire {
namespace {

constexpr std::string_view kVersion = " HTTP/1.1\r\n";
constexpr std::string_view kLineEnd = "\r\n";

struct NoNameCharacter {
    static bool is(char c) {
        return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                 c == '-');
    }
#if defined(__SSE2__)
    static __m128i are(__m128i bytes) {
        const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8('a' - 'A'));
        const __m128i others = _mm_and_si128(outside(lower, 'a', 'z'), outside(bytes, '0', '9'));
        return _mm_andnot_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('-')), others);
    }
    static __m128i outside(__m128i bytes, char first, char last) {  // compares signed
        return _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(first)),
                            _mm_cmpgt_epi8(bytes, _mm_set1_epi8(last)));
    }
#endif
};

// What no line of a plain head has but at its end.
struct NoPrintableCharacter {
    static bool is(char c) { return c < ' ' || c >= 127; }
#if defined(__SSE2__)
    static __m128i are(__m128i bytes) {
        return _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),  // signed: from 128 on too
                            _mm_cmpeq_epi8(bytes, _mm_set1_epi8(127)));
    }
#endif
};

std::string_view between(const char* begin, const char* end) {
    return {begin, static_cast<std::size_t>(end - begin)};
}

class PlainHead final {
public:
    PlainHead(std::string_view bytes, std::size_t body_bytes_max, Request& request, Http1Head& head)
        : at_(bytes.data()),
          end_(bytes.data() + bytes.size()),
          body_bytes_max_(body_bytes_max),
          request_(request),
          head_(head) {}

    bool read() {
        if (!request_line()) {
            return false;
        }
        while (!takes(kLineEnd)) {
            if (!field()) {
                return false;
            }
        }
        return true;
    }
    const char* at() const { return at_; }

private:
    bool takes(std::string_view text) {
        const bool there = between(at_, end_).starts_with(text);
        at_ += there ? text.size() : 0;
        return there;
    }

    bool request_line() {
        const char* const method = at_;
        at_ = run_end<NoNameCharacter>(at_, end_);
        request_.method = between(method, at_);
        if (request_.method.empty() || !takes(" ")) {
            return false;
        }
        const char* const target = at_;
        while (at_ != end_ && *at_ > ' ' && *at_ < 127) {
            ++at_;
        }
        request_.target = between(target, at_);
        return !request_.target.empty() && takes(kVersion);
    }

    bool field() {
        const char* const name = at_;
        at_ = run_end<NoNameCharacter>(at_, end_);
        Header field{between(name, at_), {}};
        if (field.name.empty() || !takes(":")) {
            return false;
        }
        while (takes(" ")) {
        }
        const char* const value = at_;
        at_ = run_end<NoPrintableCharacter>(at_, end_);
        const char* last = at_;
        while (last != value && last[-1] == ' ') {
            --last;
        }
        field.value = between(value, last);
        request_.headers.push_back(field);
        return takes(kLineEnd) && understands(field);
    }

    // False: the field says something of the connection or the body that is not plain.
    bool understands(const Header& field) {
        switch (field.name.size()) {
            case 6:
                return !same_text(field.name, "Expect");
            case 7:
                return !same_text(field.name, "Upgrade");
            case 10:
                return !same_text(field.name, "Connection") || connection(field.value);
            case 14:
                return !same_text(field.name, "Content-Length") || content_length(field.value);
            case 16:
                return !same_text(field.name, "Proxy-Connection");
            case 17:
                return !same_text(field.name, "Transfer-Encoding");
            default:
                return true;
        }
    }

    bool connection(std::string_view value) {
        const bool close = same_text(value, "close");
        head_.keep_alive = head_.keep_alive && !close;
        return close || same_text(value, "keep-alive");
    }

    bool content_length(std::string_view value) {
        const auto [end, error] =
            std::from_chars(value.data(), value.data() + value.size(), head_.body_length);
        return error == std::errc() && end == value.data() + value.size() &&
               head_.body_length <= body_bytes_max_ && !std::exchange(has_length_, true);
    }

    const char* at_;
    const char* const end_;
    const std::size_t body_bytes_max_;
    Request& request_;
    Http1Head& head_;
    bool has_length_ = false;
};

}  // namespace

std::size_t read_plain_head(std::string_view bytes, std::size_t body_bytes_max, Request& request,
                            Http1Head& head) {
    PlainHead plain(bytes, body_bytes_max, request, head);
    if (plain.read()) {
        return static_cast<std::size_t>(plain.at() - bytes.data());
    }
    request.method = request.target = {};
    request.headers.clear();
    head = {};
    return 0;
}

}  // namespace millrace::wire
