// A data directory as a process left it: made by hand, file by file, and recovered.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "storage/checkpoint.h"
#include "storage/journal.h"
#include "storage/recovery.h"
#include "unit/storage/store.h"

namespace millrace::storage {

class FoundStore : public Store {
protected:
    FoundStore() { options.journal_file_bytes = kJournalFileBytesMin; }

    ShardLog& log(ShardKey key = kShard) { return *recovered->logs.at(key); }
    void recover_now() {
        reopen();
        auto result = recover(*parts);
        ASSERT_TRUE(result) << result.error().message;
        recovered.emplace(std::move(result).value());
    }
    std::size_t reported() const { return parts->damage.all().size(); }

    static std::uint64_t bytes_until(std::uint64_t count) {
        return kSegmentHeaderBytes + count * placed_frame(kShard, 0, "0").size();
    }
    env::Path segment(std::uint64_t first, ShardKey key = kShard) const {
        return parts->layout.shard(key) / segment_name(Position(first));
    }
    // A checkpoint of kShard with positions 0 to `next` - 1 in one segment.
    void checkpoint(std::uint64_t next, bool journaled = true, JournalMark mark = {0, 0, 0}) {
        Checkpoint checkpoint;
        checkpoint.mark = mark;
        checkpoint.records_journaled = journaled;
        ShardState state = state_of(kShard);
        state.next = Position(next);
        state.last_stamp = wall_time(kStampMs);
        if (next > 0) {
            state.segments = {
                {Position(0), bytes_until(next), wall_time(kStampMs), wall_time(kStampMs)}};
        }
        checkpoint.journal_seed = parts->journal_seed;
        checkpoint.shards = {state_of(kCatalogShard), state};
        ASSERT_TRUE(store_checkpoint(*parts, checkpoint));
    }
    // Commits these to the journal, one commit for each, in a process of its own.
    void journal(const std::vector<std::vector<JournalEntry>>& commits,
                 const std::vector<FrameBytes>& bodies = {}) {
        Journal journal(*parts, metrics, scan_journal(*parts, {}).value(), true);
        for (std::size_t i = 0; i < commits.size(); ++i) {
            ASSERT_TRUE(journal.make_room(commits[i]));
            const Bytes body = i < bodies.size() ? Bytes(bodies[i]) : Bytes();
            ASSERT_TRUE(journal.commit(commits[i], std::span(&body, 1)));
        }
    }
    // One record of kShard, in a journal that goes on after it.
    static Result<void> commit(Journal& journal, const FrameBytes& frame) {
        const std::vector<JournalEntry> entries = {
            {JournalEntry::Kind::kFrames, kShard, frame.size()}};
        MILLRACE_TRY(journal.make_room(entries));
        const Bytes body(frame);
        return journal.commit(entries, std::span(&body, 1));
    }
    void journal_record(std::uint64_t position, std::string_view data, ShardKey key = kShard) {
        const FrameBytes frame = placed_frame(key, position, data);
        journal({{{JournalEntry::Kind::kFrames, key, frame.size()}}}, {frame});
    }

    Metrics metrics;
    std::optional<Recovered> recovered;
};

}  // namespace millrace::storage
