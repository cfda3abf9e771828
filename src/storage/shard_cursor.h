// ShardCursor: a walk over one shard's published frames, from segment to segment. It meets every
// frame at or past a position that is stamped `horizon` or later, once and in order, whatever is
// rewritten meanwhile; and perhaps a few that are stamped earlier.
//
// With ReadMode::kCachedOnly each call may give kWouldBlock; the caller then begins anew with
// kMayBlock, off the network thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "storage/frame_walk.h"
#include "storage/shard_log.h"

namespace millrace::storage {

class ShardCursor final {
public:
    // `window`: bytes of the first read from a file.
    ShardCursor(StoreParts& parts, ShardLog& log, env::ReadMode mode, std::size_t window)
        : parts_(parts), log_(log), mode_(mode), window_(window) {}

    // kNotFound: the shard was dropped.
    Result<void> open(Position from, WallTime horizon);

    Position tip() const { return tip_; }
    bool sealed() const { return sealed_; }

    // The next frame's header; nothing at the tip. kCorrupt: damage, which was reported.
    Result<std::optional<FrameHeader>> header();
    // That frame, whole. kCorrupt: damage, which was reported.
    Result<Bytes> frame();
    void skip();
    // Asks the disk for the next `bytes`, into the next segment at most: the frame of the last
    // header(), which must have given one, and what follows it. False: memory has them.
    bool will_read(std::uint64_t bytes);
    // Lets the page cache go of what lies well before the next frame. REQUIRES: open() succeeded.
    void let_go();
    const std::shared_ptr<const std::byte[]>& holder() const { return walk_->holder(); }

private:
    Result<void> enter(const Segment& segment, const std::optional<IndexEntry>& entry);
    Result<void> enter_by_index(const Segment& segment, Position from, WallTime horizon);
    Result<std::shared_ptr<env::File>> file_of(const Segment& segment);
    Result<std::shared_ptr<const SegmentIndex>> index_of(const Segment& segment, bool scan);
    Error damaged(Error why);
    Error missing(const Segment& segment);

    StoreParts& parts_;
    ShardLog& log_;
    const env::ReadMode mode_;
    const std::size_t window_;
    Position tip_;
    bool sealed_ = false;
    Position expected_;  // no frame below it is wanted
    Position walked_;    // no frame below it is left in the walk
    std::optional<Segment> segment_;
    std::optional<FrameWalk> walk_;
};

}  // namespace millrace::storage
