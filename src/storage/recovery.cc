#include "storage/recovery.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "storage/catalog_snapshot.h"
#include "storage/checkpoint.h"
#include "storage/frame_walk.h"

namespace millrace::storage {
namespace {

constexpr std::size_t kScanWindowBytes = 1 << 20;
// So much of the journal is written to the segments at a time: with 1,000 shards a commit holds
// little of each, and every write may first have to read a page that it ends in.
constexpr std::size_t kStagedBytesMax = 64 << 20;
constexpr Position kNoLimit(~std::uint64_t{0});

class Recovery final {
public:
    explicit Recovery(StoreParts& parts) : parts_(parts) {}

    Result<Recovered> run() {
        const Layout& layout = parts_.layout;
        for (const env::Path& path : {layout.journal(), layout.catalog(), layout.shards()}) {
            MILLRACE_TRY(parts_.files.create_directories(path));
        }
        MILLRACE_TRY(load());
        recovered_.covered = mark_;
        MILLRACE_TRY(recovered_.journal, scan_journal(parts_, mark_));
        const bool journal_durable = keep_last_commit();
        MILLRACE_TRY(apply_control());
        const bool committed = recovered_.journal.sequence > mark_.sequence;
        const bool scanned = scan_all_ || (!records_journaled_ && committed);
        if (scanned) {
            for (auto& [key, state] : states_) {
                MILLRACE_TRY(scan_directory(state));
            }
        }
        MILLRACE_TRY(place_catalog());
        const std::set<ShardKey> restored = shards_to_restore();
        for (auto& [key, state] : states_) {
            const bool found = scanned && !state.segments.empty();
            std::vector<Position> past;
            if (!scanned && restored.contains(key)) {
                MILLRACE_TRY(past, segments_past(state));
            }
            auto log = std::make_shared<ShardLog>(parts_, std::move(state));
            log->expect_segments(std::move(past));
            if (found) {
                log->found(std::move(unsynced_[key]));  // nor are its names known to be durable
            }
            recovered_.logs.emplace(key, std::move(log));
        }
        if (auto applied = apply_frames(); !applied) {
            return explained(std::move(applied).error());
        }
        if (records_journaled_ && !parts_.journals_records()) {
            for (const auto& [key, log] : recovered_.logs) {
                MILLRACE_TRY(log->clear_rest());
            }
        }
        const bool other_mode = records_journaled_ != parts_.journals_records();
        recovered_.checkpoint_first = !has_checkpoint_ || other_mode || !journal_durable;
        recovered_.checkpoint_due = recovered_.checkpoint_first || committed;
        return std::move(recovered_);
    }

private:
    Result<void> load() {
        auto loaded = load_checkpoint(parts_);
        if (!loaded && loaded.error().code != Errc::kCorrupt) {
            return std::move(loaded).error();
        }
        if (loaded && loaded.value()) {
            const Checkpoint& checkpoint = *loaded.value();
            has_checkpoint_ = true;
            if (parts_.journals_records()) {
                // Killed before its name was durable, its writer left one that power loss would
                // take back: what it passes over would be found again.
                MILLRACE_TRY(parts_.files.sync_directory(parts_.layout.journal()));
            }
            mark_ = checkpoint.mark;
            records_journaled_ = checkpoint.records_journaled;
            parts_.journal_seed = checkpoint.journal_seed;
            recovered_.doomed = checkpoint.doomed;
            for (const ShardState& state : checkpoint.shards) {
                states_.emplace(state.key, state);
            }
        } else {
            MILLRACE_TRY(find_shards());
            recovered_.first_start = loaded.has_value() && !scan_all_;
            if (!recovered_.first_start) {
                parts_.damage.add({ShardKey{}, parts_.layout.checkpoint().string(), 0, 0, {}});
                log::warn("no checkpoint that can be read: every segment is scanned");
            }
        }
        states_.try_emplace(kCatalogShard, empty_state(kCatalogShard));
        return success();
    }

    static ShardState empty_state(ShardKey key) {
        ShardState state;
        state.key = key;
        return state;
    }

    // Every shard that has a directory.
    Result<void> find_shards() {
        MILLRACE_TRY(const auto streams, parts_.files.list(parts_.layout.shards()));
        for (const std::string& stream : streams) {
            const auto uid = parse_stream_name(stream);
            if (!uid) {
                continue;
            }
            MILLRACE_TRY(const auto shards, parts_.files.list(parts_.layout.stream(*uid)));
            for (const std::string& shard : shards) {
                if (const auto number = parse_shard_name(shard)) {
                    const ShardKey key{*uid, *number};
                    states_.emplace(key, empty_state(key));
                }
            }
        }
        MILLRACE_TRY(const auto catalog, parts_.files.list(parts_.layout.catalog()));
        scan_all_ = !states_.empty() || !catalog.empty();
        return success();
    }

    // From here on the last commit counts, and who wrote it may not have lived to sync it. (Those
    // before it were durable when it was begun.) False: it may not be durable still.
    bool keep_last_commit() const {
        if (!parts_.journals_records() || recovered_.journal.commits.empty()) {
            return true;
        }
        const auto kept = write_again(recovered_.journal.commits.back());
        if (!kept) {
            log::warn("the last commit of the journal could not be synced: {}",
                      kept.error().message);
        }
        return kept.has_value();
    }

    // A sync alone is not enough: if one has failed, it would pass over the same pages.
    Result<void> write_again(const JournalCommit& commit) const {
        MILLRACE_TRY(const auto file, parts_.files.open(commit.file, env::OpenMode::kReadWrite));
        std::vector<std::byte> bytes(commit.header.header_bytes() + commit.header.body_bytes());
        MILLRACE_TRY(const std::size_t got,
                     file->read_at(commit.offset, bytes, env::ReadMode::kMayBlock));
        CHECK(got == bytes.size());  // the scan found it whole
        const Bytes same(bytes);
        MILLRACE_TRY(file->write_at(commit.offset, std::span(&same, 1)));
        return file->sync_data();
    }

    Result<void> apply_control() {
        for (const JournalCommit& commit : recovered_.journal.commits) {
            for (const JournalEntry& entry : commit.header.entries) {
                if (entry.kind == JournalEntry::Kind::kCreate) {
                    states_.try_emplace(entry.shard, empty_state(entry.shard));
                } else if (entry.kind == JournalEntry::Kind::kDrop) {
                    states_.erase(entry.shard);
                    dropped_.insert(entry.shard);
                    recovered_.doomed.push_back({Doomed::Kind::kShard, entry.shard, {}});
                }
            }
        }
        return success();
    }

    // The catalog's too: a snapshot may have what the journal does.
    std::set<ShardKey> shards_to_restore() const {
        std::set<ShardKey> keys = {kCatalogShard};
        for (const JournalCommit& commit : recovered_.journal.commits) {
            for (const JournalEntry& entry : commit.header.entries) {
                if (entry.kind == JournalEntry::Kind::kFrames) {
                    keys.insert(entry.shard);
                }
            }
        }
        return keys;
    }

    Result<void> apply_frames() {
        std::vector<FrameBytes> staged;  // until it is written
        std::size_t staged_bytes = 0;
        for (const JournalCommit& commit : recovered_.journal.commits) {
            if (commit.header.body_bytes() == 0) {
                continue;
            }
            MILLRACE_TRY(auto body, read_body(parts_, commit));
            Bytes rest(body);
            for (const JournalEntry& entry : commit.header.entries) {
                MILLRACE_TRY(apply(entry.shard, rest.first(entry.bytes)));
                rest = rest.subspan(entry.bytes);
            }
            staged_bytes += body.size();
            staged.push_back(std::move(body));
            if (staged_bytes >= kStagedBytesMax) {
                MILLRACE_TRY(write_all());
                staged.clear();
                staged_bytes = 0;
            }
        }
        MILLRACE_TRY(write_all());
        for (const auto& [key, log] : recovered_.logs) {
            MILLRACE_TRY(log->restored());
        }
        return success();
    }

    // Nothing may be shown before all of it is, so a full disk ends the start here.
    Error explained(Error why) const {
        if (why.code != Errc::kNoSpace) {
            return why;
        }
        std::uint64_t bytes = 0;
        for (const JournalCommit& commit : recovered_.journal.commits) {
            bytes += commit.header.body_bytes();
        }
        why.message +=
            ": up to " + std::to_string(bytes) +
            " bytes of acknowledged records have yet to be copied from the journal to "
            "their segments. Nothing is lost: free that much of the disk and start again";
        return why;
    }

    Result<void> apply(ShardKey key, Bytes frames) {
        if (dropped_.contains(key)) {
            return success();
        }
        ShardLogPtr& log = recovered_.logs[key];
        if (log == nullptr) {
            log = std::make_shared<ShardLog>(parts_, empty_state(key));
        }
        // What a scan found is not written again.
        while (!frames.empty() && load_header(frames).position < log->next().value()) {
            frames = frames.subspan(load_header(frames).frame_bytes());
        }
        if (frames.empty()) {
            return success();
        }
        if (!log->takes_with_staged(frames)) {
            MILLRACE_TRY(write(*log));
        }
        log->stage_numbered(frames);
        return success();
    }

    static Result<void> write(ShardLog& log) {
        MILLRACE_TRY(log.write_staged());
        std::vector<WishPtr> nobody;
        log.publish(nobody);
        return success();
    }

    Result<void> write_all() {
        for (const auto& [key, log] : recovered_.logs) {
            if (log->staged()) {
                MILLRACE_TRY(write(*log));
            }
        }
        return success();
    }

    // A command's position is never given out twice, even if the log lost what its snapshot has.
    Result<void> place_catalog() {
        MILLRACE_TRY(const auto snapshot, load_snapshot(parts_));
        ShardState& state = states_.at(kCatalogShard);
        if (snapshot && state.next <= snapshot->through) {
            // Its commands are left out below, and the journal forgets them: its name must be
            // durable first, which the process that wrote it may not have lived to see.
            MILLRACE_TRY(parts_.files.sync_directory(parts_.layout.catalog()));
            state.next = Position(snapshot->through.value() + 1);
        }
        return success();
    }

    // Where segments begin that stand past `state`. Those within its extent that it does not know
    // were replaced, or hold commands that a snapshot has: nobody will ask for them.
    Result<std::vector<Position>> segments_past(const ShardState& state) {
        std::vector<Position> past;  // ascending, as the names are
        const auto names = parts_.files.list(parts_.layout.shard(state.key));
        if (!names && names.error().code != Errc::kNotFound) {
            return names.error();
        }
        for (const std::string& name : names ? names.value() : std::vector<std::string>()) {
            const auto first = parse_segment_name(name);
            if (!first) {
                continue;
            }
            const auto at = std::lower_bound(
                state.segments.begin(), state.segments.end(), *first,
                [](const Segment& segment, Position p) { return segment.first < p; });
            const bool known = at != state.segments.end() && at->first == *first;
            const Doomed doomed{Doomed::Kind::kSegment, state.key, *first};
            if (*first >= state.next) {
                past.push_back(*first);
            } else if (!known && std::find(recovered_.doomed.begin(), recovered_.doomed.end(),
                                           doomed) == recovered_.doomed.end()) {
                recovered_.doomed.push_back(doomed);
            }
        }
        return past;
    }

    // Takes up what stands in the shard's directory beyond `state`.
    Result<void> scan_directory(ShardState& state) {
        MILLRACE_TRY(std::vector<Position> firsts, segments_past(state));
        if (!state.segments.empty()) {
            firsts.insert(firsts.begin(), state.segments.back().first);
        }
        for (std::size_t i = 0; i < firsts.size(); ++i) {
            const Position limit = i + 1 < firsts.size() ? firsts[i + 1] : kNoLimit;
            MILLRACE_TRY(scan_segment(state, firsts[i], limit));
        }
        return success();
    }

    // No frame at or past `limit` counts: the next segment has it.
    Result<void> scan_segment(ShardState& state, Position first, Position limit) {
        const env::Path path = parts_.layout.shard(state.key) / segment_name(first);
        MILLRACE_TRY(auto opened, parts_.files.open(path, env::OpenMode::kReadWrite));
        std::shared_ptr<env::File> file = std::move(opened);
        MILLRACE_TRY(const std::uint64_t size, file->size());
        Segment segment{first, kSegmentHeaderBytes, state.last_stamp, state.last_stamp};
        if (!state.segments.empty() && state.next < first) {
            parts_.damage.add({state.key, path.string(), 0, 0, state.next});
        }
        const bool known = !state.segments.empty() && state.segments.back().first == first;
        if (known) {
            segment = state.segments.back();
        } else {
            MILLRACE_TRY(const bool good, check_start(state, *file, path, size, first));
            if (!good) {
                return success();
            }
        }
        bool counts = known;  // as a part of the log
        FrameWalk walk(file, frame_seed(state.key), segment.bytes, size, env::ReadMode::kMayBlock,
                       kScanWindowBytes);
        while (!walk.at_end()) {
            auto header = walk.header();
            const auto frame = header ? walk.frame() : Result<Bytes>(header.error());
            if (!frame) {
                if (frame.error().code != Errc::kCorrupt) {
                    return frame.error();
                }
                const std::uint64_t from = walk.offset();
                MILLRACE_TRY(const bool more, walk.resync(state.next));
                if (!more && limit != kNoLimit && state.next < limit) {
                    // The next segment tells that there was more, and a reader is to meet it.
                    parts_.damage.add({state.key, path.string(), from, size - from, state.next});
                    state.next = limit;
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
                    {state.key, path.string(), from, walk.offset() - from, state.next});
                segment.bytes = walk.offset();
                continue;
            }
            const Position position = walk.position();
            if (position >= limit) {
                break;
            }
            if (position >= std::max(first, state.next)) {
                take(state, segment, header.value());
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
        } else if (!known || segment != state.segments.back()) {
            unsynced_[state.key].push_back(file);
        }
        if (known) {
            state.segments.back() = segment;
        } else {
            state.segments.push_back(segment);
        }
        return success();
    }

    static void take(ShardState& state, Segment& segment, const FrameHeader& header) {
        if (segment.bytes == kSegmentHeaderBytes) {
            segment.first_stamp = header.stamp();
        }
        segment.last_stamp = header.stamp();
        state.next = Position(header.position + 1);
        state.last_stamp = std::max(state.last_stamp, header.stamp());
        if (header.kind == FrameKind::kEnd) {
            state.end = Position(header.position);
        }
    }

    // Whether the file begins as a segment. A file without a frame is removed: it was just made.
    Result<bool> check_start(const ShardState& state, env::File& file, const env::Path& path,
                             std::uint64_t size, Position first) {
        if (size <= kSegmentHeaderBytes) {
            MILLRACE_TRY(parts_.files.remove(path));
            return false;
        }
        SegmentHeaderBytes header{};
        MILLRACE_TRY(file.read_at(0, header, env::ReadMode::kMayBlock));
        const auto checked = check_segment_header(header, state.key, first);
        if (checked) {
            return true;
        }
        if (checked.error().code != Errc::kCorrupt) {
            return Error{checked.error().code, path.string() + ": " + checked.error().message};
        }
        // Its frames name their shard themselves; they are looked at all the same.
        parts_.damage.add({state.key, path.string(), 0, kSegmentHeaderBytes, first});
        return true;
    }

    StoreParts& parts_;
    Recovered recovered_;
    std::map<ShardKey, ShardState> states_;
    std::set<ShardKey> dropped_;
    std::map<ShardKey, std::vector<std::shared_ptr<env::File>>> unsynced_;
    JournalMark mark_;
    bool has_checkpoint_ = false;
    bool records_journaled_ = true;
    bool scan_all_ = false;
};

}  // namespace

Result<Recovered> recover(StoreParts& parts) {
    return Recovery(parts).run();
}

}  // namespace millrace::storage
