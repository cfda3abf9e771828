#include "storage/recovery.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/log.h"
#include "env/whole_file.h"
#include "storage/catalog_snapshot.h"
#include "storage/checkpoint.h"
#include "storage/tail_scan.h"

namespace millrace::storage {
namespace {

// So much of the journal is written to the segments at a time: with 1,000 shards a commit holds
// little of each, and every write may first have to read a page that it ends in.
constexpr std::size_t kStagedBytesMax = 64 << 20;

class Recovery final {
public:
    explicit Recovery(StoreParts& parts) : parts_(parts) {}

    Result<Recovered> run() {
        const Layout& layout = parts_.layout;
        for (const env::Path& path : {layout.journal(), layout.catalog(), layout.shards()}) {
            MILLRACE_TRY(parts_.files.create_directories(path));
        }
        MILLRACE_TRY(load());
        MILLRACE_TRY(recovered_.journal, scan_journal(parts_, recovered_.covered));
        const bool journal_durable = keep_last_commit();
        MILLRACE_TRY(apply_control());
        const bool committed = recovered_.journal.sequence > recovered_.covered.sequence;
        const bool scanned = scan_all_ || (!records_journaled_ && committed);
        if (scanned) {
            for (auto& [key, state] : states_) {
                MILLRACE_TRY(const auto firsts, segments_past(state));
                MILLRACE_TRY(unsynced_[key], scan_tail(parts_, state, firsts));
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
            } else if (drafts_.contains(key)) {
                log->found({});  // their removal must be durable
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
        recovered_.checkpoint_due |= recovered_.checkpoint_first || committed;
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
            // Killed before its name was durable, its writer left one that power loss would take
            // back: what it passes over would be found again.
            const auto synced = parts_.journals_records()
                                    ? parts_.files.sync_directory(parts_.layout.journal())
                                    : Result<void>(success());
            if (!synced) {
                log::warn("the checkpoint's name could not be synced: {}", synced.error().message);
                recovered_.checkpoint_due = true;  // what the one before needs is kept until then
            }
            recovered_.covered = checkpoint.mark;
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
        if (got < bytes.size()) {
            return Error{Errc::kCorrupt, "it is not whole any more"};
        }
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
        frames = frames_from(frames, log->next());
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

    // Where the last segment of `state` begins, if it is there, and those past it. Those within its
    // extent that it does not know were replaced, or hold commands that a snapshot has: nobody will
    // ask for them.
    Result<std::vector<Position>> segments_past(const ShardState& state) {
        std::vector<Position> past;  // ascending, as the names are
        const auto names = parts_.files.list(parts_.layout.shard(state.key));
        if (!names && names.error().code != Errc::kNotFound) {
            return names.error();
        }
        const std::vector<Segment>& known = state.segments;
        for (const std::string& name : names ? names.value() : std::vector<std::string>()) {
            if (name.ends_with(env::kDraftSuffix)) {  // a repair was cut short
                static_cast<void>(parts_.files.remove(parts_.layout.shard(state.key) / name));
                drafts_.insert(state.key);
            }
            const auto first = parse_segment_name(name);
            if (!first) {
                continue;
            }
            const auto at = std::lower_bound(
                known.begin(), known.end(), *first,
                [](const Segment& segment, Position p) { return segment.first < p; });
            const bool is_known = at != known.end() && at->first == *first;
            const bool is_last = is_known && std::next(at) == known.end();
            const Doomed doomed{Doomed::Kind::kSegment, state.key, *first};
            if (is_last || *first >= state.next) {
                past.push_back(*first);
            } else if (!is_known && std::find(recovered_.doomed.begin(), recovered_.doomed.end(),
                                              doomed) == recovered_.doomed.end()) {
                recovered_.doomed.push_back(doomed);
            }
        }
        return past;
    }

    StoreParts& parts_;
    Recovered recovered_;
    std::map<ShardKey, ShardState> states_;
    std::set<ShardKey> dropped_;
    std::set<ShardKey> drafts_;  // with a draft in their folders
    std::map<ShardKey, std::vector<std::shared_ptr<env::File>>> unsynced_;
    bool has_checkpoint_ = false;
    bool records_journaled_ = true;
    bool scan_all_ = false;
};

}  // namespace

Result<Recovered> recover(StoreParts& parts) {
    return Recovery(parts).run();
}

}  // namespace millrace::storage
