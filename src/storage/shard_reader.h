// Reads and time look-ups on one shard log, as engine.h defines them. With kCachedOnly nothing
// waits for the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/result.h"
#include "storage/engine.h"
#include "storage/shard_log.h"

namespace millrace::storage {

class ShardCursor;

// One read, which may begin on a worker, from memory, and go on on the disk pool.
class ShardReader final {
public:
    // What outlives the reader is borrowed.
    ShardReader(StoreParts& parts, ShardLog& log, const ReadRequest& request)
        : parts_(parts), log_(log), request_(request) {}

    // Reads on. False, with kCachedOnly alone: the rest is for the disk pool, because memory does
    // not have it or because it would take a worker too long. After an error nothing may follow.
    Result<bool> read(env::ReadMode mode);
    // REQUIRES: read() gave true.
    ReadResult take();

private:
    Result<bool> read_on(ShardCursor& cursor, env::ReadMode mode, Position from);

    StoreParts& parts_;
    ShardLog& log_;
    const ReadRequest request_;
    ReadResult result_;
    std::vector<std::shared_ptr<const std::byte[]>> holders_;  // of the records
    std::uint64_t bytes_ = 0;                                  // of their data and keys
};

// kWouldBlock, with kCachedOnly: memory does not have what it takes.
Result<Position> locate_record(StoreParts& parts, ShardLog& log, const Locate& locate,
                               env::ReadMode mode);

}  // namespace millrace::storage
