// ShardLog: the segments of one shard. One writer at a time (the committer; recovery before it)
// stages frames, writes them and then either publishes them, all at once, or rolls them back.
// Readers see what is published, and nothing else.
//
// A write that could not be rolled back leaves the log broken: nothing is appended until mend()
// has restored the file. A sync that failed leaves it in need of a rewrite: the pages may be lost
// although they still read well, and only rewrite() from the journal makes them durable.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "storage/doomed.h"
#include "storage/engine.h"
#include "storage/frame.h"
#include "storage/read_ahead.h"
#include "storage/segment.h"
#include "storage/store_parts.h"
#include "storage/waiters.h"

namespace millrace::storage {

// A shard log as a checkpoint holds it.
struct ShardState {
    ShardKey key;
    Position next;                // no frame has it or a higher one
    WallTime last_stamp;          // of the last frame ever
    std::optional<Position> end;  // sealed
    std::vector<Segment> segments;
    bool operator==(const ShardState&) const = default;
};

class ShardLog final {
public:
    ShardLog(StoreParts& parts, ShardState state);
    ShardLog(const ShardLog&) = delete;
    ShardLog& operator=(const ShardLog&) = delete;

    const ShardKey& key() const { return key_; }
    std::uint32_t seed() const { return seed_; }
    const env::Path& directory() const { return directory_; }
    env::Path segment_path(Position first) const { return directory_ / segment_name(first); }

    // ---- Readers. Thread-safe.

    struct View {
        Position tip;  // one past the last readable record
        bool sealed = false;
        // The segment a walk from `from` starts in; none: there is nothing at or past it.
        std::optional<Segment> segment;
        // Where in it; none: at its start. Not the best place when `index_elsewhere`: the
        // segment's index, in its file or to be made, knows better.
        std::optional<IndexEntry> entry;
        bool index_elsewhere = false;
    };
    // Frames stamped before `horizon` are not asked for. kNotFound: the shard was dropped.
    Result<View> view(Position from, WallTime horizon) const;
    // Where a walk goes on that came to `position` at the end of `walked`: in the next segment, or
    // in one that a rewrite has put in the place of several.
    std::optional<Segment> segment_after(const Segment& walked, Position position) const;
    Position first() const;  // the tip if there is no frame
    // Whether the segment is a part of the log still: retention may have taken it since view().
    bool has_segment(Position first) const;
    // The last one that begins below.
    std::optional<Segment> segment_before(Position first) const;

    ReadAhead& read_ahead() { return read_ahead_; }

    // True: the wish is granted already. False: it is kept until it is.
    bool wait(const WishPtr& wish);

    // ---- The writer.

    bool ended() const { return tail_.end.has_value(); }
    Position end() const { return *tail_.end; }  // REQUIRES: ended()
    bool broken() const { return broken_; }
    Position next() const { return tail_.next; }
    Result<void> mend();

    // Numbers and stamps the frames and stages them: they go with the next write_staged(). They are
    // borrowed until published or rolled back. REQUIRES: not ended, not broken.
    void stage(std::span<std::byte> frames);
    // The same for frames that were numbered before (recovery). They are written over what may
    // stand there of them: a full disk takes that.
    void stage_numbered(Bytes frames);
    // Whether these may be written together with what is staged: they do not begin a segment.
    bool takes_with_staged(Bytes frames) const;
    // Where segments begin on the disk that the state does not know: what is restored from there on
    // goes into them again.
    void expect_segments(std::vector<Position> firsts) { expected_ = std::move(firsts); }
    // After the last of those: cuts off what else stands in the file.
    Result<void> restored();
    bool staged() const { return !staged_.empty(); }
    std::span<const Bytes> staged_frames() const { return staged_; }
    std::uint64_t staged_bytes() const { return staged_bytes_; }

    // Removes what a commit that never was durable left behind the last frame, as the next write
    // would: a later process that scans must not take it for a part of the log.
    Result<void> clear_rest();

    // After a failure only rollback() may follow.
    Result<void> write_staged();
    void publish(std::vector<WishPtr>& granted);
    void rollback();

    void drop(std::vector<WishPtr>& granted);

    // Takes out of the log the segments of which every record is stamped before `horizon`, and
    // gives those that are then nobody's. Only what the last checkpoint covers goes: nothing of it
    // is ever written again from the journal.
    std::vector<Doomed> trim(WallTime horizon);
    // The same for whole segments below a position (the catalog, below its snapshot).
    std::vector<Doomed> trim_below(Position position);

    ShardState state() const;

    // ---- Checkpoints, by the writer.

    bool dirty() const { return !unsynced_.empty() || directory_changed_; }

    struct Unsynced {
        std::vector<std::shared_ptr<env::File>> files;
        bool directory_changed = false;
    };
    // What must be synced before the present state() is durable.
    Unsynced take_unsynced();
    void synced(const ShardState& state);
    // Recovery: what these files hold was found, and not written by this process.
    void found(std::vector<std::shared_ptr<env::File>> unsynced);
    // The checkpoint was not made; if `lost`, because a sync of this log failed.
    void not_synced(bool directory_changed, bool lost);
    bool needs_rewrite() const { return lost_; }
    // Where what a rewrite would have to restore begins.
    Position durable_next() const { return durable_.next; }
    // Makes a new segment of the frames published since the last checkpoint, which the journal
    // holds, and syncs it. Readers go on with either. The segments whose place it takes, which the
    // last checkpoint may list even if it failed.
    Result<std::vector<Doomed>> rewrite(std::span<const FrameBytes> frames);

    // Writes the hints that spare the next process a scan of the active segment.
    void save_active_index();

private:
    struct Tail {
        Position next;
        WallTime last_stamp;
        std::optional<Position> end;
        std::optional<Segment> active;
    };
    struct Durable {
        Position next;
        std::optional<Segment> active;
    };

    bool rolls(Position first, std::uint64_t bytes) const;
    bool must_roll() const;
    Result<void> remove_unfinished(Position first);
    Result<void> cut();
    Result<void> open_active();
    Result<void> create_segment(Position first);
    void note_written(Bytes frames);
    std::vector<Doomed> take_segments(std::size_t count);
    void save_index(const Segment& segment, const SegmentIndex& index) const;

    StoreParts& parts_;
    const ShardKey key_;
    const std::uint32_t seed_;
    const env::Path directory_;
    ReadAhead read_ahead_;

    // The writer's.
    Tail tail_;       // with what is staged
    Tail committed_;  // as published
    Durable durable_;
    std::shared_ptr<env::File> file_;  // of tail_.active; null: not open
    std::vector<Bytes> staged_;
    std::uint64_t staged_bytes_ = 0;
    SegmentIndex staged_index_;
    bool wrote_ = false;               // something of what is staged may be in the file
    bool unfinished_removed_ = false;  // by the first write of this process
    bool broken_ = false;
    bool restoring_ = false;          // since stage_numbered(), until restored()
    std::vector<Position> expected_;  // meanwhile; ascending
    bool lost_ = false;
    bool directory_changed_ = false;
    bool directory_made_ = false;
    std::vector<std::shared_ptr<env::File>> unsynced_;
    std::optional<Position> created_;  // the segment that what is staged created

    mutable std::mutex mutex_;
    // Guarded by mutex_.
    std::vector<Segment> segments_;
    SegmentIndex index_;           // of the last segment, from where this process began
    bool index_complete_ = false;  // ... which was its start
    Position tip_;
    bool sealed_ = false;
    bool dropped_ = false;
    Waiters waiters_;
};

using ShardLogPtr = std::shared_ptr<ShardLog>;

}  // namespace millrace::storage
