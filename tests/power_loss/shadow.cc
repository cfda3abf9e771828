#include "power_loss/shadow.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "power_loss/plain_calls.h"

namespace millrace::test {
namespace {

std::optional<struct stat> look(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0)
        return std::nullopt;
    return status;
}

struct stat look(int fd) {
    struct stat status {};
    require(::fstat(fd, &status) == 0, "fstat");
    return status;
}

int open_plain(const char* path, int flags) {
    return plain().openat(AT_FDCWD, path, flags, 0600);
}
bool rename_plain(const std::string& from, const std::string& to) {
    return plain().renameat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str()) == 0;
}

std::string folder_of(const std::string& path) {
    return path.substr(0, path.rfind('/'));
}

void write_all(int fd, const char* bytes, std::size_t count, off_t at) {
    while (count > 0) {
        const ssize_t wrote = plain().pwrite(fd, bytes, count, at);
        require(wrote > 0, "pwrite to the shadow");
        bytes += wrote;
        at += wrote;
        count -= static_cast<std::size_t>(wrote);
    }
}

// What of [from, to) both files can have; the rest reads as zeros.
void copy(int source, int target, off_t from, off_t to) {
    std::array<char, 1 << 16> buffer;
    while (from < to) {
        const off_t data = ::lseek(source, from, SEEK_DATA);
        if (data < 0 || data >= to) {
            require(data >= 0 || errno == ENXIO, "lseek");
            return;
        }
        from = data;
        const auto wanted =
            std::min<std::size_t>(buffer.size(), static_cast<std::size_t>(to - from));
        const ssize_t got = ::pread(source, buffer.data(), wanted, from);
        require(got >= 0, "pread");
        if (got == 0)
            return;
        write_all(target, buffer.data(), static_cast<std::size_t>(got), from);
        from += got;
    }
}

}  // namespace

Shadow::Shadow(std::string disk, std::string shadow)
    : disk_(std::move(disk)), shadow_(std::move(shadow)) {
    for (const char* const part : {"/files", "/names"})
        require(plain().mkdirat(AT_FDCWD, (shadow_ + part).c_str(), 0700) == 0,
                "mkdir in the shadow");
}

bool Shadow::watches(const std::string& path) const {
    return path == disk_ || path.starts_with(disk_ + "/");
}

std::string Shadow::file_of(Inode inode) const {
    return shadow_ + "/files/" + std::to_string(inode);
}
std::string Shadow::names_of(Inode inode) const {
    return shadow_ + "/names/" + std::to_string(inode);
}

void Shadow::before_write(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto status = look(path);
    if (!status || !S_ISREG(status->st_mode) || look(file_of(status->st_ino)))
        return;
    // All of it is durable still.
    const int source = open_plain(path.c_str(), O_RDONLY | O_CLOEXEC);
    const std::string draft = file_of(status->st_ino) + ".new";
    const int target = open_plain(draft.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC);
    require(source >= 0 && target >= 0, "open");
    require(plain().ftruncate(target, status->st_size) == 0, "ftruncate");
    copy(source, target, 0, status->st_size);
    plain().close(source);
    plain().close(target);
    require(rename_plain(draft, file_of(status->st_ino)), "rename");
}

void Shadow::before_naming(const std::string& path) {
    const std::lock_guard lock(mutex_);
    keep_names(folder_of(path));
}

void Shadow::before_removal(const std::string& path) {
    const std::lock_guard lock(mutex_);
    keep_names(folder_of(path));
    const auto status = look(path);
    if (!status)
        return;
    if (S_ISDIR(status->st_mode)) {
        keep_names(path);
    } else if (!look(file_of(status->st_ino))) {
        require(plain().linkat(AT_FDCWD, path.c_str(), AT_FDCWD, file_of(status->st_ino).c_str(),
                               0) == 0,
                "link");
    }
    // While this is open no other file gets the inode's number. It stays so.
    require(open_plain(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC) >= 0, "open");
}

void Shadow::made(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto status = look(path);
    require(status.has_value(), "a new file is not there");
    const std::string entry =
        S_ISDIR(status->st_mode) ? names_of(status->st_ino) : file_of(status->st_ino);
    const int fd = open_plain(entry.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC);
    require(fd >= 0, "open in the shadow");
    plain().close(fd);
}

void Shadow::opened(int fd, bool writes_through) {
    const std::lock_guard lock(mutex_);
    open_[fd] = {look(fd).st_ino, writes_through};
}

void Shadow::closed(int fd) {
    const std::lock_guard lock(mutex_);
    open_.erase(fd);
}

bool Shadow::knows(int fd) const {
    const std::lock_guard lock(mutex_);
    return open_.contains(fd);
}

void Shadow::written(int fd, off_t offset, off_t bytes) {
    const std::lock_guard lock(mutex_);
    const Open& open = open_.at(fd);
    unsynced_[open.inode].push_back({offset, offset + bytes, false});
    if (open.writes_through)
        sync_file(fd, open.inode);
}

void Shadow::resized(int fd, off_t from, off_t to) {
    const std::lock_guard lock(mutex_);
    unsynced_[open_.at(fd).inode].push_back({std::min(from, to), std::max(from, to), to < from});
}

void Shadow::synced(int fd) {
    const std::lock_guard lock(mutex_);
    const Inode inode = open_.at(fd).inode;
    if (S_ISDIR(look(fd).st_mode))
        save_names("/proc/self/fd/" + std::to_string(fd), inode);
    else
        sync_file(fd, inode);
}

// REQUIRES: mutex_ is held. A kill in between leaves a part of what was being synced.
void Shadow::sync_file(int fd, Inode inode) {
    const std::vector<Change> changes = std::exchange(unsynced_[inode], {});
    if (changes.empty())
        return;
    const off_t size = look(fd).st_size;
    const int source =
        open_plain(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
    const int target = open_plain(file_of(inode).c_str(), O_WRONLY | O_CLOEXEC);
    require(source >= 0 && target >= 0, "open");
    for (const Change& change : changes) {
        // What was cut off must not come back when the file grows again.
        if (change.cut && look(target).st_size > change.from)
            require(plain().ftruncate(target, change.from) == 0, "ftruncate");
        copy(source, target, change.from, std::min(change.to, size));
    }
    require(plain().ftruncate(target, size) == 0, "ftruncate");
    plain().close(source);
    plain().close(target);
}

// REQUIRES: mutex_ is held. As they are, unless they were kept before: then they may have changed.
void Shadow::keep_names(const std::string& directory) const {
    const auto status = look(directory);
    if (status && !look(names_of(status->st_ino)))
        save_names(directory, status->st_ino);
}

// REQUIRES: mutex_ is held.
void Shadow::save_names(const std::string& directory, Inode inode) const {
    std::string names;
    DIR* const listing = ::opendir((directory + "/.").c_str());
    require(listing != nullptr, "opendir");
    while (const dirent* const entry = ::readdir(listing)) {
        const std::string name(entry->d_name);
        if (name != "." && name != "..")
            names += std::to_string(entry->d_ino) + (entry->d_type == DT_DIR ? " d " : " f ") +
                     name + "\n";
    }
    plain().closedir(listing);
    const std::string draft = names_of(inode) + ".new";
    const int fd = open_plain(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
    require(fd >= 0, "open in the shadow");
    write_all(fd, names.data(), names.size(), 0);
    plain().close(fd);
    require(rename_plain(draft, names_of(inode)), "rename");
}

}  // namespace millrace::test
