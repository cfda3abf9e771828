#include "wire/event_stream.h"

#include <zlib.h>

#include <cstdint>
#include <limits>

#include "base/check.h"

namespace millrace::wire {
namespace {

constexpr std::size_t kPreludeBytes = 12;
constexpr std::size_t kChecksumBytes = 4;
constexpr char kStringType = 7;

void put_be32(char* at, std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        *at++ = static_cast<char>(value >> shift);
    }
}

std::uint32_t checksum(std::string_view bytes) {
    return static_cast<std::uint32_t>(crc32_z(
        0, static_cast<const Bytef*>(static_cast<const void*>(bytes.data())), bytes.size()));
}

}  // namespace

EventFrame::EventFrame(std::string& out, std::span<const EventHeader> headers)
    : out_(out), begin_(out.size()) {
    out_.append(kPreludeBytes, '\0');
    for (const EventHeader& header : headers) {
        CHECK(header.name.size() <= std::numeric_limits<std::uint8_t>::max() &&
              header.value.size() <= std::numeric_limits<std::uint16_t>::max());
        out_ += static_cast<char>(header.name.size());
        out_ += header.name;
        out_ += kStringType;
        out_ += static_cast<char>(header.value.size() >> 8);
        out_ += static_cast<char>(header.value.size());
        out_ += header.value;
    }
    header_bytes_ = out_.size() - begin_ - kPreludeBytes;
}

void EventFrame::finish() {
    const std::size_t total = out_.size() - begin_ + kChecksumBytes;
    CHECK(total <= std::numeric_limits<std::uint32_t>::max());
    char* const prelude = out_.data() + begin_;
    put_be32(prelude, static_cast<std::uint32_t>(total));
    put_be32(prelude + 4, static_cast<std::uint32_t>(header_bytes_));
    put_be32(prelude + 8, checksum({prelude, 8}));
    const std::uint32_t all = checksum(std::string_view(out_).substr(begin_));
    out_.append(kChecksumBytes, '\0');
    put_be32(out_.data() + out_.size() - kChecksumBytes, all);
}

std::string event_frame(std::span<const EventHeader> headers, std::string_view payload) {
    std::string out;
    EventFrame frame(out, headers);
    out += payload;
    frame.finish();
    return out;
}

}  // namespace millrace::wire
