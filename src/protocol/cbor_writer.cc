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

}  // namespace

// The shortest form: the argument within the first byte, or in 1, 2, 4 or 8 more, big-endian.
void CborWriter::head(unsigned major_type, std::uint64_t argument) {
    const unsigned type = major_type << 5;
    if (argument < 24) {
        out_ += static_cast<char>(type | static_cast<unsigned>(argument));
        return;
    }
    const unsigned log2 = argument <= 0xFF         ? 0
                          : argument <= 0xFFFF     ? 1
                          : argument <= 0xFFFFFFFF ? 2
                                                   : 3;
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
    if (value < 0) {
        head(kNegative, ~static_cast<std::uint64_t>(value));
    } else {
        head(kNatural, static_cast<std::uint64_t>(value));
    }
}

void CborWriter::blob(Bytes value) {
    head(kBytes, value.size());
    out_ += as_text(value);
}

void CborWriter::timestamp(std::int64_t ms) {
    constexpr std::int64_t kSecond = 1000;
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
