#include "storage/checkpoint.h"

#include <cstring>

#include "base/crc32c.h"
#include "base/log.h"
#include "env/whole_file.h"

namespace millrace::storage {
namespace {

constexpr char kMagic[8] = {'m', 'i', 'l', 'l', 'c', 'h', 'k', '\n'};
constexpr std::uint32_t kVersion = 2;
constexpr std::uint64_t kNoEnd = ~std::uint64_t{0};

struct DiskCheckpoint {
    char magic[8];
    std::uint32_t version;
    std::uint32_t crc;  // of everything after it
    std::uint64_t generation;
    std::uint64_t sequence;
    std::uint64_t offset;
    std::uint64_t shards;
    std::uint64_t doomed;
    std::uint32_t records_journaled;
    std::uint32_t journal_seed;
};
static_assert(sizeof(DiskCheckpoint) == 64);
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

struct DiskDoomed {
    std::uint64_t stream_uid;
    std::uint32_t shard_no;
    std::uint32_t kind;
    std::uint64_t first;
};
static_assert(sizeof(DiskDoomed) == 24);

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
    head.doomed = checkpoint.doomed.size();
    head.records_journaled = checkpoint.records_journaled ? 1 : 0;
    head.journal_seed = checkpoint.journal_seed;
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
    for (const Doomed& doomed : checkpoint.doomed) {
        put(out, DiskDoomed{doomed.shard.stream_uid, doomed.shard.shard_no,
                            static_cast<std::uint32_t>(doomed.kind), doomed.first.value()});
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
    checkpoint.journal_seed = head.journal_seed;
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
    for (std::uint64_t i = 0; i < head.doomed; ++i) {
        DiskDoomed disk{};
        if (!take(bytes, disk)) {
            return corrupt();
        }
        checkpoint.doomed.push_back({static_cast<Doomed::Kind>(disk.kind),
                                     {disk.stream_uid, disk.shard_no},
                                     Position(disk.first)});
    }
    return checkpoint;
}

namespace {

Result<std::optional<Checkpoint>> load_one(StoreParts& parts, const env::Path& path) {
    MILLRACE_TRY(const auto content, load_file(parts.files, path));
    if (!content) {
        return std::optional<Checkpoint>();
    }
    MILLRACE_TRY(auto checkpoint, decode_checkpoint(*content));
    return std::optional(std::move(checkpoint));
}

}  // namespace

Result<std::optional<Checkpoint>> load_checkpoint(StoreParts& parts) {
    const env::Path& path = parts.layout.checkpoint();
    auto loaded = load_one(parts, path);
    const bool damaged = !loaded && loaded.error().code == Errc::kCorrupt;
    if (!damaged && (!loaded || loaded.value())) {
        return loaded;
    }
    // The copy is stored first: it is the same, or later and as true. A first checkpoint may have
    // got no further.
    auto copy = load_one(parts, parts.layout.checkpoint_copy());
    if (!copy || !copy.value()) {
        return damaged ? std::move(loaded) : std::move(copy);
    }
    if (damaged) {
        parts.damage.add({ShardKey{}, path.string(), 0, 0, {}});
        log::warn("the checkpoint is damaged, its copy serves: file={}", path.string());
    }
    return copy;
}

Result<std::uint64_t> store_checkpoint(StoreParts& parts, const Checkpoint& checkpoint) {
    const auto bytes = encode_checkpoint(checkpoint);
    MILLRACE_TRY(replace_file(parts.files, parts.layout.checkpoint_copy(), bytes));
    MILLRACE_TRY(replace_file(parts.files, parts.layout.checkpoint(), bytes));
    return bytes.size();
}

}  // namespace millrace::storage
