// A segment engine on a given disk with all it needs besides, sized so that little data makes many
// files. Time stands until a test moves it.
#pragma once

#include <memory>
#include <utility>

#include "base/metrics.h"
#include "env/disk_pool.h"
#include "env/manual_clock.h"
#include "storage/segment_engine.h"

namespace millrace::test {

inline storage::SegmentEngineOptions small_segments(std::uint64_t segment_bytes = 64 << 10) {
    storage::SegmentEngineOptions options;
    options.data_dir = "/data";
    options.segment_bytes = segment_bytes;
    options.journal_file_bytes = storage::kJournalFileBytesMin;
    options.journal_files = 2;
    options.open_files = 4;
    options.index_cache_bytes = 16 << 10;
    return options;
}

class SegmentHost final {
public:
    explicit SegmentHost(env::FileSystem& files,
                         storage::SegmentEngineOptions options = small_segments(),
                         WallTime now = wall_time(1000))
        : files_(files), options_(std::move(options)), clock_(now) {}

    // Opens, or opens again. The old engine closes first.
    Result<void> open() {
        engine_.reset();
        MILLRACE_TRY(files_.create_directories(options_.data_dir));
        MILLRACE_TRY(engine_,
                     storage::SegmentEngine::open(options_, files_, clock_, pool_, metrics_));
        return success();
    }
    void close() { engine_.reset(); }
    bool is_open() const { return engine_ != nullptr; }
    storage::SegmentEngine& engine() { return *engine_; }

    // Time enough for the engine to try again after a failure.
    void let_recover() { clock_.advance(2 * options_.reopen_interval); }
    env::ManualClock& clock() { return clock_; }

private:
    env::FileSystem& files_;
    const storage::SegmentEngineOptions options_;
    env::ManualClock clock_;  // where records are stamped: no segment is old
    env::DiskPool pool_{2};
    Metrics metrics_;
    std::unique_ptr<storage::SegmentEngine> engine_;
};

}  // namespace millrace::test
