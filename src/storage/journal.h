// Journal: a small ring of recycled files that commits are written to and synced, one at a time.
// An acknowledgement waits for this alone; the segments are synced later, by checkpoints, after
// which the space here is reused. One thread at a time.
//
// After a failed write or sync nobody knows what of the commit is on the disk: the journal has
// failed until reopen(), which goes on in another file and never syncs the old one again. The next
// commit names the last durable one, and so declares void whatever lies between.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "storage/journal_format.h"
#include "storage/journal_scan.h"
#include "storage/store_parts.h"

namespace millrace::storage {

class Journal final {
public:
    // Goes on after what `found` holds, in a file of its own. `sync`: commits survive power loss.
    Journal(StoreParts& parts, Metrics& metrics, const JournalScan& found, bool sync);

    // Makes sure that a commit of these entries fits. kOverloaded: every file still holds commits
    // that no checkpoint covers; kNoSpace: every file there is, and the disk has no room for more.
    Result<void> make_room(std::span<const JournalEntry> entries);

    // Writes one commit and syncs it. REQUIRES: make_room(entries) just now, not failed().
    Result<void> commit(std::vector<JournalEntry> entries, std::span<const Bytes> body);

    // Bytes that commits may take before another file must be begun.
    std::uint64_t room() const {
        return started_ ? parts_.options.journal_file_bytes - offset_ : 0;
    }
    // What a sync takes, lately; a second before the first one.
    std::chrono::nanoseconds sync_time() const { return sync_time_; }

    bool failed() const { return failed_; }
    Result<void> reopen();

    // After the last durable commit.
    JournalMark mark() const {
        return started_ ? JournalMark{generation_, durable_, offset_}
                        : JournalMark{generation_ + 1, durable_, 0};
    }
    // A checkpoint covers every commit up to `sequence`.
    void release(std::uint64_t sequence) { released_ = sequence; }

private:
    struct RingFile {
        std::shared_ptr<env::File> file;  // null: not opened by this process
        std::uint64_t last_sequence = 0;  // of a commit in it; 0: none
        bool made = false;                // it exists
        std::uint64_t written = 0;        // so far, from its start, by this process
    };

    // Nothing in it is needed any more.
    bool is_free(const RingFile& file) const {
        return !file.made || file.last_sequence <= released_;
    }
    std::vector<std::size_t> free_files() const;
    Result<void> next_file();
    Result<void> open_file(std::size_t number);

    StoreParts& parts_;
    const bool sync_;
    Histogram& sync_seconds_;
    std::vector<RingFile> ring_;
    std::size_t current_ = 0;
    bool started_ = false;  // current_ is ours to write to
    bool failed_ = false;
    std::uint64_t offset_ = 0;
    std::chrono::nanoseconds sync_time_ = std::chrono::seconds(1);  // smoothed
    std::uint64_t generation_;
    std::uint64_t sequence_;  // of the last attempt
    std::uint64_t durable_;
    std::uint64_t released_;
};

}  // namespace millrace::storage
