#include "storage/shard_cursor.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace millrace::storage {
namespace {

// Retention may take a segment between our look at the log and the opening of its file.
constexpr int kOpenAttemptsMax = 16;

// A reader from the disk keeps so much behind it in memory, for others that come soon after it, and
// lets go of so much before that: more than one read takes.
constexpr std::uint64_t kKeptBytes = 16 << 20;
constexpr std::uint64_t kLetGoBytes = 32 << 20;

// So much below; zero at least.
std::uint64_t below(std::uint64_t offset, std::uint64_t bytes) {
    return offset - std::min(offset, bytes);
}

Error would_block() {
    return {Errc::kWouldBlock, "not in memory"};
}

}  // namespace

Result<void> ShardCursor::open(Position from, WallTime horizon) {
    for (int attempt = 0; attempt < kOpenAttemptsMax; ++attempt) {
        MILLRACE_TRY(const ShardLog::View view, log_.view(from, horizon));
        tip_ = view.tip;
        sealed_ = view.sealed;
        expected_ = from;
        walk_.reset();
        segment_ = view.segment;
        if (!segment_) {
            return success();
        }
        auto entered = view.index_elsewhere ? enter_by_index(*segment_, from, horizon)
                                            : enter(*segment_, view.entry);
        if (entered || entered.error().code != Errc::kNotFound) {
            return entered;
        }
        if (log_.has_segment(segment_->first)) {
            break;
        }
    }
    return missing(*segment_);
}

// REQUIRES: its file is not there although it belongs to the log.
Error ShardCursor::missing(const Segment& segment) {
    const env::Path path = log_.segment_path(segment.first);
    parts_.damage.add({log_.key(), path.string(), 0, segment.bytes, segment.first});
    return Error{Errc::kCorrupt, "a segment's file is missing: file=" + path.string()};
}

Result<std::shared_ptr<env::File>> ShardCursor::file_of(const Segment& segment) {
    const env::Path path = log_.segment_path(segment.first);
    if (mode_ == env::ReadMode::kMayBlock) {
        return open_cached(parts_, path);
    }
    auto held = parts_.open_files.find(path);
    if (held == nullptr) {
        return would_block();
    }
    return held;
}

Result<void> ShardCursor::enter(const Segment& segment, const std::optional<IndexEntry>& entry) {
    MILLRACE_TRY(auto file, file_of(segment));
    const std::uint64_t offset = entry ? entry->offset : kSegmentHeaderBytes;
    segment_ = segment;
    walked_ = entry ? Position(entry->position) : segment.first;
    walk_.emplace(std::move(file), log_.seed(), offset, segment.bytes, mode_, window_);
    return success();
}

Result<void> ShardCursor::enter_by_index(const Segment& segment, Position from, WallTime horizon) {
    for (const bool scan : {false, true}) {
        MILLRACE_TRY(const auto index, index_of(segment, scan));
        const std::optional<IndexEntry> entry = find_entry(*index, from, horizon);
        MILLRACE_TRY(enter(segment, entry));
        if (!entry) {
            return success();
        }
        // An index is a hint: the frame it leads to is to say the same.
        const auto there = walk_->header();
        if (there && there.value().position == entry->position) {
            return success();
        }
        if (!there && there.error().code != Errc::kCorrupt) {
            return there.error();
        }
    }
    return success();  // damage: the next header() reports it
}

Result<std::shared_ptr<const SegmentIndex>> ShardCursor::index_of(const Segment& segment,
                                                                  bool scan) {
    const env::Path path = log_.segment_path(segment.first);
    if (!scan) {
        if (auto held = parts_.indexes.find(path)) {
            return held;
        }
    }
    if (mode_ == env::ReadMode::kCachedOnly) {
        return would_block();
    }
    std::optional<SegmentIndex> index;
    if (!scan) {
        const env::Path hint = log_.directory() / index_name(segment.first);
        if (auto file = parts_.files.open(hint, env::OpenMode::kReadOnly)) {
            MILLRACE_TRY(const std::uint64_t size, file.value()->size());
            std::vector<std::byte> bytes(size);
            MILLRACE_TRY(file.value()->read_at(0, bytes, env::ReadMode::kMayBlock));
            index = decode_index(bytes, log_.key(), segment.first, segment.bytes);
        }
    }
    if (!index) {
        index.emplace();
        MILLRACE_TRY(auto file, file_of(segment));
        FrameWalk walk(std::move(file), log_.seed(), kSegmentHeaderBytes, segment.bytes, mode_,
                       window_);
        Position next = segment.first;
        while (!walk.at_end()) {
            const auto header = walk.header();
            if (!header) {
                if (header.error().code != Errc::kCorrupt) {
                    return header.error();
                }
                MILLRACE_TRY(const bool found, walk.resync(next));
                if (!found) {
                    break;
                }
                continue;
            }
            if (wants_entry(*index, walk.offset())) {
                index->push_back({header.value().position, walk.offset(), header.value().stamp_ms});
            }
            next = Position(header.value().position + 1);
            walk.skip();
        }
    }
    auto held = std::make_shared<const SegmentIndex>(std::move(*index));
    parts_.indexes.put(path, held, (held->size() + 1) * sizeof(IndexEntry));
    return held;
}

Result<std::optional<FrameHeader>> ShardCursor::header() {
    while (walk_) {
        if (!walk_->at_end()) {
            auto header = walk_->header();
            if (!header) {
                const std::uint64_t from = walk_->offset();
                Error why = damaged(std::move(header).error());
                // Nothing that is wanted was lost if what follows is not past it.
                const bool passed = why.code == Errc::kCorrupt && walk_->offset() > from &&
                                    walk_->position() <= expected_;
                if (!passed) {
                    return why;
                }
                continue;
            }
            if (header.value().position >= tip_.value()) {
                break;  // published since, or the end
            }
            if (header.value().position < expected_.value()) {
                skip();  // not wanted, or met in a segment that was rewritten meanwhile
                continue;
            }
            return std::optional(header.value());
        }
        const auto next = log_.segment_after(*segment_, walked_);
        if (!next || next->first >= tip_) {
            break;
        }
        auto entered = enter(*next, std::nullopt);
        if (!entered) {
            if (entered.error().code != Errc::kNotFound) {
                return std::move(entered).error();
            }
            if (log_.has_segment(next->first)) {
                return missing(*next);
            }
        }
    }
    return std::optional<FrameHeader>();
}

Result<Bytes> ShardCursor::frame() {
    auto frame = walk_->frame();
    if (!frame) {
        return damaged(std::move(frame).error());
    }
    return frame;
}

void ShardCursor::skip() {
    walked_ = Position(walk_->position().value() + 1);
    expected_ = std::max(expected_, walked_);
    walk_->skip();
}

bool ShardCursor::will_read(std::uint64_t bytes) {
    struct Stretch {
        std::shared_ptr<env::File> file;
        std::uint64_t offset;
        std::uint64_t bytes;
    };
    const std::uint64_t here = std::min(bytes, segment_->bytes - walk_->offset());
    std::vector<Stretch> stretches{{walk_->file(), walk_->offset(), here}};
    const auto next = here < bytes ? log_.segment_after(*segment_, walked_) : std::nullopt;
    if (next && next->first > segment_->first && next->first < tip_) {
        auto file = file_of(*next);
        if (file) {
            stretches.push_back({std::move(file).value(), 0, std::min(bytes - here, next->bytes)});
        }
    }
    // If the far end is in memory the rest is, too: it was asked for, or written, before.
    const Stretch& last = stretches.back();
    std::byte far_end{};
    const auto probe = last.file->read_at(last.offset + last.bytes - 1, std::span(&far_end, 1),
                                          env::ReadMode::kCachedOnly);
    if (probe || probe.error().code != Errc::kWouldBlock) {
        return false;
    }
    for (const Stretch& stretch : stretches) {
        stretch.file->will_read(stretch.offset, stretch.bytes);
    }
    return true;
}

void ShardCursor::let_go() {
    if (!walk_) {
        return;
    }
    const std::uint64_t here = walk_->offset();
    const auto tell = [](env::File& file, std::uint64_t from, std::uint64_t to) {
        if (from < to) {
            file.will_not_read(from, to - from);
        }
    };
    tell(*walk_->file(), below(here, kKeptBytes + kLetGoBytes), below(here, kKeptBytes));
    // What is left of the stretch lies in the segment before this one.
    const std::uint64_t far = below(kKeptBytes + kLetGoBytes, here);
    const auto before = far > 0 ? log_.segment_before(segment_->first) : std::nullopt;
    const auto file = before ? file_of(*before) : would_block();
    if (file) {
        tell(*file.value(), below(before->bytes, far),
             below(before->bytes, below(kKeptBytes, here)));
    }
}

Error ShardCursor::damaged(Error why) {
    if (why.code != Errc::kCorrupt) {
        return why;
    }
    const std::uint64_t from = walk_->offset();
    const auto found = walk_->resync(walked_);
    if (!found && found.error().code != Errc::kCorrupt) {
        return found.error();
    }
    const std::uint64_t to = found && found.value() ? walk_->offset() : segment_->bytes;
    const env::Path path = log_.segment_path(segment_->first);
    parts_.damage.add({log_.key(), path.string(), from, to - from, walked_});
    why.message += ": file=" + path.string() + " offset=" + std::to_string(from);
    return why;
}

}  // namespace millrace::storage
