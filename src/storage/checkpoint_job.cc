#include "storage/checkpoint_job.h"

#include <map>
#include <utility>

#include "base/log.h"

namespace millrace::storage {

void CheckpointJob::run(StoreParts& parts) {
    sync_segments(parts);
    if (error_) {
        return;
    }
    if (auto synced = sync_directories(parts); !synced) {
        error_ = std::move(synced).error();
        return;
    }
    auto stored = store_checkpoint(parts, checkpoint_);
    if (!stored && stored.error().code == Errc::kNoSpace && parts.reserve.give_up()) {
        stored = store_checkpoint(parts, checkpoint_);
    }
    if (!stored) {
        error_ = std::move(stored).error();
        return;
    }
    remove_doomed(parts);
    if (const auto kept = parts.reserve.keep(stored.value()); !kept) {
        log::debug("no space can be kept for a full disk: {}", kept.error().message);
    }
}

void CheckpointJob::sync_segments(StoreParts& parts) {
    for (Part& part : parts_) {
        for (const std::shared_ptr<env::File>& file : part.unsynced.files) {
            auto synced = file->sync_data_gently();
            if (synced) {
                continue;
            }
            if (!parts.journals_records()) {
                // Nothing more than the write was promised.
                log::error("a segment could not be synced: {}", synced.error().message);
                continue;
            }
            part.failed = true;
            error_ = std::move(synced).error();
        }
        part.unsynced.files.clear();
    }
}

Result<void> CheckpointJob::sync_directories(StoreParts& parts) {
    std::set<env::Path> directories;
    for (const Part& part : parts_) {
        if (!part.unsynced.directory_changed) {
            continue;
        }
        // From the segment's name up to what exists since the first start.
        for (env::Path path = part.log->directory(); path != parts.layout.root();
             path = path.parent_path()) {
            if (!directories.insert(path).second) {
                break;
            }
        }
    }
    const env::Path& root = parts.layout.root();
    if (!directories.empty() || first_) {
        directories.insert(root);
    }
    if (first_ && root.has_parent_path()) {
        directories.insert(root.parent_path());
    }
    for (const env::Path& path : directories) {
        MILLRACE_TRY(parts.files.sync_directory(path));
    }
    return success();
}

void CheckpointJob::remove_doomed(StoreParts& parts) {
    left_.clear();
    std::map<env::Path, std::vector<Doomed>> gone;  // by folder
    for (const Doomed& doomed : checkpoint_.doomed) {
        const env::Path path = doomed.path(parts.layout);
        if (remove(parts, doomed.kind, path)) {
            gone[path.parent_path()].push_back(doomed);
        } else {
            left_.push_back(doomed);
        }
    }
    // The next checkpoint no longer lists them: by then they must not come back.
    for (auto& [directory, those] : gone) {
        const auto synced = parts.files.sync_directory(directory);
        if (!synced && synced.error().code != Errc::kNotFound) {
            left_.insert(left_.end(), those.begin(), those.end());
        }
    }
    if (!left_.empty()) {
        log::warn("{} files could not be removed, will try again", left_.size());
    }
}

bool CheckpointJob::remove(StoreParts& parts, Doomed::Kind kind, const env::Path& path) {
    if (kind != Doomed::Kind::kSegment) {
        return parts.files.remove_tree(path).has_value();
    }
    return remove_segment(parts, path).has_value();
}

}  // namespace millrace::storage
