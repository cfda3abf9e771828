#include "storage/shard_reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "storage/shard_cursor.h"

namespace millrace::storage {
namespace {

constexpr std::size_t kFirstWindowBytes = 64 << 10;

// What a reader from the disk is to find in memory next time: twice what it took this time, so that
// the disk is busy while a read is answered. Less than the least is left to the system's own
// read-ahead; more than the most would push out what others read. Four shards of 1.3 GB drained by
// four connections, on two loaded cores: 336k records/s and 6.2 s of CPU, without asking 256k and
// 8.2 s, and 244k and 10.5 s when a worker tried memory first (medians of three).
constexpr std::uint64_t kAheadBytesMin = 64 << 10;
constexpr std::uint64_t kAheadBytesMax = 16 << 20;

using Holders = std::vector<std::shared_ptr<const std::byte[]>>;

Record view_of(const FrameHeader& header, Bytes frame) {
    return {Position(header.position), header.stamp(), frame_key(frame), frame_data(frame),
            header.attributes};
}

}  // namespace

Result<ReadResult> read_records(StoreParts& parts, ShardLog& log, const ReadRequest& request,
                                env::ReadMode mode) {
    const std::size_t window = request.records_max == 1 ? std::size_t{4096} : kFirstWindowBytes;
    ShardCursor cursor(parts, log, mode, window);
    MILLRACE_TRY(cursor.open(request.from, request.horizon));
    if (mode == env::ReadMode::kMayBlock && log.read_ahead().expects(request.from)) {
        cursor.let_go();
    }
    ReadResult result;
    result.tip = cursor.tip();
    result.next = std::max(request.from, std::min(log.first(), result.tip));
    auto holders = std::make_shared<Holders>();
    std::uint64_t bytes = 0;
    bool more = false;  // on the disk
    while (true) {
        auto header = cursor.header();
        if (!header) {
            // What lies before the damage is good; the next read begins at it.
            if (header.error().code == Errc::kCorrupt && !result.records.empty()) {
                result.next_stamp = result.records.back().stamp;
                break;
            }
            return std::move(header).error();
        }
        if (!header.value()) {
            result.next = std::max(result.next, result.tip);
            result.at_end = cursor.sealed();
            break;
        }
        const FrameHeader& frame = *header.value();
        if (frame.stamp() < request.horizon) {
            cursor.skip();
            result.next = std::max(result.next, Position(frame.position + 1));
            continue;
        }
        const bool full =
            result.records.size() >= request.records_max ||
            (!result.records.empty() && bytes + frame.payload_bytes() > request.bytes_max);
        if (full) {
            result.next = Position(frame.position);
            result.next_stamp = frame.stamp();
            const std::uint64_t ahead = std::min(2 * bytes, kAheadBytesMax);
            more = mode == env::ReadMode::kMayBlock && ahead >= kAheadBytesMin &&
                   cursor.will_read(ahead);
            break;
        }
        auto whole = cursor.frame();
        if (!whole) {
            if (whole.error().code == Errc::kCorrupt && !result.records.empty()) {
                result.next_stamp = frame.stamp();
                break;
            }
            return std::move(whole).error();
        }
        if (holders->empty() || holders->back() != cursor.holder()) {
            holders->push_back(cursor.holder());
        }
        result.records.push_back(view_of(frame, whole.value()));
        bytes += frame.payload_bytes();
        result.next = Position(frame.position + 1);
        cursor.skip();
    }
    if (mode == env::ReadMode::kMayBlock) {
        log.read_ahead().note(request.from, more ? std::optional(result.next) : std::nullopt);
    }
    result.keepalive = std::move(holders);
    return result;
}

Result<Position> locate_record(StoreParts& parts, ShardLog& log, const Locate& locate,
                               env::ReadMode mode) {
    ShardCursor cursor(parts, log, mode, kFirstWindowBytes);
    const bool by_time = locate.what == Locate::What::kAtTime;
    MILLRACE_TRY(cursor.open(Position(0), by_time ? locate.time : WallTime::min()));
    switch (locate.what) {
        case Locate::What::kTip:
            return cursor.tip();
        case Locate::What::kFirst:
            return log.first();
        case Locate::What::kAtTime:
            break;
    }
    while (true) {
        MILLRACE_TRY(const auto header, cursor.header());
        if (!header) {
            return cursor.tip();
        }
        if (header->stamp() >= locate.time) {
            return Position(header->position);
        }
        cursor.skip();
    }
}

}  // namespace millrace::storage
