// Files in memory, up to a cap (then kNoSpace): durability = none, and tests. An open file stays
// usable after its name is removed, as on a real system. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>

#include "env/file_system.h"

namespace millrace::env {

class MemoryFileSystem final : public FileSystem {
public:
    explicit MemoryFileSystem(std::uint64_t bytes_max = 1ULL << 30);
    ~MemoryFileSystem() override;

    std::uint64_t bytes_used() const;         // of file content, in whole blocks
    void set_bytes_max(std::uint64_t bytes);  // a disk that fills up or is freed

    Result<std::unique_ptr<File>> open(const Path& path, OpenMode mode) override;
    Result<std::vector<std::string>> list(const Path& directory) override;
    Result<void> create_directories(const Path& directory) override;
    Result<void> rename(const Path& from, const Path& to) override;
    Result<void> remove(const Path& file) override;
    Result<void> remove_tree(const Path& directory) override;
    Result<void> sync_directory(const Path& directory) override;
    Result<std::unique_ptr<FileLock>> lock(const Path& path) override;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace millrace::env
