// Writes JSON, token by token, at the end of a string. Commas are its business. While it writes,
// the string is a little longer than what was written: it is exact when the outermost structure
// ends, and after cut().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/bytes.h"

namespace millrace::protocol {

class JsonWriter final {
public:
    explicit JsonWriter(std::string& out) : out_(out), size_(out.size()) {}

    void begin_structure() { open('{'); }
    void end_structure() { close('}'); }
    void begin_list() { open('['); }
    void end_list() { close(']'); }
    void name(std::string_view name);  // of a member: nothing in it is to be escaped
    void key(std::string_view name);
    void text(std::string_view value) { quoted(value); }  // REQUIRES: UTF-8
    void number(std::int64_t value);
    void boolean(bool value);
    void blob(Bytes value);           // base64
    void timestamp(std::int64_t ms);  // decimal seconds, at most three decimals

    // What such a token takes, quotes included.
    static std::size_t text_bytes(std::string_view value);
    static std::size_t number_bytes(std::int64_t value);
    static std::size_t timestamp_bytes(std::int64_t ms);

    std::size_t size() const { return size_; }  // of the string, as far as it is written
    // Makes the string exact now. It may be exchanged for another one then, which goes on with what
    // follows.
    void cut() { out_.resize(size_); }
    void resume() { size_ = out_.size(); }

private:
    void open(char bracket);
    void close(char bracket);
    void quoted(std::string_view text);
    void escaped(std::string_view text);

    // Where a token of at most `bytes` goes, a comma included; it starts with that if one is due.
    char* begin_token(std::size_t bytes) {
        if (bytes > out_.size() - size_)
            grow(bytes);
        char* const at = out_.data() + size_;
        *at = ',';
        return std::exchange(comma_, true) ? at + 1 : at;
    }
    void grow(std::size_t bytes);
    void end_token(const char* end) { size_ = static_cast<std::size_t>(end - out_.data()); }

    std::string& out_;
    std::size_t size_;  // of what was written
    std::size_t depth_ = 0;
    bool comma_ = false;  // something precedes on this level
};

}  // namespace millrace::protocol
