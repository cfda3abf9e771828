// Texts as nghttp2 has them.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"

namespace millrace::wire {

inline const std::uint8_t* octets(const void* bytes) {
    return static_cast<const std::uint8_t*>(bytes);
}

inline std::string_view octet_text(const std::uint8_t* bytes, std::size_t size) {
    return as_text(std::as_bytes(std::span(bytes, size)));
}

// The fields of one answer, as nghttp2 takes them; it copies them when they are submitted.
class Http2Fields final {
public:
    Http2Fields(std::size_t bytes_max, std::size_t count_max) {
        text_.reserve(bytes_max);  // so that it never moves
        fields_.reserve(count_max);
    }

    void add(std::string_view name, std::string_view value) {
        CHECK(text_.size() + name.size() + value.size() <= text_.capacity());
        std::uint8_t* const at = text_.data() + text_.size();
        for (const char c : name) {
            const bool upper = c >= 'A' && c <= 'Z';
            text_.push_back(static_cast<std::uint8_t>(upper ? c + ('a' - 'A') : c));
        }
        for (const char c : value) {
            text_.push_back(static_cast<std::uint8_t>(c));
        }
        fields_.push_back({at, at + name.size(), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }

    const std::vector<nghttp2_nv>& list() const { return fields_; }

private:
    std::vector<std::uint8_t> text_;
    std::vector<nghttp2_nv> fields_;
};

}  // namespace millrace::wire
