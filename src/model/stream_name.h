// The name of a stream within its account and region. Compares by bytes, the order ListStreams
// uses.
#pragma once

#include <compare>
#include <string>
#include <string_view>
#include <utility>

namespace millrace::model {

class StreamName final {
public:
    StreamName() = default;
    explicit StreamName(std::string text) : text_(std::move(text)) {}
    explicit StreamName(std::string_view text) : text_(text) {}
    explicit StreamName(const char* text) : text_(text) {}

    const std::string& text() const { return text_; }
    friend auto operator<=>(const StreamName&, const StreamName&) = default;

private:
    std::string text_;
};

}  // namespace millrace::model
