// Frames of application/vnd.amazon.eventstream: self-describing messages on one ordered stream of
// bytes, each a table of headers and a payload under two checksums. What the headers mean is their
// writer's and reader's business.
//
//   offset          bytes  content (integers are big-endian)
//   0               4      total: the length of the whole frame
//   4               4      the length of the headers
//   8               4      CRC-32 of the 8 bytes before
//   12              ...    headers, each: name length (1), name, type (1), value
//   12 + headers    ...    payload
//   total - 4       4      CRC-32 of everything before
//
// CRC-32 is that of IEEE 802.3. Of the ten types of values only 7, a string, is written: length (2)
// and UTF-8. Example, with the headers ":message-type" = "event" and the payload "{}":
//
//   00000028 00000016 60470efd  0d 3a6d6573736167652d74797065 07 0005 6576656e74  7b7d  b7184afc
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace millrace::wire {

struct EventHeader {
    std::string_view name;   // at most 255 bytes
    std::string_view value;  // at most 65535 bytes
};

// Writes one frame at the end of a string, around a payload that is appended to it in between: a
// payload of megabytes is not copied. REQUIRES: the frame is shorter than 4 GiB.
class EventFrame final {
public:
    EventFrame(std::string& out, std::span<const EventHeader> headers);
    EventFrame(const EventFrame&) = delete;
    EventFrame& operator=(const EventFrame&) = delete;
    // Everything appended to `out` since is the payload. Once.
    void finish();

private:
    std::string& out_;
    const std::size_t begin_;
    std::size_t header_bytes_ = 0;
};

std::string event_frame(std::span<const EventHeader> headers, std::string_view payload);

}  // namespace millrace::wire
