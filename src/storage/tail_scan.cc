#include "storage/tail_scan.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "storage/frame_walk.h"

namespace millrace::storage {
namespace {

constexpr std::size_t kWindowBytes = 1 << 20;
constexpr Position kNoLimit(~std::uint64_t{0});

class TailScan final {
public:
    TailScan(StoreParts& parts, ShardState& state) : parts_(parts), state_(state) {}

    // No frame at or past `limit` counts: the next segment has it.
    Result<void> scan(Position first, Position limit) {
        const env::Path path = parts_.layout.shard(state_.key) / segment_name(first);
        MILLRACE_TRY(auto opened, parts_.files.open(path, env::OpenMode::kReadWrite));
        std::shared_ptr<env::File> file = std::move(opened);
        MILLRACE_TRY(const std::uint64_t size, file->size());
        Segment segment{first, kSegmentHeaderBytes, state_.last_stamp, state_.last_stamp};
        if (!state_.segments.empty() && state_.next < first) {
            parts_.damage.add({state_.key, path.string(), 0, 0, state_.next});
        }
        const bool known = !state_.segments.empty() && state_.segments.back().first == first;
        if (known) {
            segment = state_.segments.back();
        } else {
            MILLRACE_TRY(const bool good, check_start(*file, path, size, first));
            if (!good) {
                return success();
            }
        }
        bool counts = known;  // as a part of the log
        FrameWalk walk(file, frame_seed(state_.key), segment.bytes, size, env::ReadMode::kMayBlock,
                       kWindowBytes);
        while (!walk.at_end()) {
            auto header = walk.header();
            const auto frame = header ? walk.frame() : Result<Bytes>(header.error());
            if (!frame) {
                if (frame.error().code != Errc::kCorrupt) {
                    return frame.error();
                }
                const std::uint64_t from = walk.offset();
                MILLRACE_TRY(const bool more, walk.resync(state_.next));
                if (!more && limit != kNoLimit && state_.next < limit) {
                    // The next segment tells that there was more, and a reader is to meet it.
                    parts_.damage.add({state_.key, path.string(), from, size - from, state_.next});
                    state_.next = limit;
                    segment.bytes = size;
                    counts = true;
                    break;
                }
                if (!more) {
                    log::info("cut a torn tail off: file={} offset={} bytes={}", path.string(),
                              from, size - from);
                    MILLRACE_TRY(file->truncate(from));
                    break;
                }
                parts_.damage.add(
                    {state_.key, path.string(), from, walk.offset() - from, state_.next});
                segment.bytes = walk.offset();
                continue;
            }
            const Position position = walk.position();
            if (position >= limit) {
                break;
            }
            if (position >= std::max(first, state_.next)) {
                take(segment, header.value());
                counts = true;
            }
            walk.skip();
            segment.bytes = walk.offset();
        }
        if (segment.bytes == kSegmentHeaderBytes) {
            return parts_.files.remove(path);
        }
        if (!counts) {
            return success();  // a file of this name that is not the shard's next segment
        }
        // What is found here a checkpoint will call durable. Where that promises nothing to anyone
        // the checkpoint itself syncs it, beside what goes on.
        if (parts_.journals_records()) {
            MILLRACE_TRY(file->sync_data());
        } else if (!known || segment != state_.segments.back()) {
            unsynced_.push_back(file);
        }
        if (known) {
            state_.segments.back() = segment;
        } else {
            state_.segments.push_back(segment);
        }
        return success();
    }

    std::vector<std::shared_ptr<env::File>> take_unsynced() { return std::move(unsynced_); }

private:
    void take(Segment& segment, const FrameHeader& header) {
        if (segment.bytes == kSegmentHeaderBytes) {
            segment.first_stamp = header.stamp();
        }
        segment.last_stamp = header.stamp();
        state_.next = Position(header.position + 1);
        state_.last_stamp = std::max(state_.last_stamp, header.stamp());
        if (header.kind == FrameKind::kEnd) {
            state_.end = Position(header.position);
        }
    }

    // Whether the file begins as a segment. A file without a frame is removed: it was just made.
    Result<bool> check_start(env::File& file, const env::Path& path, std::uint64_t size,
                             Position first) {
        if (size <= kSegmentHeaderBytes) {
            MILLRACE_TRY(parts_.files.remove(path));
            return false;
        }
        SegmentHeaderBytes header{};
        MILLRACE_TRY(file.read_at(0, header, env::ReadMode::kMayBlock));
        const auto checked = check_segment_header(header, state_.key, first);
        if (checked) {
            return true;
        }
        if (checked.error().code != Errc::kCorrupt) {
            return Error{checked.error().code, path.string() + ": " + checked.error().message};
        }
        // Its frames name their shard themselves; they are looked at all the same.
        parts_.damage.add({state_.key, path.string(), 0, kSegmentHeaderBytes, first});
        return true;
    }

    StoreParts& parts_;
    ShardState& state_;
    std::vector<std::shared_ptr<env::File>> unsynced_;
};

}  // namespace

Result<std::vector<std::shared_ptr<env::File>>> scan_tail(StoreParts& parts, ShardState& state,
                                                          std::span<const Position> firsts) {
    TailScan scan(parts, state);
    for (std::size_t i = 0; i < firsts.size(); ++i) {
        MILLRACE_TRY(scan.scan(firsts[i], i + 1 < firsts.size() ? firsts[i + 1] : kNoLimit));
    }
    return scan.take_unsynced();
}

}  // namespace millrace::storage
