// Files: the one seam through which the process touches a disk. posix_file_system.h is production;
// memory_file_system.h holds everything in memory up to a cap (durability = none, and tests);
// tests/support wraps either to drop unsynced bytes, tear writes and fail the Nth call.
//
// Crash model every implementation and every caller relies on: bytes survive power loss once
// sync_data() has returned after the write that made them; a name (create, rename, remove) once
// sync_directory() of its parent has returned. An unsynced write may survive whole, in part (any
// prefix, any subset of its 512-byte sectors) or not at all. All calls block; all are thread-safe
// on distinct ranges.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace millrace::env {

using Path = std::filesystem::path;

enum class ReadMode {
    kMayBlock,
    kCachedOnly,  // kWouldBlock instead of waiting for the disk (preadv2 RWF_NOWAIT)
};

class File {
public:
    virtual ~File() = default;  // closes; an error there is logged, never lost data (sync first)

    // Reads up to out.size() bytes; fewer only at end of file (0 = at or past it).
    virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out,
                                        ReadMode mode) = 0;
    // These bytes will be read soon: they are fetched into the page cache meanwhile. A hint, which
    // may do nothing; what is past the end of the file is no error.
    virtual void will_read(std::uint64_t offset, std::uint64_t bytes) = 0;
    // These bytes will not be read again soon: the page cache may let go of what is on the disk. A
    // hint, as above.
    virtual void will_not_read(std::uint64_t offset, std::uint64_t bytes) = 0;
    // Writes all slices, one after another, at `offset`, extending the file.
    virtual Result<void> write_at(std::uint64_t offset, std::span<const Bytes> slices) = 0;
    virtual Result<void> sync_data() = 0;  // fdatasync: data and the size needed to read it
    // The same, little by little, where the system can: of many megabytes, so that syncs of other
    // files find the disk free.
    virtual Result<void> sync_data_gently() { return sync_data(); }
    virtual Result<void> truncate(std::uint64_t size) = 0;
    virtual Result<void> allocate(std::uint64_t size) = 0;  // reserve blocks, size grows to `size`
    virtual Result<std::uint64_t> size() = 0;
};

enum class OpenMode {
    kReadOnly,
    kReadWrite,
    kCreate /* must not exist; the owner alone may read it */
};

// Held until destroyed; kLocked if another process (or this one) holds it.
class FileLock {
public:
    virtual ~FileLock() = default;
};

class FileSystem {
public:
    virtual ~FileSystem() = default;
    virtual Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) = 0;
    virtual Result<std::vector<std::string>> list(const Path& directory) = 0;  // names, sorted
    virtual Result<void> create_directories(const Path& directory) = 0;
    virtual Result<void> rename(const Path& from, const Path& to) = 0;  // replaces `to`
    virtual Result<void> remove(const Path& file) = 0;                  // kNotFound if absent
    virtual Result<void> remove_tree(const Path& directory) = 0;        // absent is fine
    virtual Result<void> sync_directory(const Path& directory) = 0;
    virtual Result<std::unique_ptr<FileLock>> lock(const Path& path) = 0;
};

}  // namespace millrace::env
