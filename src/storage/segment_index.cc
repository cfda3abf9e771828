#include "storage/segment_index.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"
#include "storage/segment.h"

namespace millrace::storage {
namespace {

constexpr char kMagic[8] = {'m', 'i', 'l', 'l', 'i', 'd', 'x', '\1'};

struct IndexHeader {
    char magic[8];
    std::uint64_t stream_uid;
    std::uint32_t shard_no;
    std::uint32_t crc;  // of the entries, then of this header with crc = 0
    std::uint64_t first;
    std::uint64_t entries;
};
static_assert(sizeof(IndexHeader) == 40);
static_assert(sizeof(IndexEntry) == 24);

std::uint32_t checksum(IndexHeader header, Bytes entries) {
    header.crc = 0;
    return crc32c(std::as_bytes(std::span(&header, 1)), crc32c(entries));
}

}  // namespace

std::optional<IndexEntry> find_entry(std::span<const IndexEntry> index, Position from,
                                     WallTime horizon) {
    // Positions and stamps ascend together: both conditions hold for a prefix of the entries.
    const auto after =
        std::partition_point(index.begin(), index.end(), [&](const IndexEntry& entry) {
            return entry.position <= from.value() || wall_time(entry.stamp_ms) < horizon;
        });
    return after == index.begin() ? std::nullopt : std::optional(*std::prev(after));
}

bool wants_entry(const SegmentIndex& index, std::uint64_t offset) {
    const std::uint64_t last = index.empty() ? kSegmentHeaderBytes : index.back().offset;
    return offset >= last + kIndexStrideBytes;
}

std::vector<std::byte> encode_index(ShardKey shard, Position first,
                                    std::span<const IndexEntry> index) {
    const Bytes entries = std::as_bytes(index);
    IndexHeader header{};
    std::memcpy(header.magic, kMagic, sizeof kMagic);
    header.stream_uid = shard.stream_uid;
    header.shard_no = shard.shard_no;
    header.first = first.value();
    header.entries = index.size();
    header.crc = checksum(header, entries);
    std::vector<std::byte> bytes(sizeof header + entries.size());
    store_le(bytes.data(), header);
    std::copy(entries.begin(), entries.end(), bytes.data() + sizeof header);
    return bytes;
}

std::optional<SegmentIndex> decode_index(Bytes bytes, ShardKey shard, Position first,
                                         std::uint64_t segment_bytes) {
    if (bytes.size() < sizeof(IndexHeader)) {
        return std::nullopt;
    }
    const auto header = load_le<IndexHeader>(bytes.data());
    const Bytes entries = bytes.subspan(sizeof header);
    const ShardKey named{header.stream_uid, header.shard_no};
    if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || named != shard ||
        header.first != first.value() || entries.size() % sizeof(IndexEntry) != 0 ||
        header.entries != entries.size() / sizeof(IndexEntry) ||
        header.crc != checksum(header, entries)) {
        return std::nullopt;
    }
    SegmentIndex index;
    index.reserve(header.entries);
    for (std::size_t at = 0; at < entries.size(); at += sizeof(IndexEntry)) {
        index.push_back(load_le<IndexEntry>(entries.data() + at));
    }
    // A longer segment than ours: its tail was cut off since.
    while (!index.empty() && index.back().offset >= segment_bytes) {
        index.pop_back();
    }
    return index;
}

}  // namespace millrace::storage
