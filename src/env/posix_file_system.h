// The operating system's files. Thread-safe; holds no state.
#pragma once

#include "env/file_system.h"

namespace millrace::env {

class PosixFileSystem final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override;
    Result<std::vector<std::string>> list(const Path& directory) override;
    Result<void> create_directories(const Path& directory) override;
    Result<void> rename(const Path& from, const Path& to) override;
    Result<void> remove(const Path& file) override;
    Result<void> remove_tree(const Path& directory) override;
    Result<void> sync_directory(const Path& directory) override;
    Result<std::unique_ptr<FileLock>> lock(const Path& path) override;
};

}  // namespace millrace::env
