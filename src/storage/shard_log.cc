#include "storage/shard_log.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "env/whole_file.h"

namespace millrace::storage {
namespace {

Position end_of(const Segment* next_segment, Position next) {
    return next_segment != nullptr ? next_segment->first : next;
}

// Calls `visit` with each frame's offset in `frames` and its header.
template <class Visit>
void for_each_frame(Bytes frames, Visit visit) {
    for (std::size_t at = 0; at < frames.size();) {
        const FrameHeader header = load_header(frames.subspan(at));
        visit(at, header);
        at += header.frame_bytes();
    }
}

void add_frame(Segment& segment, SegmentIndex& index, const FrameHeader& header) {
    if (segment.bytes == kSegmentHeaderBytes) {
        segment.first_stamp = header.stamp();
    } else if (wants_entry(index, segment.bytes)) {
        index.push_back({header.position, segment.bytes, header.stamp_ms});
    }
    segment.last_stamp = header.stamp();
    segment.bytes += header.frame_bytes();
}

}  // namespace

ShardLog::ShardLog(StoreParts& parts, ShardState state)
    : parts_(parts),
      key_(state.key),
      seed_(frame_seed(state.key)),
      directory_(parts.layout.shard(state.key)),
      segments_(std::move(state.segments)),
      tip_(state.end.value_or(state.next)),
      sealed_(state.end.has_value()) {
    tail_.next = state.next;
    tail_.last_stamp = state.last_stamp;
    tail_.end = state.end;
    if (!segments_.empty()) {
        tail_.active = segments_.back();
        directory_made_ = true;
    }
    committed_ = tail_;
    durable_ = {tail_.next, tail_.active};
}

Result<ShardLog::View> ShardLog::view(Position from, WallTime horizon) const {
    const std::lock_guard lock(mutex_);
    if (dropped_) {
        return Error{Errc::kNotFound, "no such shard log"};
    }
    View view;
    view.tip = tip_;
    view.sealed = sealed_;
    if (from >= tip_ || segments_.empty()) {
        return view;
    }
    auto at = std::upper_bound(segments_.begin(), segments_.end(), from,
                               [](Position p, const Segment& s) { return p < s.first; });
    if (at != segments_.begin()) {
        --at;
    }
    while (std::next(at) != segments_.end() && at->last_stamp < horizon) {
        ++at;
    }
    view.segment = *at;
    const bool one_stride = at->bytes <= kSegmentHeaderBytes + kIndexStrideBytes;
    const bool last = std::next(at) == segments_.end();
    if (last) {
        view.entry = find_entry(index_, from, horizon);
    }
    view.index_elsewhere = !view.entry && !one_stride && !(last && index_complete_);
    return view;
}

std::optional<Segment> ShardLog::segment_after(const Segment& walked, Position position) const {
    const std::lock_guard lock(mutex_);
    const auto after = std::upper_bound(segments_.begin(), segments_.end(), position,
                                        [](Position p, const Segment& s) { return p < s.first; });
    if (after != segments_.begin()) {
        const Segment& here = *std::prev(after);
        const bool more = here.first != walked.first || here.bytes > walked.bytes;
        if (more && position < tip_) {
            return here;
        }
    }
    return after == segments_.end() ? std::nullopt : std::optional(*after);
}

std::optional<Segment> ShardLog::segment_before(Position first) const {
    const std::lock_guard lock(mutex_);
    const auto at = std::lower_bound(segments_.begin(), segments_.end(), first,
                                     [](const Segment& s, Position p) { return s.first < p; });
    return at == segments_.begin() ? std::nullopt : std::optional(*std::prev(at));
}

Position ShardLog::first() const {
    const std::lock_guard lock(mutex_);
    return segments_.empty() ? tip_ : std::min(segments_.front().first, tip_);
}

bool ShardLog::has_segment(Position first) const {
    const std::lock_guard lock(mutex_);
    return std::any_of(segments_.begin(), segments_.end(),
                       [&](const Segment& s) { return s.first == first; });
}

bool ShardLog::wait(const WishPtr& wish) {
    const std::lock_guard lock(mutex_);
    if (dropped_ || sealed_ || tip_ > wish->position) {
        return true;
    }
    waiters_.sweep();
    waiters_.add(wish);
    return false;
}

void ShardLog::stage(std::span<std::byte> frames) {
    CHECK(!ended() && !broken_);
    for (std::size_t at = 0; at < frames.size();) {
        const FrameHeader header = load_header(frames.subspan(at));
        const WallTime stamp = std::max(header.stamp(), tail_.last_stamp);
        place_frame(&frames[at], seed_, tail_.next, stamp);
        if (header.kind == FrameKind::kEnd) {
            tail_.end = tail_.next;
        }
        tail_.last_stamp = stamp;
        tail_.next = Position(tail_.next.value() + 1);
        at += header.frame_bytes();
    }
    staged_.emplace_back(frames);
    staged_bytes_ += frames.size();
}

void ShardLog::stage_numbered(Bytes frames) {
    restoring_ = true;
    for_each_frame(frames, [&](std::size_t, const FrameHeader& header) {
        const Position position(header.position);
        if (header.kind == FrameKind::kEnd) {
            tail_.end = position;
        }
        tail_.last_stamp = std::max(tail_.last_stamp, header.stamp());
        tail_.next = Position(position.value() + 1);
    });
    staged_.push_back(frames);
    staged_bytes_ += frames.size();
}

// Whether what begins at `first` begins a segment, after so many bytes of the last one.
bool ShardLog::rolls(Position first, std::uint64_t bytes) const {
    if (bytes >= parts_.options.segment_bytes) {
        return true;
    }
    if (restoring_) {  // what is restored stands where it was written last
        return std::binary_search(expected_.begin(), expected_.end(), first);
    }
    return parts_.clock.now() - tail_.active->first_stamp >= parts_.options.segment_age;
}

bool ShardLog::must_roll() const {
    const std::uint64_t bytes = tail_.active->bytes;
    return bytes > kSegmentHeaderBytes &&
           rolls(Position(load_header(staged_.front()).position), bytes);
}

bool ShardLog::takes_with_staged(Bytes frames) const {
    const std::uint64_t bytes = tail_.active ? tail_.active->bytes : kSegmentHeaderBytes;
    return !staged() || !rolls(Position(load_header(frames).position), bytes + staged_bytes_);
}

Result<void> ShardLog::cut() {
    if (file_ == nullptr || !tail_.active) {
        return success();
    }
    MILLRACE_TRY(const std::uint64_t size, file_->size());
    return size > tail_.active->bytes ? file_->truncate(tail_.active->bytes) : success();
}

Result<void> ShardLog::restored() {
    restoring_ = false;
    expected_ = {};
    return cut();
}

Result<void> ShardLog::open_active() {
    const env::Path path = segment_path(tail_.active->first);
    auto opened = open_cached(parts_, path);
    if (!opened && opened.error().code == Errc::kNotFound) {
        parts_.damage.add({key_, path.string(), 0, tail_.active->bytes, tail_.active->first});
        tail_.active.reset();
        return success();
    }
    if (!opened) {
        return std::move(opened).error();
    }
    const std::shared_ptr<env::File> file = std::move(opened).value();
    MILLRACE_TRY(const std::uint64_t size, file->size());
    if (size < tail_.active->bytes) {
        parts_.damage.add({key_, path.string(), size, tail_.active->bytes - size, tail_.next});
        tail_.active.reset();  // what it lacks must not become a hole
        return success();
    }
    if (size > tail_.active->bytes && !restoring_) {
        MILLRACE_TRY(file->truncate(tail_.active->bytes));  // never acknowledged
    }
    file_ = file;
    return success();
}

Result<void> ShardLog::clear_rest() {
    if (tail_.active && file_ == nullptr) {
        MILLRACE_TRY(open_active());
    }
    if (!dirty()) {
        file_ = nullptr;
    }
    return remove_if_there(parts_.files, segment_path(tail_.next));
}

Result<void> ShardLog::create_segment(Position first) {
    if (!directory_made_) {
        MILLRACE_TRY(parts_.files.create_directories(directory_));
        directory_made_ = true;
    }
    directory_changed_ = true;
    const env::Path path = segment_path(first);
    auto made = parts_.files.open(path, env::OpenMode::kCreate);
    if (!made && made.error().code == Errc::kExists && restoring_) {
        made = parts_.files.open(path, env::OpenMode::kReadWrite);
    } else if (!made && made.error().code == Errc::kExists) {
        // Of a commit that was never acknowledged.
        MILLRACE_TRY(parts_.files.remove(path));
        made = parts_.files.open(path, env::OpenMode::kCreate);
    }
    if (!made) {
        return std::move(made).error();
    }
    created_ = first;
    file_ = std::move(made).value();
    parts_.open_files.put(path, file_, 1);
    tail_.active = Segment{first, 0, WallTime{}, WallTime{}};
    return success();
}

// An earlier process may have been killed in a commit that made a segment where this one goes on
// in the last.
Result<void> ShardLog::remove_unfinished(Position first) {
    auto removed = parts_.files.remove(segment_path(first));
    if (!removed && removed.error().code != Errc::kNotFound) {
        return removed;
    }
    directory_changed_ = directory_changed_ || removed.has_value();
    unfinished_removed_ = true;
    return success();
}

Result<void> ShardLog::write_staged() {
    if (tail_.active && must_roll()) {
        if (restoring_ && file_ == nullptr) {
            MILLRACE_TRY(open_active());
        }
        if (restoring_) {
            MILLRACE_TRY(cut());
        }
        tail_.active.reset();
        file_ = nullptr;
    }
    if (tail_.active && file_ == nullptr) {
        MILLRACE_TRY(open_active());
    }
    const Position first(load_header(staged_.front()).position);
    if (tail_.active && !unfinished_removed_ && !restoring_) {
        MILLRACE_TRY(remove_unfinished(first));
    }
    std::vector<Bytes> slices;
    slices.reserve(staged_.size() + 1);
    SegmentHeaderBytes header{};
    if (!tail_.active) {
        MILLRACE_TRY(create_segment(first));
        header = encode_segment_header(key_, first);
        slices.emplace_back(header);
    }
    slices.insert(slices.end(), staged_.begin(), staged_.end());
    wrote_ = true;
    MILLRACE_TRY(file_->write_at(tail_.active->bytes, slices));
    if (tail_.active->bytes == 0) {
        tail_.active->bytes = kSegmentHeaderBytes;
    }
    for (const Bytes frames : staged_) {
        note_written(frames);
    }
    if (unsynced_.empty() || unsynced_.back() != file_) {
        unsynced_.push_back(file_);
    }
    return success();
}

void ShardLog::note_written(Bytes frames) {
    // Entries go by the distance from the last one, staged or published.
    const bool fresh = created_.has_value();
    if (staged_index_.empty() && !fresh && !index_.empty()) {
        staged_index_.push_back(index_.back());
    }
    for_each_frame(frames, [&](std::size_t, const FrameHeader& header) {
        add_frame(*tail_.active, staged_index_, header);
    });
}

void ShardLog::publish(std::vector<WishPtr>& granted) {
    std::optional<Segment> finished;
    SegmentIndex finished_index;
    {
        const std::lock_guard lock(mutex_);
        if (tail_.active) {
            if (!segments_.empty() && segments_.back().first == tail_.active->first) {
                segments_.back() = *tail_.active;
            } else {
                if (!segments_.empty() && index_complete_) {
                    finished = segments_.back();
                    finished_index = std::move(index_);
                }
                segments_.push_back(*tail_.active);
                index_.clear();
                index_complete_ = true;
            }
        }
        auto from = staged_index_.begin();
        if (from != staged_index_.end() && !index_.empty() && *from == index_.back()) {
            ++from;
        }
        index_.insert(index_.end(), from, staged_index_.end());
        tip_ = tail_.end.value_or(tail_.next);
        sealed_ = ended();
        waiters_.take(tip_, sealed_, granted);
    }
    committed_ = tail_;
    staged_.clear();
    staged_bytes_ = 0;
    staged_index_.clear();
    wrote_ = false;
    created_.reset();
    if (finished) {
        save_index(*finished, finished_index);
    }
}

void ShardLog::rollback() {
    tail_ = committed_;
    staged_.clear();
    staged_bytes_ = 0;
    staged_index_.clear();
    broken_ = wrote_ || created_.has_value();
    if (broken_) {
        if (const auto mended = mend(); !mended) {
            log::error(
                "a shard takes no records until its file is restored: {} stream-uid={} shard={}",
                mended.error().message, key_.stream_uid, key_.shard_no);
        }
    }
}

Result<void> ShardLog::mend() {
    if (!broken_) {
        return success();
    }
    if (created_) {
        const env::Path path = segment_path(*created_);
        std::erase(unsynced_, file_);
        file_ = nullptr;
        parts_.open_files.forget(path);
        MILLRACE_TRY(remove_if_there(parts_.files, path));
        created_.reset();
    } else if (file_ != nullptr) {
        MILLRACE_TRY(file_->truncate(committed_.active->bytes));
    }
    wrote_ = false;
    broken_ = false;
    return success();
}

void ShardLog::drop(std::vector<WishPtr>& granted) {
    std::vector<Segment> segments;
    {
        const std::lock_guard lock(mutex_);
        dropped_ = true;
        segments.swap(segments_);
        waiters_.take(tip_, true, granted);
    }
    file_ = nullptr;
    unsynced_.clear();
    for (const Segment& segment : segments) {
        parts_.open_files.forget(segment_path(segment.first));
        parts_.indexes.forget(segment_path(segment.first));
    }
}

// REQUIRES: mutex_ is held.
std::vector<Doomed> ShardLog::take_segments(std::size_t count) {
    std::vector<Doomed> taken;
    if (count == segments_.size() &&
        count > 0) {  // the active one as well: the next write makes one
        std::erase(unsynced_, file_);
        file_ = nullptr;
        tail_.active.reset();
        committed_.active.reset();
        index_.clear();
        index_complete_ = false;
    }
    for (std::size_t i = 0; i < count; ++i) {
        taken.push_back({Doomed::Kind::kSegment, key_, segments_[i].first});
    }
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(count));
    return taken;
}

std::vector<Doomed> ShardLog::trim(WallTime horizon) {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    while (count < segments_.size()) {
        const Segment* const after = count + 1 < segments_.size() ? &segments_[count + 1] : nullptr;
        if (segments_[count].last_stamp >= horizon || end_of(after, tail_.next) > durable_.next) {
            break;
        }
        ++count;
    }
    return take_segments(count);
}

std::vector<Doomed> ShardLog::trim_below(Position position) {
    const std::lock_guard lock(mutex_);
    std::size_t count = 0;
    while (count + 1 < segments_.size() && segments_[count + 1].first <= position &&
           segments_[count + 1].first <= durable_.next) {
        ++count;
    }
    return take_segments(count);
}

ShardState ShardLog::state() const {
    const std::lock_guard lock(mutex_);
    return {key_, committed_.next, committed_.last_stamp, committed_.end, segments_};
}

ShardLog::Unsynced ShardLog::take_unsynced() {
    Unsynced unsynced{std::move(unsynced_), std::exchange(directory_changed_, false)};
    unsynced_.clear();
    return unsynced;
}

void ShardLog::synced(const ShardState& state) {
    durable_.next = state.next;
    durable_.active = state.segments.empty() ? std::nullopt : std::optional(state.segments.back());
    if (!dirty() && !broken_) {
        file_ = nullptr;  // the cache keeps it open as long as there is room
    }
}

void ShardLog::found(std::vector<std::shared_ptr<env::File>> unsynced) {
    unsynced_ = std::move(unsynced);
    directory_changed_ = true;
}

void ShardLog::not_synced(bool directory_changed, bool lost) {
    directory_changed_ = directory_changed_ || directory_changed;
    lost_ = lost_ || lost;
}

Result<std::vector<Doomed>> ShardLog::rewrite(std::span<const FrameBytes> frames) {
    std::vector<Doomed> replaced;
    unsynced_.clear();
    if (frames.empty()) {
        lost_ = false;
        return replaced;
    }
    const Position first(load_header(frames.front()).position);
    const env::Path path = segment_path(first);
    const env::Path draft = env::draft_of(path);
    MILLRACE_TRY(remove_if_there(parts_.files, draft));
    MILLRACE_TRY(auto opened, parts_.files.open(draft, env::OpenMode::kCreate));
    const SegmentHeaderBytes header = encode_segment_header(key_, first);
    std::vector<Bytes> slices = {header};
    Segment segment{first, kSegmentHeaderBytes, WallTime{}, WallTime{}};
    SegmentIndex index;
    for (const FrameBytes& part : frames) {
        slices.emplace_back(part);
        for_each_frame(
            part, [&](std::size_t, const FrameHeader& frame) { add_frame(segment, index, frame); });
    }
    MILLRACE_TRY(opened->write_at(0, slices));
    MILLRACE_TRY(opened->sync_data());
    MILLRACE_TRY(parts_.files.rename(draft, path));
    MILLRACE_TRY(parts_.files.sync_directory(directory_));
    file_ = std::move(opened);
    parts_.open_files.put(path, file_, 1);
    {
        const std::lock_guard lock(mutex_);
        while (!segments_.empty() && segments_.back().first >= first) {
            if (segments_.back().first != first) {
                replaced.push_back({Doomed::Kind::kSegment, key_, segments_.back().first});
            }
            segments_.pop_back();
        }
        if (!segments_.empty() && durable_.active &&
            segments_.back().first == durable_.active->first) {
            segments_.back().bytes = durable_.active->bytes;
        }
        segments_.push_back(segment);
        index_ = std::move(index);
        index_complete_ = true;
    }
    tail_.active = segment;
    committed_.active = segment;
    lost_ = false;
    log::warn("rewrote the records of a failed sync from the journal: stream-uid={} shard={}",
              key_.stream_uid, key_.shard_no);
    return replaced;
}

void ShardLog::save_active_index() {
    if (index_complete_ && !index_.empty()) {
        save_index(segments_.back(), index_);
    }
}

void ShardLog::save_index(const Segment& segment, const SegmentIndex& index) const {
    if (index.empty()) {
        return;
    }
    parts_.indexes.put(segment_path(segment.first), std::make_shared<const SegmentIndex>(index),
                       index.size() * sizeof(IndexEntry));
    const env::Path path = directory_ / index_name(segment.first);
    const auto write = [&]() -> Result<void> {
        MILLRACE_TRY(remove_if_there(parts_.files, path));
        MILLRACE_TRY(auto file, parts_.files.open(path, env::OpenMode::kCreate));
        const std::vector<std::byte> bytes = encode_index(key_, segment.first, index);
        const Bytes slice(bytes);
        return file->write_at(0, std::span(&slice, 1));
    };
    if (const auto written = write(); !written) {
        log::debug("no index for a segment, it will be scanned when needed: {}",
                   written.error().message);
    }
}

}  // namespace millrace::storage
