#include "storage/checkpoint_job.h"

#include <utility>

#include "base/log.h"
#include "storage/whole_file.h"

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
    remove_doomed(parts);
    if (auto stored = store_checkpoint(parts, checkpoint_); !stored) {
        error_ = std::move(stored).error();
    }
}

void CheckpointJob::sync_segments(StoreParts& parts) {
    for (Part& part : parts_) {
        for (const std::shared_ptr<env::File>& file : part.unsynced.files) {
            auto synced = file->sync_data();
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
    if (!directories.empty()) {
        directories.insert(parts.layout.root());
    }
    for (const env::Path& path : directories) {
        MILLRACE_TRY(parts.files.sync_directory(path));
    }
    return success();
}

void CheckpointJob::remove_doomed(StoreParts& parts) {
    Doomed left;
    for (const env::Path& path : doomed_.segments) {
        parts.open_files.forget(path);
        parts.indexes.forget(path);
        const env::Path index = env::Path(path).replace_extension(".idx");
        const bool gone = remove_if_there(parts.files, index) && remove_if_there(parts.files, path);
        if (!gone) {
            left.segments.push_back(path);
        }
    }
    for (const env::Path& path : doomed_.trees) {
        if (!parts.files.remove_tree(path)) {
            left.trees.push_back(path);
        }
    }
    if (!left.segments.empty() || !left.trees.empty()) {
        log::warn("{} files could not be removed, will try again",
                  left.segments.size() + left.trees.size());
    }
    doomed_ = std::move(left);
}

}  // namespace millrace::storage
