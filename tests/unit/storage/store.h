// A data directory without an engine: files in memory, a clock that stands, and shard logs that a
// test writes to as the committer does.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "env/manual_clock.h"
#include "storage/frame.h"
#include "storage/segment.h"
#include "storage/shard_log.h"
#include "storage/shard_reader.h"
#include "storage/store_parts.h"
#include "support/fault_file_system.h"

namespace millrace::storage {

using test::Call;

inline constexpr ShardKey kShard{1, 2};
inline constexpr std::int64_t kStampMs = 1'700'000'000'000;  // where ManualClock begins

inline FrameBytes frame_of(std::string_view data, std::int64_t stamp_ms = kStampMs,
                           FrameKind kind = FrameKind::kRecord) {
    FrameBytes frame;
    append_frame(frame, kind, "key", as_bytes(data), wall_time(stamp_ms), 0);
    return frame;
}

// With its number, as it lies in files.
inline FrameBytes placed_frame(ShardKey shard, std::uint64_t position, std::string_view data,
                               std::int64_t stamp_ms = kStampMs,
                               FrameKind kind = FrameKind::kRecord) {
    FrameBytes frame = frame_of(data, stamp_ms, kind);
    place_frame(frame.data(), frame_seed(shard), Position(position), wall_time(stamp_ms));
    return frame;
}

template <class Buffer>
void add(Buffer& to, Bytes bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

// One read in one go.
inline Result<ReadResult> read_records(StoreParts& parts, ShardLog& log,
                                       const ReadRequest& request) {
    ShardReader reader(parts, log, request);
    MILLRACE_TRY(const bool done, reader.read(env::ReadMode::kMayBlock));
    EXPECT_TRUE(done);
    return reader.take();
}

// A segment of frames "<position>", from `first` to `last`.
inline std::vector<std::byte> segment_of(ShardKey shard, std::uint64_t first, std::uint64_t last) {
    std::vector<std::byte> bytes;
    add(bytes, encode_segment_header(shard, Position(first)));
    for (std::uint64_t at = first; at <= last; ++at) {
        add(bytes, placed_frame(shard, at, std::to_string(at)));
    }
    return bytes;
}

inline ShardState state_of(ShardKey key) {
    ShardState state;
    state.key = key;
    return state;
}

class Store : public testing::Test {
protected:
    Store() {
        options.data_dir = "/data";
        reopen();
    }

    // As the next process would begin; `options` may have changed.
    void reopen() {
        parts.emplace(options, files, clock);
        for (const env::Path& path :
             {parts->layout.journal(), parts->layout.catalog(), parts->layout.shards()}) {
            ASSERT_TRUE(files.create_directories(path));
        }
    }

    Result<void> try_append(ShardLog& log, std::string_view data, std::int64_t stamp_ms = kStampMs,
                            FrameKind kind = FrameKind::kRecord) {
        FrameBytes frame = frame_of(data, stamp_ms, kind);
        log.stage(frame);
        auto written = log.write_staged();
        if (written) {
            log.publish(granted);
        } else {
            log.rollback();
        }
        return written;
    }
    void append(ShardLog& log, std::string_view data, std::int64_t stamp_ms = kStampMs) {
        const auto appended = try_append(log, data, stamp_ms);
        ASSERT_TRUE(appended) << appended.error().message;
    }
    void seal(ShardLog& log) { ASSERT_TRUE(try_append(log, {}, kStampMs, FrameKind::kEnd)); }

    Result<ReadResult> read(ShardLog& log, std::uint64_t from = 0, std::uint32_t records_max = 1000,
                            WallTime horizon = WallTime{}) {
        ReadRequest request;
        request.shard = log.key();
        request.from = Position(from);
        request.records_max = records_max;
        request.bytes_max = 1 << 30;
        request.horizon = horizon;
        return read_records(*parts, log, request);
    }
    // "0:first 1:second".
    std::string text(ShardLog& log, std::uint64_t from = 0) {
        const auto result = read(log, from);
        return result ? text_of(result.value()) : "error: " + result.error().message;
    }
    static std::string text_of(const ReadResult& result) {
        std::string out;
        for (const Record& record : result.records) {
            out += out.empty() ? "" : " ";
            out += std::to_string(record.position.value()) + ":";
            out += as_text(record.data);
        }
        return out;
    }

    SegmentEngineOptions options;
    test::FaultFileSystem files;
    env::ManualClock clock;
    std::optional<StoreParts> parts;
    std::vector<WishPtr> granted;
};

}  // namespace millrace::storage
