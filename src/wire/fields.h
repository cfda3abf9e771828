// Header fields, of requests and of answers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/recycled.h"

namespace millrace::wire {

struct Header {
    std::string_view name;  // as sent; compare without case
    std::string_view value;
};

// Those of an answer, kept as HTTP/1.1 sends them, "Name: value\r\n" each: one piece of memory
// however many they are, and most answers send it as it is.
class Fields final {
public:
    class Iterator final {
    public:
        explicit Iterator(std::string_view rest) : rest_(rest) {}
        Header operator*() const {
            const std::size_t colon = rest_.find(kColon);
            const std::size_t value = colon + kColon.size();
            return {rest_.substr(0, colon), rest_.substr(value, rest_.find(kEnd) - value)};
        }
        Iterator& operator++() {
            rest_.remove_prefix(rest_.find(kEnd) + kEnd.size());
            return *this;
        }
        friend bool operator==(Iterator a, Iterator b) { return a.rest_.size() == b.rest_.size(); }

    private:
        std::string_view rest_;
    };

    // REQUIRES: a name is a token, and no value has a line break.
    void add(std::string_view name, std::string_view value) {
        DCHECK(value.find_first_of(kEnd) == std::string_view::npos);
        if (text_.empty()) {
            text_.reserve(kUsualBytes);
        }
        const std::size_t before = text_.size();
        text_.resize(before + name.size() + kColon.size() + value.size() + kEnd.size());
        char* at = &text_[before];
        for (const std::string_view part : {name, kColon, value, kEnd}) {
            at = std::copy(part.begin(), part.end(), at);
        }
        ++count_;
    }

    std::string_view text() const { return text_; }
    std::size_t count() const { return count_; }
    Iterator begin() const { return Iterator(text_); }
    Iterator end() const { return Iterator({}); }

private:
    static constexpr std::string_view kColon = ": ";
    static constexpr std::string_view kEnd = "\r\n";
    static constexpr std::size_t kUsualBytes = 240;  // a type and two request ids, and some room

    std::basic_string<char, std::char_traits<char>, RecyclingAllocator<char>> text_;
    std::size_t count_ = 0;
};

}  // namespace millrace::wire
