// Files in memory that count their calls and fail when told to.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "env/memory_file_system.h"

namespace millrace::storage {

enum class Call { kOpen, kRead, kWrite, kSync, kTruncate, kRename, kRemove, kSyncDirectory };

class FlakyFiles final : public env::FileSystem {
public:
    // The next `times` calls of this kind on a path that contains `part` fail. A failing write
    // leaves half of its bytes.
    void fail(Call call, std::string part, int times = 1) {
        const std::lock_guard lock(mutex_);
        failures_[call] = {std::move(part), times};
    }
    int calls(Call call) const {
        const std::lock_guard lock(mutex_);
        const auto at = calls_.find(call);
        return at == calls_.end() ? 0 : at->second;
    }
    // As if nothing were in the page cache.
    void set_cold(bool cold) { cold_ = cold; }
    env::MemoryFileSystem& memory() { return memory_; }

    // What a test sees and does behind the storage's back.
    bool exists(const env::Path& path) {
        return memory_.open(path, env::OpenMode::kReadOnly).has_value();
    }
    std::vector<std::byte> load(const env::Path& path) {
        auto file = memory_.open(path, env::OpenMode::kReadOnly).value();
        std::vector<std::byte> bytes(file->size().value());
        static_cast<void>(file->read_at(0, bytes, env::ReadMode::kMayBlock).value());
        return bytes;
    }
    void store(const env::Path& path, Bytes bytes) {
        static_cast<void>(memory_.create_directories(path.parent_path()));
        static_cast<void>(memory_.remove(path));
        auto file = memory_.open(path, env::OpenMode::kCreate).value();
        file->write_at(0, std::span(&bytes, 1)).value();
    }
    void flip(const env::Path& path, std::uint64_t offset) {
        auto bytes = load(path);
        bytes.at(offset) ^= std::byte{0x10};
        patch(path, offset, Bytes(bytes).subspan(offset, 1));
    }
    // In place: an open handle sees it.
    void patch(const env::Path& path, std::uint64_t offset, Bytes bytes) {
        auto file = memory_.open(path, env::OpenMode::kReadWrite).value();
        file->write_at(offset, std::span(&bytes, 1)).value();
    }
    void cut(const env::Path& path, std::uint64_t size) {
        memory_.open(path, env::OpenMode::kReadWrite).value()->truncate(size).value();
    }

    Result<std::unique_ptr<env::File>> open(const env::Path& path, env::OpenMode mode) override {
        MILLRACE_TRY(meet(Call::kOpen, path));
        MILLRACE_TRY(auto file, memory_.open(path, mode));
        return std::unique_ptr<env::File>(
            std::make_unique<FlakyFile>(*this, std::move(file), path));
    }
    Result<std::vector<std::string>> list(const env::Path& directory) override {
        return memory_.list(directory);
    }
    Result<void> create_directories(const env::Path& directory) override {
        return memory_.create_directories(directory);
    }
    Result<void> rename(const env::Path& from, const env::Path& to) override {
        MILLRACE_TRY(meet(Call::kRename, to));
        return memory_.rename(from, to);
    }
    Result<void> remove(const env::Path& file) override {
        MILLRACE_TRY(meet(Call::kRemove, file));
        return memory_.remove(file);
    }
    Result<void> remove_tree(const env::Path& directory) override {
        MILLRACE_TRY(meet(Call::kRemove, directory));
        return memory_.remove_tree(directory);
    }
    Result<void> sync_directory(const env::Path& directory) override {
        MILLRACE_TRY(meet(Call::kSyncDirectory, directory));
        return memory_.sync_directory(directory);
    }
    Result<std::unique_ptr<env::FileLock>> lock(const env::Path& path) override {
        return memory_.lock(path);
    }

private:
    class FlakyFile final : public env::File {
    public:
        FlakyFile(FlakyFiles& files, std::unique_ptr<env::File> file, env::Path path)
            : files_(files), file_(std::move(file)), path_(std::move(path)) {}

        Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out,
                                    env::ReadMode mode) override {
            if (mode == env::ReadMode::kCachedOnly && files_.cold_) {
                return Error{Errc::kWouldBlock, "cold"};
            }
            MILLRACE_TRY(files_.meet(Call::kRead, path_));
            return file_->read_at(offset, out, mode);
        }
        Result<void> write_at(std::uint64_t offset, std::span<const Bytes> slices) override {
            auto met = files_.meet(Call::kWrite, path_);
            if (!met) {
                std::vector<std::byte> all;
                for (const Bytes slice : slices) {
                    all.insert(all.end(), slice.begin(), slice.end());
                }
                const Bytes half = Bytes(all).first(all.size() / 2);
                static_cast<void>(file_->write_at(offset, std::span(&half, 1)));
                return met;
            }
            return file_->write_at(offset, slices);
        }
        Result<void> sync_data() override {
            MILLRACE_TRY(files_.meet(Call::kSync, path_));
            return file_->sync_data();
        }
        Result<void> truncate(std::uint64_t size) override {
            MILLRACE_TRY(files_.meet(Call::kTruncate, path_));
            return file_->truncate(size);
        }
        Result<void> allocate(std::uint64_t size) override { return file_->allocate(size); }
        Result<std::uint64_t> size() override { return file_->size(); }

    private:
        FlakyFiles& files_;
        const std::unique_ptr<env::File> file_;
        const env::Path path_;
    };

    struct Failure {
        std::string part;
        int times = 0;
    };

    Result<void> meet(Call call, const env::Path& path) {
        const std::lock_guard lock(mutex_);
        ++calls_[call];
        Failure& failure = failures_[call];
        if (failure.times > 0 && path.native().find(failure.part) != std::string::npos) {
            --failure.times;
            return Error{Errc::kIo, "told to fail: " + path.native()};
        }
        return success();
    }

    env::MemoryFileSystem memory_;
    mutable std::mutex mutex_;
    std::map<Call, Failure> failures_;
    std::map<Call, int> calls_;
    std::atomic<bool> cold_ = false;
};

}  // namespace millrace::storage
