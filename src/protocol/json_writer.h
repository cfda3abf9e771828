// Writes JSON, token by token, at the end of a string. Commas are its business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace millrace::protocol {

class JsonWriter final {
public:
    explicit JsonWriter(std::string& out) : out_(out) {}

    void begin_structure() { open('{'); }
    void end_structure() { close('}'); }
    void begin_list() { open('['); }
    void end_list() { close(']'); }
    void key(std::string_view name);
    void text(std::string_view value);  // REQUIRES: UTF-8
    void number(std::int64_t value);
    void boolean(bool value);
    void blob(Bytes value);           // base64
    void timestamp(std::int64_t ms);  // decimal seconds, at most three decimals

private:
    void separate() {
        if (comma_)
            out_ += ',';
        comma_ = true;
    }
    void open(char bracket) {
        separate();
        out_ += bracket;
        comma_ = false;
    }
    void close(char bracket) {
        out_ += bracket;
        comma_ = true;
    }
    void quoted(std::string_view text);

    std::string& out_;
    bool comma_ = false;  // something precedes on this level
};

}  // namespace millrace::protocol
