#include "storage/segment.h"

#include <cstring>

#include "base/crc32c.h"

namespace millrace::storage {
namespace {

constexpr char kMagic[8] = {'m', 'i', 'l', 'l', 's', 'e', 'g', '\n'};
constexpr std::uint32_t kVersion = 1;

struct SegmentHeader {
    char magic[8];
    std::uint32_t version;
    std::uint32_t crc;  // of the 24 bytes after it
    std::uint64_t stream_uid;
    std::uint32_t shard_no;
    std::uint32_t reserved;
    std::uint64_t first;
};
static_assert(sizeof(SegmentHeader) == kSegmentHeaderBytes);

constexpr std::size_t kCheckedFrom = 16;

}  // namespace

SegmentHeaderBytes encode_segment_header(ShardKey shard, Position first) {
    SegmentHeader header{};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.version = kVersion;
    header.stream_uid = shard.stream_uid;
    header.shard_no = shard.shard_no;
    header.first = first.value();
    SegmentHeaderBytes bytes{};
    store_le(bytes.data(), header);
    header.crc = crc32c(Bytes(bytes).subspan(kCheckedFrom));
    store_le(bytes.data(), header);
    return bytes;
}

Result<void> check_segment_header(Bytes bytes, ShardKey shard, Position first) {
    if (bytes.size() < kSegmentHeaderBytes || std::memcmp(bytes.data(), kMagic, sizeof kMagic) != 0) {
        return Error{Errc::kCorrupt, "not a segment file"};
    }
    const auto header = load_le<SegmentHeader>(bytes.data());
    if (header.version != kVersion) {
        return Error{Errc::kUnsupported,
                     "segment of format version " + std::to_string(header.version)};
    }
    const bool whole =
        header.crc == crc32c(bytes.subspan(kCheckedFrom, kSegmentHeaderBytes - kCheckedFrom));
    const ShardKey named{header.stream_uid, header.shard_no};
    if (!whole || named != shard || header.first != first.value()) {
        return Error{Errc::kCorrupt, "segment header is damaged or another segment's"};
    }
    return success();
}

}  // namespace millrace::storage
