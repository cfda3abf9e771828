#include "storage/shard_reader.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "storage/shard_cursor.h"

namespace millrace::storage {
namespace {

constexpr std::size_t kFirstWindowBytes = 64 << 10;
constexpr std::size_t kNextWindowBytes = 1 << 20;

// So much of a read is done at once by the worker that was asked (0.1 ms); the rest goes to the
// disk pool, whether or not it is in memory. Beside two consumers that drained a stream, 10 MiB at
// a time, a PutRecord took 4.7 ms where workers read all of it, and 2.1 ms so (means; two cores).
constexpr std::uint64_t kHereBytesMax = 256 << 10;

// What a reader from the disk is to find in memory next time: twice what it took this time, so that
// the disk is busy while a read is answered. Less than the least is left to the system's own
// read-ahead; more than the most would push out what others read. Four shards of 1.3 GB drained by
// four connections, on two loaded cores: 336k records/s and 6.2 s of CPU, without asking 256k and
// 8.2 s, and 244k and 10.5 s when a worker tried memory first (medians of three).
constexpr std::uint64_t kAheadBytesMin = 64 << 10;
constexpr std::uint64_t kAheadBytesMax = 16 << 20;

Record view_of(const FrameHeader& header, Bytes frame) {
    return {Position(header.position), header.stamp(), frame_key(frame), frame_data(frame),
            header.attributes};
}

}  // namespace

Result<bool> ShardReader::read(env::ReadMode mode) {
    const bool begun = !result_.records.empty();
    const std::size_t window = begun                       ? kNextWindowBytes
                               : request_.records_max == 1 ? std::size_t{4096}
                                                           : kFirstWindowBytes;
    ShardCursor cursor(parts_, log_, mode, window);
    auto done = read_on(cursor, mode, begun ? result_.next : request_.from);
    if (!done && done.error().code == Errc::kWouldBlock) {
        return false;
    }
    return done;
}

Result<bool> ShardReader::read_on(ShardCursor& cursor, env::ReadMode mode, Position from) {
    MILLRACE_TRY(cursor.open(from, request_.horizon));
    if (mode == env::ReadMode::kMayBlock && log_.read_ahead().expects(request_.from)) {
        cursor.let_go();
    }
    result_.tip = cursor.tip();
    result_.next = std::max(from, std::min(log_.first(), result_.tip));
    bool more = false;  // on the disk
    while (true) {
        auto header = cursor.header();
        if (!header) {
            // What lies before the damage is good; the next read begins at it.
            if (header.error().code == Errc::kCorrupt && !result_.records.empty()) {
                result_.next_stamp = result_.records.back().stamp;
                break;
            }
            return std::move(header).error();
        }
        if (!header.value()) {
            result_.next = std::max(result_.next, result_.tip);
            result_.at_end = cursor.sealed();
            break;
        }
        const FrameHeader& frame = *header.value();
        if (frame.stamp() < request_.horizon) {
            cursor.skip();
            result_.next = std::max(result_.next, Position(frame.position + 1));
            continue;
        }
        const bool full =
            result_.records.size() >= request_.records_max ||
            (!result_.records.empty() && bytes_ + frame.payload_bytes() > request_.bytes_max);
        if (full) {
            result_.next = Position(frame.position);
            result_.next_stamp = frame.stamp();
            const std::uint64_t ahead = std::min(2 * bytes_, kAheadBytesMax);
            more = mode == env::ReadMode::kMayBlock && ahead >= kAheadBytesMin &&
                   cursor.will_read(ahead);
            break;
        }
        if (mode == env::ReadMode::kCachedOnly && bytes_ >= kHereBytesMax) {
            return false;
        }
        auto whole = cursor.frame();
        if (!whole) {
            if (whole.error().code == Errc::kCorrupt && !result_.records.empty()) {
                result_.next_stamp = frame.stamp();
                break;
            }
            return std::move(whole).error();
        }
        if (holders_.empty() || holders_.back() != cursor.holder()) {
            holders_.push_back(cursor.holder());
        }
        result_.records.push_back(view_of(frame, whole.value()));
        bytes_ += frame.payload_bytes();
        result_.next = Position(frame.position + 1);
        cursor.skip();
    }
    if (mode == env::ReadMode::kMayBlock) {
        log_.read_ahead().note(request_.from, more ? std::optional(result_.next) : std::nullopt);
    }
    return true;
}

ReadResult ShardReader::take() {
    result_.keepalive = std::make_shared<decltype(holders_)>(std::move(holders_));
    return std::move(result_);
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
