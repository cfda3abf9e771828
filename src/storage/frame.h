// A frame: one record as it lies in a segment file and, byte for byte the same, in the journal
// (FORMAT.md, "Frame"). The header has a checksum of its own, seeded with the shard's key: a frame
// of another shard does not parse, and the committer can number a frame without touching its
// payload.
#pragma once

#include <cstdint>
#include <new>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/recycled.h"
#include "storage/engine.h"

namespace millrace::storage {

enum class FrameKind : std::uint8_t {  // on disk: never renumber
    kRecord = 1,
    kEnd = 2,  // the shard is sealed: no frame follows; its position is the shard's end
};

struct FrameHeader {
    std::uint32_t header_crc;   // of the 28 bytes after it
    std::uint32_t payload_crc;  // of the key and the data
    std::uint32_t data_bytes;
    std::uint16_t key_bytes;
    FrameKind kind;
    std::uint8_t attributes;
    std::uint64_t position;
    std::int64_t stamp_ms;

    std::size_t payload_bytes() const { return std::size_t{key_bytes} + data_bytes; }
    std::size_t frame_bytes() const { return sizeof(FrameHeader) + payload_bytes(); }
    WallTime stamp() const { return wall_time(stamp_ms); }
};
static_assert(sizeof(FrameHeader) == 32);

// More than the service takes: what a header says beyond it is damage.
inline constexpr std::uint32_t kFrameDataBytesMax = 32U << 20;

// What frames grow by is left as it was: append_frame writes all of it.
template <class T>
struct FrameAllocator : RecyclingAllocator<T> {
    template <class U>
    struct rebind {
        using other = FrameAllocator<U>;
    };
    template <class U>
    void construct(U* at) noexcept {
        ::new (static_cast<void*>(at)) U;
    }
};
using FrameBytes = std::vector<std::byte, FrameAllocator<std::byte>>;

// What seeds the header checksums of a shard's frames.
std::uint32_t frame_seed(ShardKey shard);

// Appends a frame without position; `stamp` is the earliest it may get.
// REQUIRES: key and data are within the header's widths.
void append_frame(FrameBytes& out, FrameKind kind, std::string_view key, Bytes data, WallTime stamp,
                  std::uint8_t attributes);

// The header at the start of `at`, unchecked. REQUIRES: at least sizeof(FrameHeader) bytes.
FrameHeader load_header(Bytes at);

// Gives the frame at `at` its place: position, stamp and header checksum.
void place_frame(std::byte* at, std::uint32_t seed, Position position, WallTime stamp);

enum class FrameState : std::uint8_t {
    kWhole,
    kShort,    // more bytes are needed: the header, or, if that is whole, what it says
    kDamaged,  // no frame of this shard
};

// Whether a header stands at the start of `at`. Looks at the header alone.
FrameState check_header(Bytes at, std::uint32_t seed);
// Whether the payload of a frame whose header is whole has its checksum.
// REQUIRES: frame holds load_header(frame).frame_bytes().
bool payload_is_whole(Bytes frame);
// Both.
FrameState check_frame(Bytes at, std::uint32_t seed);

// Of frames that follow each other, those at `first` and past it. REQUIRES: they are whole.
Bytes frames_from(Bytes frames, Position first);

// Views of a whole frame's parts.
std::string_view frame_key(Bytes frame);
Bytes frame_data(Bytes frame);

}  // namespace millrace::storage
