// Reading a shard from end to end through an engine's own contract.
#pragma once

#include <vector>

#include "storage/engine.h"
#include "support/log_model.h"

namespace millrace::test {

// Everything from `from` to the tip at the end of the walk, in pieces of at most `records_max`. An
// engine that stops moving on is kInvalid.
inline Task<Result<std::vector<Found>>> read_all(storage::LogEngine& engine,
                                                 storage::ShardKey shard,
                                                 storage::Position from = {},
                                                 std::uint32_t records_max = 10'000,
                                                 WallTime horizon = {}) {
    constexpr int kIdleReadsMax = 1000;
    std::vector<Found> found;
    for (int idle = 0; idle < kIdleReadsMax;) {
        const storage::ReadRequest request{shard, from, records_max, 1 << 20, horizon};
        MILLRACE_CO_TRY(const storage::ReadResult piece, co_await engine.read(request));
        for (const storage::Record& record : piece.records)
            found.emplace_back(record);
        if (piece.next < from)
            co_return Error{Errc::kInvalid, "next went back"};
        if (piece.next >= piece.tip)
            co_return found;
        idle = piece.next == from ? idle + 1 : 0;
        from = piece.next;
    }
    co_return Error{Errc::kInvalid, "the read does not move on"};
}

}  // namespace millrace::test
