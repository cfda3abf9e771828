// FreshKeys: the keys that a first start has drawn, on their way to their files. A broker is ready
// before they are there: nothing depends on them until a first command has made a stream, whose
// iterators the one seals and whose data keys the other wraps. That command waits for them.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "env/disk_pool.h"
#include "env/file_system.h"
#include "stream/key_file.h"

namespace millrace::stream {

class FreshKeys final {
public:
    // Null: the disk is waited for where keep() is called.
    FreshKeys(env::FileSystem& files, env::DiskPool* pool) : files_(files), pool_(pool) {}

    // A fresh one is refused if it cannot be written, but for a disk that fails later. One that was
    // found has a name that may not be durable yet: who wrote it may have been killed at it.
    // Blocks.
    Result<void> add(const KeptKey& key);

    // All are in their files and durable, or an error and it may be tried again. One at a time.
    Task<Result<void>> keep();

private:
    Result<void> write() const;

    env::FileSystem& files_;
    env::DiskPool* const pool_;
    std::vector<KeptKey> keys_;
};

}  // namespace millrace::stream
