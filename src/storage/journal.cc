#include "storage/journal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include "base/check.h"
#include "base/log.h"

namespace millrace::storage {
namespace {

// Blocks of a file that were allocated but never written cost each sync of some of them a change of
// the file system's own tables: 0.24 ms for one block instead of 0.11. So the first commit to get
// so far into a file writes zeros to the next multiple of this.
constexpr std::uint64_t kFreshBytes = 256 << 10;

Bytes zeros(std::uint64_t bytes) {
    static std::array<std::byte, kFreshBytes> zeros;  // never touched: it takes no memory
    return Bytes(zeros).first(bytes);
}

}  // namespace

Journal::Journal(StoreParts& parts, Metrics& metrics, const JournalScan& found, bool sync)
    : parts_(parts),
      sync_(sync),
      sync_seconds_(metrics.histogram("millrace_journal_sync_seconds",
                                      "Time to sync one commit of the journal.", {},
                                      latency_bounds_seconds())),
      ring_(parts.options.journal_files),
      generation_(found.generation),
      sequence_(found.sequence),
      durable_(found.durable),
      released_(0) {
    for (const std::size_t number : found.files) {
        ring_.resize(std::max(ring_.size(), number + 1));
        ring_[number].made = true;
        ring_[number].last_sequence = found.durable;
    }
    current_ = ring_.size() - 1;  // the first to be used is the one after it
}

Result<void> Journal::make_room(std::span<const JournalEntry> entries) {
    CommitHeader header;
    header.entries.assign(entries.begin(), entries.end());
    const std::uint64_t bytes = header.total_bytes();
    if (bytes > parts_.options.journal_file_bytes) {
        return Error{Errc::kInvalid, "a commit is larger than a journal file"};
    }
    if (started_ && offset_ + bytes <= parts_.options.journal_file_bytes) {
        return success();
    }
    return next_file();
}

Result<void> Journal::next_file() {
    std::optional<Error> no_space;
    for (const std::size_t number : free_files()) {
        if (auto opened = open_file(number); !opened) {
            if (opened.error().code != Errc::kNoSpace) {
                return opened;
            }
            no_space = std::move(opened).error();  // a file that is there already may be free
            continue;
        }
        current_ = number;
        ring_[number].last_sequence = 0;
        offset_ = 0;
        ++generation_;
        started_ = true;
        return success();
    }
    if (no_space) {
        return *no_space;
    }
    return Error{Errc::kOverloaded, "the journal is full of commits that no checkpoint covers"};
}

// In the order in which to take them. Those that are there come before those to be made: a light
// load uses few, and their pages are in memory already. The current one, which may have failed, is
// the last choice.
std::vector<std::size_t> Journal::free_files() const {
    std::vector<std::size_t> free;
    for (const bool made : {true, false}) {
        for (std::size_t step = 1; step < ring_.size(); ++step) {
            const std::size_t number = (current_ + step) % ring_.size();
            if (ring_[number].made == made && is_free(ring_[number])) {
                free.push_back(number);
            }
        }
    }
    if (is_free(ring_[current_])) {
        free.push_back(current_);
    }
    return free;
}

Result<void> Journal::open_file(std::size_t number) {
    RingFile& ring = ring_[number];
    if (ring.file != nullptr) {
        return success();
    }
    const env::Path path = parts_.layout.journal_file(number);
    auto opened =
        parts_.files.open(path, ring.made ? env::OpenMode::kReadWrite : env::OpenMode::kCreate);
    if (!opened && opened.error().code == Errc::kExists) {
        opened = parts_.files.open(path, env::OpenMode::kReadWrite);
    }
    if (!opened) {
        return std::move(opened).error();
    }
    if (sync_) {
        MILLRACE_TRY(const std::uint64_t size, opened.value()->size());
        if (size < parts_.options.journal_file_bytes) {
            if (auto got = opened.value()->allocate(parts_.options.journal_file_bytes); !got) {
                if (!ring.made) {
                    static_cast<void>(parts_.files.remove(path));  // with what it got of it
                }
                return got;
            }
        }
        MILLRACE_TRY(opened.value()->sync_data());
        MILLRACE_TRY(parts_.files.sync_directory(parts_.layout.journal()));
    }
    ring.made = true;
    ring.file = std::move(opened).value();
    return success();
}

Result<void> Journal::commit(std::vector<JournalEntry> entries, std::span<const Bytes> body) {
    CHECK(started_ && !failed_);
    const CommitHeader header{generation_, ++sequence_, durable_, std::move(entries)};
    const std::vector<std::byte> head = encode_commit_header(header, parts_.journal_seed);
    std::vector<Bytes> slices;
    slices.reserve(body.size() + 2);
    slices.emplace_back(head);
    slices.insert(slices.end(), body.begin(), body.end());
    const std::uint64_t bytes = header.total_bytes();
    const std::uint64_t used = header.header_bytes() + header.body_bytes();
    slices.emplace_back(zeros(bytes - used));  // whole pages: nothing is read first
    RingFile& ring = ring_[current_];
    std::uint64_t end = offset_ + bytes;
    if (sync_ && end > ring.written) {
        const std::uint64_t fresh = (kFreshBytes - end % kFreshBytes) % kFreshBytes;
        slices.emplace_back(zeros(std::min(fresh, parts_.options.journal_file_bytes - end)));
        end += slices.back().size();
    }
    auto written = ring.file->write_at(offset_, slices);
    if (written && sync_) {
        const auto begun = parts_.clock.steady();
        written = ring.file->sync_data();
        const auto took = parts_.clock.steady() - begun;
        sync_seconds_.Observe(std::chrono::duration<double>(took).count());
        sync_time_ += (took - sync_time_) / 8;
    }
    if (!written) {
        failed_ = true;
        return written;
    }
    durable_ = sequence_;
    ring.written = std::max(ring.written, end);
    ring.last_sequence = sequence_;  // a failed commit keeps no file from its next use
    offset_ += bytes;
    return success();
}

Result<void> Journal::reopen() {
    ring_[current_].file = nullptr;
    started_ = false;
    MILLRACE_TRY(next_file());
    failed_ = false;
    log::warn("the journal goes on in another file after a failed write");
    return success();
}

}  // namespace millrace::storage
