// Up to N bytes of text held in place: identifiers that every record of a response prints, without
// an allocation each. Longer text is a bug.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "base/check.h"

namespace millrace::model {

template <std::size_t N>
class FixedText final {
public:
    static_assert(N < 256);

    FixedText() = default;
    explicit FixedText(std::string_view text) { *this = text; }
    FixedText& operator=(std::string_view text) {
        CHECK(text.size() <= N);
        std::memcpy(chars_.data(), text.data(), text.size());
        size_ = static_cast<unsigned char>(text.size());
        return *this;
    }
    operator std::string_view() const { return {chars_.data(), size_}; }
    std::string_view view() const { return *this; }
    std::string str() const { return std::string(view()); }
    friend bool operator==(const FixedText& a, const FixedText& b) { return a.view() == b.view(); }

private:
    std::array<char, N> chars_;
    unsigned char size_ = 0;
};

}  // namespace millrace::model
