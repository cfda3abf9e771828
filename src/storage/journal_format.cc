#include "storage/journal_format.h"

#include "base/crc32c.h"
#include "storage/frame.h"

namespace millrace::storage {
namespace {

constexpr std::uint32_t kMagic = 0x314A524D;  // "MRJ1"
constexpr std::uint32_t kEntriesMax = 1U << 20;
constexpr std::uint64_t kEntryBytesMax = 1ULL << 40;  // sums of them do not wrap

struct DiskHeader {
    std::uint32_t crc;  // of the rest of the header and the entries
    std::uint32_t magic;
    std::uint64_t generation;
    std::uint64_t sequence;
    std::uint64_t previous;
    std::uint32_t entries;
    std::uint32_t reserved;
};
static_assert(sizeof(DiskHeader) == 40);

struct DiskEntry {
    std::uint64_t stream_uid;
    std::uint32_t shard_no;
    std::uint32_t kind;
    std::uint64_t bytes;
};
static_assert(sizeof(DiskEntry) == 24);

std::uint32_t checksum(Bytes header, std::uint32_t seed) {
    return crc32c(header.subspan(sizeof(DiskHeader::crc)), seed);
}

std::uint64_t header_bytes_for(std::uint64_t entries) {
    return sizeof(DiskHeader) + entries * sizeof(DiskEntry);
}

}  // namespace

std::uint64_t CommitHeader::header_bytes() const {
    return header_bytes_for(entries.size());
}

std::uint64_t CommitHeader::body_bytes() const {
    std::uint64_t bytes = 0;
    for (const JournalEntry& entry : entries) {
        bytes += entry.bytes;
    }
    return bytes;
}

std::uint64_t CommitHeader::total_bytes() const {
    const std::uint64_t bytes = header_bytes() + body_bytes();
    return (bytes + kJournalBlockBytes - 1) / kJournalBlockBytes * kJournalBlockBytes;
}

std::vector<std::byte> encode_commit_header(const CommitHeader& header, std::uint32_t seed) {
    std::vector<std::byte> bytes(header.header_bytes());
    DiskHeader disk{};
    disk.magic = kMagic;
    disk.generation = header.generation;
    disk.sequence = header.sequence;
    disk.previous = header.previous;
    disk.entries = static_cast<std::uint32_t>(header.entries.size());
    store_le(bytes.data(), disk);
    std::byte* at = bytes.data() + sizeof disk;
    for (const JournalEntry& entry : header.entries) {
        const DiskEntry out{entry.shard.stream_uid, entry.shard.shard_no,
                            static_cast<std::uint32_t>(entry.kind), entry.bytes};
        store_le(at, out);
        at += sizeof out;
    }
    disk.crc = checksum(bytes, seed);
    store_le(bytes.data(), disk);
    return bytes;
}

std::optional<CommitHeader> decode_commit_header(Bytes bytes, std::uint32_t seed,
                                                 std::uint64_t& needed) {
    needed = sizeof(DiskHeader);
    if (bytes.size() < needed) {
        return std::nullopt;
    }
    const auto disk = load_le<DiskHeader>(bytes.data());
    if (disk.magic != kMagic || disk.entries > kEntriesMax) {
        return std::nullopt;
    }
    needed = header_bytes_for(disk.entries);
    if (bytes.size() < needed || disk.crc != checksum(bytes.first(needed), seed)) {
        return std::nullopt;
    }
    CommitHeader header{disk.generation, disk.sequence, disk.previous, {}};
    header.entries.reserve(disk.entries);
    for (std::uint64_t i = 0; i < disk.entries; ++i) {
        const auto in = load_le<DiskEntry>(bytes.data() + header_bytes_for(i));
        if (in.bytes > kEntryBytesMax) {
            return std::nullopt;
        }
        header.entries.push_back(
            {static_cast<JournalEntry::Kind>(in.kind), {in.stream_uid, in.shard_no}, in.bytes});
    }
    return header;
}

bool body_is_whole(const CommitHeader& header, Bytes body) {
    for (const JournalEntry& entry : header.entries) {
        const std::uint32_t seed = frame_seed(entry.shard);
        Bytes frames = body.first(entry.bytes);
        body = body.subspan(entry.bytes);
        while (!frames.empty()) {
            if (check_frame(frames, seed) != FrameState::kWhole) {
                return false;
            }
            frames = frames.subspan(load_header(frames).frame_bytes());
        }
    }
    return true;
}

}  // namespace millrace::storage
