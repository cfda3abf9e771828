#include "storage/checkpoint.h"

#include <cstring>

#include "base/crc32c.h"
#include "storage/whole_file.h"

namespace millrace::storage {
namespace {

constexpr char kMagic[8] = {'m', 'i', 'l', 'l', 'c', 'h', 'k', '\n'};
constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kNoEnd = ~std::uint64_t{0};

struct DiskCheckpoint {
    char magic[8];
    std::uint32_t version;
    std::uint32_t crc;  // of everything after it
    std::uint64_t generation;
    std::uint64_t sequence;
    std::uint64_t offset;
    std::uint64_t shards;
    std::uint32_t records_journaled;
    std::uint32_t reserved;
};
static_assert(sizeof(DiskCheckpoint) == 56);
constexpr std::size_t kCheckedFrom = 16;

struct DiskShard {
    std::uint64_t stream_uid;
    std::uint32_t shard_no;
    std::uint32_t segments;
    std::uint64_t next;
    std::int64_t last_stamp_ms;
    std::uint64_t end;  // kNoEnd: not sealed
};
static_assert(sizeof(DiskShard) == 40);

struct DiskSegment {
    std::uint64_t first;
    std::uint64_t bytes;
    std::int64_t first_stamp_ms;
    std::int64_t last_stamp_ms;
};
static_assert(sizeof(DiskSegment) == 32);

template <class T>
void put(std::vector<std::byte>& out, const T& value) {
    const std::size_t at = out.size();
    out.resize(at + sizeof value);
    store_le(out.data() + at, value);
}

template <class T>
bool take(Bytes& from, T& value) {
    if (from.size() < sizeof value) {
        return false;
    }
    value = load_le<T>(from.data());
    from = from.subspan(sizeof value);
    return true;
}

Error corrupt() {
    return {Errc::kCorrupt, "the checkpoint is damaged"};
}

}  // namespace

std::vector<std::byte> encode_checkpoint(const Checkpoint& checkpoint) {
    DiskCheckpoint head{};
    std::memcpy(head.magic, kMagic, sizeof kMagic);
    head.version = kVersion;
    head.generation = checkpoint.mark.generation;
    head.sequence = checkpoint.mark.sequence;
    head.offset = checkpoint.mark.offset;
    head.shards = checkpoint.shards.size();
    head.records_journaled = checkpoint.records_journaled ? 1 : 0;
    std::vector<std::byte> out;
    put(out, head);
    for (const ShardState& shard : checkpoint.shards) {
        put(out, DiskShard{shard.key.stream_uid, shard.key.shard_no,
                           static_cast<std::uint32_t>(shard.segments.size()), shard.next.value(),
                           to_ms(shard.last_stamp), shard.end ? shard.end->value() : kNoEnd});
        for (const Segment& segment : shard.segments) {
            put(out, DiskSegment{segment.first.value(), segment.bytes, to_ms(segment.first_stamp),
                                 to_ms(segment.last_stamp)});
        }
    }
    head.crc = crc32c(Bytes(out).subspan(kCheckedFrom));
    store_le(out.data(), head);
    return out;
}

Result<Checkpoint> decode_checkpoint(Bytes bytes) {
    const Bytes whole = bytes;
    DiskCheckpoint head{};
    if (!take(bytes, head) || std::memcmp(head.magic, kMagic, sizeof kMagic) != 0) {
        return corrupt();
    }
    if (head.version != kVersion) {
        return Error{Errc::kUnsupported,
                     "checkpoint of format version " + std::to_string(head.version)};
    }
    if (head.crc != crc32c(whole.subspan(kCheckedFrom))) {
        return corrupt();
    }
    Checkpoint checkpoint;
    checkpoint.mark = {head.generation, head.sequence, head.offset};
    checkpoint.records_journaled = head.records_journaled != 0;
    for (std::uint64_t i = 0; i < head.shards; ++i) {
        DiskShard disk{};
        if (!take(bytes, disk)) {
            return corrupt();
        }
        ShardState shard;
        shard.key = {disk.stream_uid, disk.shard_no};
        shard.next = Position(disk.next);
        shard.last_stamp = wall_time(disk.last_stamp_ms);
        if (disk.end != kNoEnd) {
            shard.end = Position(disk.end);
        }
        for (std::uint32_t n = 0; n < disk.segments; ++n) {
            DiskSegment segment{};
            if (!take(bytes, segment)) {
                return corrupt();
            }
            shard.segments.push_back({Position(segment.first), segment.bytes,
                                      wall_time(segment.first_stamp_ms),
                                      wall_time(segment.last_stamp_ms)});
        }
        checkpoint.shards.push_back(std::move(shard));
    }
    return checkpoint;
}

Result<std::optional<Checkpoint>> load_checkpoint(StoreParts& parts) {
    MILLRACE_TRY(const auto content, load_file(parts.files, parts.layout.checkpoint()));
    if (!content) {
        return std::optional<Checkpoint>();
    }
    MILLRACE_TRY(auto checkpoint, decode_checkpoint(*content));
    return std::optional(std::move(checkpoint));
}

Result<void> store_checkpoint(StoreParts& parts, const Checkpoint& checkpoint) {
    return replace_file(parts.files, parts.layout.checkpoint(), encode_checkpoint(checkpoint));
}

}  // namespace millrace::storage
