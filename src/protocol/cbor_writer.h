// Writes CBOR as the service does, token by token, at the end of a string: maps and arrays of
// indefinite length, strings of definite length, timestamps as tag 1 over whole milliseconds. (RPC
// v2 has seconds there, with a fraction, as the standard has it.)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace millrace::protocol {

class CborWriter final {
public:
    enum class Times : std::uint8_t { kMilliseconds, kSeconds };

    explicit CborWriter(std::string& out, Times times = Times::kMilliseconds)
        : out_(out), times_(times) {}

    void begin_structure() { out_ += '\xBF'; }
    void end_structure() { out_ += '\xFF'; }
    void begin_list() { out_ += '\x9F'; }
    void end_list() { out_ += '\xFF'; }
    void name(std::string_view name) { text(name); }
    void key(std::string_view name) { text(name); }
    void text(std::string_view value);  // REQUIRES: UTF-8
    void number(std::int64_t value);
    void boolean(bool value) { out_ += value ? '\xF5' : '\xF4'; }
    void blob(Bytes value);
    void timestamp(std::int64_t ms);

    // What such a token takes; the head is that of a string, before its bytes.
    static std::size_t head_bytes(std::uint64_t argument);
    static std::size_t number_bytes(std::int64_t value);
    static std::size_t timestamp_bytes(std::int64_t ms, Times times);

    // As JsonWriter has them.
    std::size_t size() const { return out_.size(); }
    void cut() {}
    void resume() {}

private:
    void head(unsigned major_type, std::uint64_t argument);

    std::string& out_;
    const Times times_;
};

}  // namespace millrace::protocol
