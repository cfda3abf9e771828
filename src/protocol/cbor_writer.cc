#include "protocol/cbor_writer.h"

#include <bit>

namespace millrace::protocol {
namespace {

constexpr unsigned kNatural = 0;
constexpr unsigned kNegative = 1;
constexpr unsigned kBytes = 2;
constexpr unsigned kText = 3;
constexpr char kEpochTag = '\xC1';
constexpr char kDouble = '\xFB';
constexpr std::int64_t kSecond = 1000;

// Of what does not fit the first byte: it follows in 1, 2, 4 or 8.
unsigned log2_of_bytes(std::uint64_t argument) {
    return argument <= 0xFF ? 0 : argument <= 0xFFFF ? 1 : argument <= 0xFFFFFFFF ? 2 : 3;
}

// What a number is the argument of: of a negative one -1 stands for 0.
std::uint64_t argument_of(std::int64_t value) {
    return value < 0 ? ~static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

}  // namespace

std::size_t CborWriter::head_bytes(std::uint64_t argument) {
    return argument < 24 ? 1 : 1 + (std::size_t{1} << log2_of_bytes(argument));
}

std::size_t CborWriter::number_bytes(std::int64_t value) {
    return head_bytes(argument_of(value));
}

std::size_t CborWriter::timestamp_bytes(std::int64_t ms, Times times) {
    if (times == Times::kMilliseconds)
        return 1 + number_bytes(ms);
    return 1 + (ms % kSecond == 0 ? number_bytes(ms / kSecond) : 1 + sizeof(double));
}

// The shortest form: the argument within the first byte, or behind it, big-endian.
void CborWriter::head(unsigned major_type, std::uint64_t argument) {
    const unsigned type = major_type << 5;
    if (argument < 24) {
        out_ += static_cast<char>(type | static_cast<unsigned>(argument));
        return;
    }
    const unsigned log2 = log2_of_bytes(argument);
    out_ += static_cast<char>(type | (24 + log2));
    for (int shift = (8 << log2) - 8; shift >= 0; shift -= 8) {
        out_ += static_cast<char>(argument >> shift);
    }
}

void CborWriter::text(std::string_view value) {
    head(kText, value.size());
    out_ += value;
}

void CborWriter::number(std::int64_t value) {
    head(value < 0 ? kNegative : kNatural, argument_of(value));
}

void CborWriter::blob(Bytes value) {
    head(kBytes, value.size());
    out_ += as_text(value);
}

void CborWriter::timestamp(std::int64_t ms) {
    out_ += kEpochTag;
    if (times_ == Times::kMilliseconds) {
        number(ms);
    } else if (ms % kSecond == 0) {
        number(ms / kSecond);
    } else {
        const auto bits = std::bit_cast<std::uint64_t>(static_cast<double>(ms) / kSecond);
        out_ += kDouble;
        for (int shift = 56; shift >= 0; shift -= 8)
            out_ += static_cast<char>(bits >> shift & 0xff);
    }
}

}  // namespace millrace::protocol
