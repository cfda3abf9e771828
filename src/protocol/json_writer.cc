#include "protocol/json_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include "base/base64.h"

namespace millrace::protocol {
namespace {

constexpr std::size_t kNumberMax = 20;  // characters

// What the string is made longer by at once. To append to it token by token costs more than the
// tokens do: measured, a record of a PutRecords answer took 930 instructions to write, now 430.
constexpr std::size_t kAhead = 1024;

bool needs_escape(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

// Whether any character does: sixteen at a time, the last of which may have been among those
// before.
bool has_escapes(std::string_view text) {
    using Block [[gnu::vector_size(16)]] = unsigned char;
    if (text.size() < sizeof(Block))
        return std::ranges::any_of(text, needs_escape);
    Block found{};
    const auto look_at = [&](const char* at) {
        const auto block = load_le<Block>(at);
        found |= static_cast<Block>((block < 0x20) | (block == '"') | (block == '\\'));
    };
    for (std::size_t i = 0; i + sizeof(Block) < text.size(); i += sizeof(Block)) {
        look_at(text.data() + i);
    }
    look_at(text.data() + text.size() - sizeof(Block));
    const auto halves = std::bit_cast<std::array<std::uint64_t, 2>>(found);
    return (halves[0] | halves[1]) != 0;
}

constexpr std::size_t kEscapeMax = 6;  // characters

char* put_escaped(char* at, char c) {
    constexpr char kDigits[] = "0123456789abcdef";
    *at++ = '\\';
    switch (c) {
        case '"':
        case '\\':
            *at++ = c;
            return at;
        case '\n':
            *at++ = 'n';
            return at;
        case '\r':
            *at++ = 'r';
            return at;
        case '\t':
            *at++ = 't';
            return at;
        default:
            at = std::copy_n("u00", 3, at);
            *at++ = kDigits[(c >> 4) & 15];
            *at++ = kDigits[c & 15];
            return at;
    }
}

std::size_t digits(std::uint64_t value) {
    std::size_t count = 1;
    for (; value >= 10; value /= 10)
        ++count;
    return count;
}

// Three decimals, without the zeros at their end.
std::size_t decimals(unsigned thousandths) {
    return thousandths % 100 == 0 ? 1 : thousandths % 10 == 0 ? 2 : 3;
}

std::uint64_t magnitude(std::int64_t value) {
    return value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

}  // namespace

std::size_t JsonWriter::text_bytes(std::string_view value) {
    std::size_t bytes = 2 + value.size();
    if (has_escapes(value)) {
        std::array<char, kEscapeMax> escape;
        for (const char c : value) {
            if (needs_escape(c))
                bytes += static_cast<std::size_t>(put_escaped(escape.data(), c) - &escape[1]);
        }
    }
    return bytes;
}

std::size_t JsonWriter::number_bytes(std::int64_t value) {
    return (value < 0 ? 1 : 0) + digits(magnitude(value));
}

std::size_t JsonWriter::timestamp_bytes(std::int64_t ms) {
    const auto fraction = static_cast<unsigned>(magnitude(ms) % 1000);
    return (ms < 0 ? 1 : 0) + digits(magnitude(ms) / 1000) +
           (fraction != 0 ? 1 + decimals(fraction) : 0);
}

void JsonWriter::grow(std::size_t bytes) {
    const std::size_t reserved = out_.capacity() - size_;
    out_.resize(size_ + std::clamp(reserved, bytes, bytes + kAhead));
}

void JsonWriter::open(char bracket) {
    char* const at = begin_token(2);
    *at = bracket;
    end_token(at + 1);
    comma_ = false;
    ++depth_;
}

void JsonWriter::close(char bracket) {
    comma_ = false;
    char* const at = begin_token(1);
    *at = bracket;
    end_token(at + 1);
    if (--depth_ == 0)
        out_.resize(size_);
}

void JsonWriter::name(std::string_view name) {
    char* const at = begin_token(name.size() + 4);
    *at = '"';
    char* const end = std::copy(name.begin(), name.end(), at + 1);
    end[0] = '"';
    end[1] = ':';
    end_token(end + 2);
    comma_ = false;
}

void JsonWriter::key(std::string_view name) {
    quoted(name);
    comma_ = false;
    char* const at = begin_token(1);
    *at = ':';
    end_token(at + 1);
    comma_ = false;
}

void JsonWriter::quoted(std::string_view text) {
    if (has_escapes(text))
        return escaped(text);
    char* const at = begin_token(text.size() + 3);
    *at = '"';
    std::memcpy(at + 1, text.data(), text.size());
    at[1 + text.size()] = '"';
    end_token(at + text.size() + 2);
}

void JsonWriter::escaped(std::string_view text) {
    const auto escapes = static_cast<std::size_t>(std::ranges::count_if(text, needs_escape));
    char* at = begin_token(text.size() + escapes * (kEscapeMax - 1) + 3);
    *at++ = '"';
    for (const char c : text) {
        if (needs_escape(c)) {
            at = put_escaped(at, c);
        } else {
            *at++ = c;
        }
    }
    *at++ = '"';
    end_token(at);
}

void JsonWriter::number(std::int64_t value) {
    char* const at = begin_token(1 + kNumberMax);
    end_token(std::to_chars(at, at + kNumberMax, value).ptr);
}

void JsonWriter::boolean(bool value) {
    const std::string_view text = value ? "true" : "false";
    char* const at = begin_token(1 + text.size());
    end_token(std::copy(text.begin(), text.end(), at));
}

void JsonWriter::blob(Bytes value) {
    const std::size_t size = base64::encoded_size(value.size());
    char* const at = begin_token(size + 3);
    *at = '"';
    base64::encode(value, at + 1);
    at[1 + size] = '"';
    end_token(at + size + 2);
}

void JsonWriter::timestamp(std::int64_t ms) {
    char* at = begin_token(2 + kNumberMax + 4);
    if (ms < 0)
        *at++ = '-';
    at = std::to_chars(at, at + kNumberMax, magnitude(ms) / 1000).ptr;
    const auto fraction = static_cast<unsigned>(magnitude(ms) % 1000);
    if (fraction != 0) {
        const char text[] = {'.', static_cast<char>('0' + fraction / 100),
                             static_cast<char>('0' + fraction / 10 % 10),
                             static_cast<char>('0' + fraction % 10)};
        at = std::copy_n(text, 1 + decimals(fraction), at);
    }
    end_token(at);
}

}  // namespace millrace::protocol
