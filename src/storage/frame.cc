#include "storage/frame.h"

#include <algorithm>
#include <cstddef>

#include "base/check.h"
#include "base/crc32c.h"

namespace millrace::storage {
namespace {

constexpr std::size_t kHeaderBytes = sizeof(FrameHeader);
constexpr std::size_t kCrcBytes = sizeof(FrameHeader::header_crc);

std::uint32_t header_crc(Bytes header, std::uint32_t seed) {
    return crc32c(header.subspan(kCrcBytes, kHeaderBytes - kCrcBytes), seed);
}

bool known(FrameKind kind) {
    return kind == FrameKind::kRecord || kind == FrameKind::kEnd;
}

}  // namespace

std::uint32_t frame_seed(ShardKey shard) {
    std::byte key[12];
    store_le(key, shard.stream_uid);
    store_le(key + 8, shard.shard_no);
    return crc32c(key);
}

void append_frame(FrameBytes& out, FrameKind kind, std::string_view key, Bytes data, WallTime stamp,
                  std::uint8_t attributes) {
    CHECK(key.size() <= UINT16_MAX && data.size() <= kFrameDataBytesMax);
    FrameHeader header{};
    header.payload_crc = crc32c(data, crc32c(as_bytes(key)));
    header.data_bytes = static_cast<std::uint32_t>(data.size());
    header.key_bytes = static_cast<std::uint16_t>(key.size());
    header.kind = kind;
    header.attributes = attributes;
    header.stamp_ms = to_ms(stamp);
    const std::size_t at = out.size();
    out.resize(at + header.frame_bytes());
    store_le(&out[at], header);
    std::byte* const payload = &out[at] + kHeaderBytes;
    std::copy_n(as_bytes(key).data(), key.size(), payload);
    std::copy_n(data.data(), data.size(), payload + key.size());
}

FrameHeader load_header(Bytes at) {
    return load_le<FrameHeader>(at.data());
}

void place_frame(std::byte* at, std::uint32_t seed, Position position, WallTime stamp) {
    store_le(at + offsetof(FrameHeader, position), position.value());
    store_le(at + offsetof(FrameHeader, stamp_ms), to_ms(stamp));
    store_le(at, header_crc(Bytes(at, kHeaderBytes), seed));
}

FrameState check_header(Bytes at, std::uint32_t seed) {
    if (at.size() < kHeaderBytes) {
        return FrameState::kShort;
    }
    const FrameHeader header = load_header(at);
    const bool whole = known(header.kind) && header.data_bytes <= kFrameDataBytesMax &&
                       header.header_crc == header_crc(at, seed);
    return whole ? FrameState::kWhole : FrameState::kDamaged;
}

bool payload_is_whole(Bytes frame) {
    const FrameHeader header = load_header(frame);
    return crc32c(frame.subspan(kHeaderBytes, header.payload_bytes())) == header.payload_crc;
}

FrameState check_frame(Bytes at, std::uint32_t seed) {
    const FrameState state = check_header(at, seed);
    if (state != FrameState::kWhole) {
        return state;
    }
    if (at.size() < load_header(at).frame_bytes()) {
        return FrameState::kShort;
    }
    return payload_is_whole(at) ? FrameState::kWhole : FrameState::kDamaged;
}

Bytes frames_from(Bytes frames, Position first) {
    while (!frames.empty() && load_header(frames).position < first.value()) {
        frames = frames.subspan(load_header(frames).frame_bytes());
    }
    return frames;
}

std::string_view frame_key(Bytes frame) {
    return as_text(frame.subspan(kHeaderBytes, load_header(frame).key_bytes));
}

Bytes frame_data(Bytes frame) {
    const FrameHeader header = load_header(frame);
    return frame.subspan(kHeaderBytes + header.key_bytes, header.data_bytes);
}

}  // namespace millrace::storage
