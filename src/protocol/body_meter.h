// The bytes that JsonWriter and CborWriter would write, without writing them: called as they are,
// token by token. JSON is exact only where texts are looked at, for escapes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/base64.h"
#include "base/bytes.h"
#include "protocol/cbor_writer.h"
#include "protocol/json_writer.h"

namespace millrace::protocol {

class JsonMeter final {
public:
    enum class Escapes : std::uint8_t { kCount, kIgnore };

    explicit JsonMeter(Escapes escapes) : escapes_(escapes) {}

    void begin_structure() { open(); }
    void end_structure() { close(); }
    void begin_list() { open(); }
    void end_list() { close(); }
    void name(std::string_view name) { before_value(name.size() + 3); }
    void key(std::string_view name) { before_value(text_bytes(name) + 1); }
    void text(std::string_view value) { token(text_bytes(value)); }
    void number(std::int64_t value) { token(JsonWriter::number_bytes(value)); }
    void boolean(bool value) { token(value ? 4 : 5); }
    void blob(Bytes value) { token(base64::encoded_size(value.size()) + 2); }
    void timestamp(std::int64_t ms) { token(JsonWriter::timestamp_bytes(ms)); }

    std::size_t size() const { return size_; }

private:
    std::size_t text_bytes(std::string_view text) const {
        return escapes_ == Escapes::kCount ? JsonWriter::text_bytes(text) : text.size() + 2;
    }
    void token(std::size_t bytes) {
        size_ += bytes + (comma_ ? 1 : 0);
        comma_ = true;
    }
    void before_value(std::size_t bytes) {
        token(bytes);
        comma_ = false;
    }
    void open() { before_value(1); }
    void close() {
        comma_ = false;
        token(1);
    }

    const Escapes escapes_;
    std::size_t size_ = 0;
    bool comma_ = false;
};

class CborMeter final {
public:
    explicit CborMeter(CborWriter::Times times) : times_(times) {}

    void begin_structure() { ++size_; }
    void end_structure() { ++size_; }
    void begin_list() { ++size_; }
    void end_list() { ++size_; }
    void name(std::string_view name) { string(name.size()); }
    void key(std::string_view name) { string(name.size()); }
    void text(std::string_view value) { string(value.size()); }
    void number(std::int64_t value) { size_ += CborWriter::number_bytes(value); }
    void boolean(bool) { ++size_; }
    void blob(Bytes value) { string(value.size()); }
    void timestamp(std::int64_t ms) { size_ += CborWriter::timestamp_bytes(ms, times_); }

    std::size_t size() const { return size_; }

private:
    void string(std::size_t bytes) { size_ += CborWriter::head_bytes(bytes) + bytes; }

    const CborWriter::Times times_;
    std::size_t size_ = 0;
};

}  // namespace millrace::protocol
