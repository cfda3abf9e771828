#include "protocol/json_writer.h"

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/base64.h"

namespace millrace::protocol {
namespace {

void append_number(std::string& out, std::int64_t value) {
    char digits[20];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Whether any character does, a word at a time: the usual tests for a byte below, and a byte equal.
bool has_escapes(std::string_view text) {
    constexpr std::uint64_t kOnes = 0x0101010101010101;
    constexpr std::uint64_t kHighs = 0x8080808080808080;
    constexpr std::size_t kWord = sizeof(std::uint64_t);
    if (text.size() < kWord)
        return std::any_of(text.begin(), text.end(), needs_escape);
    std::uint64_t found = 0;
    const auto look_at = [&](const char* at) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, kWord);
        const std::uint64_t quote = word ^ (kOnes * '"');
        const std::uint64_t backslash = word ^ (kOnes * '\\');
        found |= ((word - kOnes * 0x20) & ~word) | ((quote - kOnes) & ~quote) |
                 ((backslash - kOnes) & ~backslash);
    };
    for (std::size_t i = 0; i + kWord < text.size(); i += kWord) {
        look_at(text.data() + i);
    }
    look_at(text.data() + text.size() - kWord);
    return (found & kHighs) != 0;
}

void append_escaped(std::string& out, char c) {
    constexpr char kDigits[] = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out += kDigits[(c >> 4) & 15];
            out += kDigits[c & 15];
    }
}

}  // namespace

void JsonWriter::quoted(std::string_view text) {
    out_ += '"';
    std::size_t plain = 0;
    const std::size_t looked_at = has_escapes(text) ? text.size() : 0;
    for (std::size_t i = 0; i < looked_at; ++i) {
        if (!needs_escape(text[i]))
            continue;
        out_.append(text, plain, i - plain);
        append_escaped(out_, text[i]);
        plain = i + 1;
    }
    out_.append(text, plain);
    out_ += '"';
}

void JsonWriter::key(std::string_view name) {
    separate();
    quoted(name);
    out_ += ':';
    comma_ = false;
}

void JsonWriter::text(std::string_view value) {
    separate();
    quoted(value);
}

void JsonWriter::number(std::int64_t value) {
    separate();
    append_number(out_, value);
}

void JsonWriter::boolean(bool value) {
    separate();
    out_ += value ? "true" : "false";
}

void JsonWriter::blob(Bytes value) {
    separate();
    out_ += '"';
    const std::size_t at = out_.size();
    out_.resize(at + base64::encoded_size(value.size()));
    base64::encode(value, out_.data() + at);
    out_ += '"';
}

void JsonWriter::timestamp(std::int64_t ms) {
    separate();
    if (ms < 0)
        out_ += '-';
    const std::uint64_t size =
        ms < 0 ? -static_cast<std::uint64_t>(ms) : static_cast<std::uint64_t>(ms);
    append_number(out_, static_cast<std::int64_t>(size / 1000));
    const auto fraction = static_cast<unsigned>(size % 1000);
    if (fraction == 0)
        return;
    const char decimals[] = {'.', static_cast<char>('0' + fraction / 100),
                             static_cast<char>('0' + fraction / 10 % 10),
                             static_cast<char>('0' + fraction % 10)};
    const std::size_t count = fraction % 100 == 0 ? 2 : fraction % 10 == 0 ? 3 : 4;
    out_.append(decimals, count);
}

}  // namespace millrace::protocol
