#include "env/posix_file_system.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

#include "base/check.h"
#include "base/log.h"

namespace millrace::env {
namespace {

Error os_error(int code, const char* what, const Path& path) {
    Errc errc = Errc::kIo;
    switch (code) {
        case ENOENT:
            errc = Errc::kNotFound;
            break;
        case EEXIST:
            errc = Errc::kExists;
            break;
        case ENOSPC:
        case EDQUOT:
        case EFBIG:
            errc = Errc::kNoSpace;
            break;
        default:
            break;
    }
    return {errc, std::string(what) + " " + path.string() + ": " +
                      std::error_code(code, std::generic_category()).message()};
}

// What a gentle sync has under way to the disk at once. With all 128 MiB of a checkpoint, one
// PutRecord in a thousand took 22 ms, and 36 ms at most (1 KiB over 64 connections, in power); so
// 2.9 and 5 ms.
constexpr off_t kGentleBytes = 1 << 20;

// A write is split so that one call never carries more slices than the system takes.
constexpr std::size_t kSlicesMax = std::min<std::size_t>(IOV_MAX, 256);

// The kernel silently drops what one wish asks for beyond the device's largest request or its own
// read-ahead, whichever is more.
constexpr std::uint64_t kWishBytesMax = 512 << 10;

class PosixFile final : public File {
public:
    PosixFile(int fd, Path path) : fd_(fd), path_(std::move(path)) {}
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;
    ~PosixFile() override {
        if (::close(fd_) != 0)
            log::warn("{}", os_error(errno, "close", path_).message);
    }

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out,
                                ReadMode mode) override {
        std::size_t done = 0;
        while (done < out.size()) {
            iovec piece{out.data() + done, out.size() - done};
            const auto at = static_cast<off_t>(offset + done);
            const ssize_t got = read_piece(piece, at, mode);
            if (got == 0)
                break;
            if (got < 0) {
                if (errno == EINTR)
                    continue;
                if (errno == EAGAIN) {
                    return Error{Errc::kWouldBlock, "not in the page cache"};
                }
                return os_error(errno, "read", path_);
            }
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    void will_read(std::uint64_t offset, std::uint64_t bytes) override {
        while (bytes > 0) {
            const std::uint64_t part = std::min(bytes, kWishBytesMax);
            if (::posix_fadvise(fd_, static_cast<off_t>(offset), static_cast<off_t>(part),
                                POSIX_FADV_WILLNEED) != 0) {
                return;
            }
            offset += part;
            bytes -= part;
        }
    }

    void will_not_read(std::uint64_t offset, std::uint64_t bytes) override {
        if (bytes > 0) {  // to the system none is all that follows
            static_cast<void>(::posix_fadvise(fd_, static_cast<off_t>(offset),
                                              static_cast<off_t>(bytes), POSIX_FADV_DONTNEED));
        }
    }

    Result<void> write_at(std::uint64_t offset, std::span<const Bytes> slices) override {
        std::array<iovec, kSlicesMax> pieces;
        while (!slices.empty()) {
            const std::size_t count = std::min(slices.size(), pieces.size());
            for (std::size_t i = 0; i < count; ++i) {
                // The kernel only reads through it; iovec has one type for both directions.
                pieces[i] = {const_cast<std::byte*>(slices[i].data()), slices[i].size()};
            }
            MILLRACE_TRY(write_pieces(offset, std::span(pieces).first(count)));
            slices = slices.subspan(count);
        }
        return success();
    }

    Result<void> sync_data() override {
        if (::fdatasync(fd_) != 0)
            return os_error(errno, "fdatasync", path_);
        return success();
    }

    Result<void> sync_data_gently() override {
        constexpr unsigned kThrough =
            SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
        MILLRACE_TRY(const std::uint64_t bytes, size());
        for (std::uint64_t at = 0; at < bytes; at += kGentleBytes) {
            if (::sync_file_range(fd_, static_cast<off_t>(at), kGentleBytes, kThrough) == 0)
                continue;
            // What it tells of the disk the sync would not tell again. Other errors: it cannot.
            if (errno == EIO || errno == ENOSPC || errno == EDQUOT)
                return os_error(errno, "sync_file_range", path_);
            break;
        }
        return sync_data();
    }

    Result<void> truncate(std::uint64_t size) override {
        while (::ftruncate(fd_, static_cast<off_t>(size)) != 0) {
            if (errno != EINTR)
                return os_error(errno, "truncate", path_);
        }
        return success();
    }

    Result<void> allocate(std::uint64_t size) override {
        while (::fallocate(fd_, 0, 0, static_cast<off_t>(size)) != 0) {
            if (errno == EINTR)
                continue;
            if (errno == EOPNOTSUPP)
                return truncate_up(size);
            return os_error(errno, "fallocate", path_);
        }
        return success();
    }

    Result<std::uint64_t> size() override {
        struct stat status {};
        if (::fstat(fd_, &status) != 0)
            return os_error(errno, "fstat", path_);
        return static_cast<std::uint64_t>(status.st_size);
    }

private:
    // Some file systems do not know RWF_NOWAIT: their reads block, and we remember not to ask.
    ssize_t read_piece(iovec& piece, off_t at, ReadMode mode) {
        if (mode == ReadMode::kCachedOnly && nowait_works_.load(std::memory_order_relaxed)) {
            const ssize_t got = ::preadv2(fd_, &piece, 1, at, RWF_NOWAIT);
            if (got >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL))
                return got;
            nowait_works_.store(false, std::memory_order_relaxed);
        }
        return ::pread(fd_, piece.iov_base, piece.iov_len, at);
    }

    // Advances `offset` past all pieces, going on after short writes.
    Result<void> write_pieces(std::uint64_t& offset, std::span<iovec> pieces) {
        while (true) {
            while (!pieces.empty() && pieces.front().iov_len == 0)
                pieces = pieces.subspan(1);
            if (pieces.empty())
                return success();
            const ssize_t wrote = ::pwritev(fd_, pieces.data(), static_cast<int>(pieces.size()),
                                            static_cast<off_t>(offset));
            if (wrote < 0) {
                if (errno == EINTR)
                    continue;
                return os_error(errno, "write", path_);
            }
            if (wrote == 0)
                return os_error(ENOSPC, "write", path_);  // no progress, no reason
            offset += static_cast<std::uint64_t>(wrote);
            auto left = static_cast<std::size_t>(wrote);
            for (iovec& piece : pieces) {
                const std::size_t taken = std::min(left, piece.iov_len);
                piece.iov_base = static_cast<std::byte*>(piece.iov_base) + taken;
                piece.iov_len -= taken;
                left -= taken;
            }
        }
    }

    Result<void> truncate_up(std::uint64_t wanted) {
        MILLRACE_TRY(const std::uint64_t now, size());
        return now < wanted ? truncate(wanted) : Result<void>(success());
    }

    const int fd_;
    const Path path_;
    static inline std::atomic<bool> nowait_works_ = true;
};

class PosixLock final : public FileLock {
public:
    explicit PosixLock(int fd) : fd_(fd) {}
    PosixLock(const PosixLock&) = delete;
    PosixLock& operator=(const PosixLock&) = delete;
    ~PosixLock() override { ::close(fd_); }

private:
    const int fd_;
};

Error fs_error(const std::error_code& code, const char* what, const Path& path) {
    return os_error(code.value(), what, path);
}

}  // namespace

Result<std::unique_ptr<File>> PosixFileSystem::open(const Path& path, OpenMode mode) {
    int flags = O_CLOEXEC;
    switch (mode) {
        case OpenMode::kReadOnly:
            flags |= O_RDONLY;
            break;
        case OpenMode::kReadWrite:
            flags |= O_RDWR;
            break;
        case OpenMode::kCreate:
            flags |= O_RDWR | O_CREAT | O_EXCL;
            break;
    }
    while (true) {
        const int fd = ::open(path.c_str(), flags, 0600);
        if (fd >= 0)
            return std::unique_ptr<File>(std::make_unique<PosixFile>(fd, path));
        if (errno != EINTR)
            return os_error(errno, "open", path);
    }
}

Result<std::vector<std::string>> PosixFileSystem::list(const Path& directory) {
    std::error_code code;
    std::vector<std::string> names;
    std::filesystem::directory_iterator it(directory, code);
    for (; !code && it != std::filesystem::directory_iterator(); it.increment(code)) {
        names.push_back(it->path().filename().string());
    }
    if (code)
        return fs_error(code, "list", directory);
    std::sort(names.begin(), names.end());
    return names;
}

Result<void> PosixFileSystem::create_directories(const Path& directory) {
    std::error_code code;
    std::filesystem::create_directories(directory, code);
    if (code)
        return fs_error(code, "create directory", directory);
    return success();
}

Result<void> PosixFileSystem::rename(const Path& from, const Path& to) {
    std::error_code code;
    std::filesystem::rename(from, to, code);
    if (code)
        return fs_error(code, "rename", from);
    return success();
}

Result<void> PosixFileSystem::remove(const Path& file) {
    if (::unlink(file.c_str()) != 0)
        return os_error(errno, "remove", file);
    return success();
}

Result<void> PosixFileSystem::remove_tree(const Path& directory) {
    std::error_code code;
    std::filesystem::remove_all(directory, code);
    if (code)
        return fs_error(code, "remove", directory);
    return success();
}

Result<void> PosixFileSystem::sync_directory(const Path& directory) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return os_error(errno, "open", directory);
    const int failed = ::fsync(fd) != 0 ? errno : 0;
    ::close(fd);
    if (failed != 0)
        return os_error(failed, "fsync", directory);
    return success();
}

Result<std::unique_ptr<FileLock>> PosixFileSystem::lock(const Path& path) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0)
        return os_error(errno, "open", path);
    auto held = std::make_unique<PosixLock>(fd);
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return Error{Errc::kLocked, path.parent_path().string() +
                                            " is in use by another process (it holds " +
                                            path.filename().string() + ")"};
        }
        return os_error(errno, "lock", path);
    }
    return std::unique_ptr<FileLock>(std::move(held));
}

}  // namespace millrace::env
