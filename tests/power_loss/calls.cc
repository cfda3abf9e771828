// The calls of the C library that the shadow hears of, in place of its own.
#include <dirent.h>

#include <cstdarg>
#include <cstdlib>
#include <string>

#include "power_loss/plain_calls.h"
#include "power_loss/shadow.h"

namespace millrace::test {

PlainCalls::PlainCalls() {
    find(openat, "openat");
    find(close, "close");
    find(closedir, "closedir");
    find(write, "write");
    find(pwrite, "pwrite");
    find(writev, "writev");
    find(pwritev, "pwritev");
    find(pwritev2, "pwritev2");
    find(fsync, "fsync");
    find(fdatasync, "fdatasync");
    find(ftruncate, "ftruncate");
    find(fallocate, "fallocate");
    find(renameat, "renameat");
    find(unlinkat, "unlinkat");
    find(mkdirat, "mkdirat");
    find(linkat, "linkat");
    find(mmap, "mmap");
    find(fopen, "fopen");
    find(dup, "dup");
}

const PlainCalls& plain() {
    static const PlainCalls calls;
    return calls;
}

namespace {

// Null: nothing is watched. It outlives every thread.
Shadow* shadow() {
    static Shadow* const made = [] {
        const char* const disk = std::getenv("POWER_LOSS_DISK");
        const char* const beside = std::getenv("POWER_LOSS_SHADOW");
        return disk == nullptr || beside == nullptr ? nullptr : new Shadow(disk, beside);
    }();
    return made;
}

std::string whole(int folder, const char* path) {
    if (*path == '/')
        return path;
    const std::string link =
        folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/" + std::to_string(folder);
    char target[4096];
    const ssize_t bytes = ::readlink(link.c_str(), target, sizeof target);
    if (bytes < 0)
        return path;
    return std::string(target, static_cast<std::size_t>(bytes)) + "/" + path;
}

bool watched(const std::string& path) {
    return shadow() != nullptr && shadow()->watches(path);
}
bool watched(int fd) {
    return shadow() != nullptr && shadow()->knows(fd);
}

bool exists(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

int open_watched(int folder, const char* name, int flags, mode_t mode) {
    const std::string path = whole(folder, name);
    if (!watched(path))
        return plain().openat(folder, name, flags, mode);
    const bool writes = (flags & O_ACCMODE) != O_RDONLY;
    const bool makes = (flags & O_CREAT) != 0 && !exists(path);
    if (makes)
        shadow()->before_naming(path);
    else if (writes)
        shadow()->before_write(path);
    const int fd = plain().openat(folder, name, flags, mode);
    if (fd < 0)
        return fd;
    if (makes)
        shadow()->made(path);
    shadow()->opened(fd, (flags & (O_DSYNC | O_SYNC)) != 0);
    require((flags & O_TRUNC) == 0 || makes, "O_TRUNC is not watched");
    return fd;
}

template <class Write>
ssize_t write_watched(int fd, off_t offset, Write write) {
    if (!watched(fd))
        return write();
    const off_t at = offset < 0 ? ::lseek(fd, 0, SEEK_CUR) : offset;
    const ssize_t wrote = write();
    if (wrote > 0)
        shadow()->written(fd, at, wrote);
    return wrote;
}

template <class Resize>
int resize_watched(int fd, Resize resize) {
    if (!watched(fd))
        return resize();
    struct stat before {};
    struct stat after {};
    ::fstat(fd, &before);
    const int result = resize();
    ::fstat(fd, &after);
    if (result == 0 && before.st_size != after.st_size)
        shadow()->resized(fd, before.st_size, after.st_size);
    return result;
}

template <class Sync>
int sync_watched(int fd, Sync sync) {
    const int result = sync(fd);
    if (result == 0 && watched(fd))
        shadow()->synced(fd);
    return result;
}

int remove_watched(int folder, const char* name, int flags) {
    const std::string path = whole(folder, name);
    if (watched(path))
        shadow()->before_removal(path);
    return plain().unlinkat(folder, name, flags);
}

int rename_watched(int old_folder, const char* old_name, int new_folder, const char* new_name) {
    if (const std::string path = whole(old_folder, old_name); watched(path))
        shadow()->before_naming(path);
    if (const std::string path = whole(new_folder, new_name); watched(path))
        shadow()->before_removal(path);
    return plain().renameat(old_folder, old_name, new_folder, new_name);
}

int make_folder_watched(int folder, const char* name, mode_t mode) {
    const std::string path = whole(folder, name);
    const bool makes = watched(path) && !exists(path);
    if (makes)
        shadow()->before_naming(path);
    const int result = plain().mkdirat(folder, name, mode);
    if (result == 0 && makes)
        shadow()->made(path);
    return result;
}

mode_t mode_of(int flags, va_list more) {
    return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
}

}  // namespace
}  // namespace millrace::test

using namespace millrace::test;

// Declarations of the C library differ in attributes that do not matter here.
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wmissing-declarations"

extern "C" {

#define POWER_LOSS_OPEN(name)                             \
    int name(const char* path, int flags, ...) {          \
        va_list more;                                     \
        va_start(more, flags);                            \
        const mode_t mode = mode_of(flags, more);         \
        va_end(more);                                     \
        return open_watched(AT_FDCWD, path, flags, mode); \
    }
#define POWER_LOSS_OPENAT(name)                              \
    int name(int folder, const char* path, int flags, ...) { \
        va_list more;                                        \
        va_start(more, flags);                               \
        const mode_t mode = mode_of(flags, more);            \
        va_end(more);                                        \
        return open_watched(folder, path, flags, mode);      \
    }
POWER_LOSS_OPEN(open)
POWER_LOSS_OPEN(open64)
POWER_LOSS_OPENAT(openat)
POWER_LOSS_OPENAT(openat64)

int close(int fd) {
    if (watched(fd))
        shadow()->closed(fd);
    return plain().close(fd);
}

// The descriptor of a folder that was listed; the next file would be taken for it.
int closedir(DIR* listing) {
    if (const int fd = ::dirfd(listing); watched(fd))
        shadow()->closed(fd);
    return plain().closedir(listing);
}

ssize_t write(int fd, const void* bytes, size_t count) {
    return write_watched(fd, -1, [&] { return plain().write(fd, bytes, count); });
}
ssize_t writev(int fd, const iovec* pieces, int count) {
    return write_watched(fd, -1, [&] { return plain().writev(fd, pieces, count); });
}
#define POWER_LOSS_PWRITE(name)                                                             \
    ssize_t name(int fd, const void* bytes, size_t count, off_t at) {                       \
        return write_watched(fd, at, [&] { return plain().pwrite(fd, bytes, count, at); }); \
    }
#define POWER_LOSS_PWRITEV(name)                                                              \
    ssize_t name(int fd, const iovec* pieces, int count, off_t at) {                          \
        return write_watched(fd, at, [&] { return plain().pwritev(fd, pieces, count, at); }); \
    }
#define POWER_LOSS_PWRITEV2(name)                                                                  \
    ssize_t name(int fd, const iovec* pieces, int count, off_t at, int flags) {                    \
        const ssize_t wrote =                                                                      \
            write_watched(fd, at, [&] { return plain().pwritev2(fd, pieces, count, at, flags); }); \
        if (wrote > 0 && (flags & (RWF_DSYNC | RWF_SYNC)) != 0 && watched(fd))                     \
            shadow()->synced(fd);                                                                  \
        return wrote;                                                                              \
    }
POWER_LOSS_PWRITE(pwrite)
POWER_LOSS_PWRITE(pwrite64)
POWER_LOSS_PWRITEV(pwritev)
POWER_LOSS_PWRITEV(pwritev64)
POWER_LOSS_PWRITEV2(pwritev2)
POWER_LOSS_PWRITEV2(pwritev64v2)

int fsync(int fd) {
    return sync_watched(fd, plain().fsync);
}
int fdatasync(int fd) {
    return sync_watched(fd, plain().fdatasync);
}

#define POWER_LOSS_FTRUNCATE(name)                                              \
    int name(int fd, off_t size) noexcept {                                     \
        return resize_watched(fd, [&] { return plain().ftruncate(fd, size); }); \
    }
#define POWER_LOSS_FALLOCATE(name)                                                           \
    int name(int fd, int mode, off_t from, off_t bytes) {                                    \
        require(mode == 0 || !watched(fd), "this fallocate is not watched");                 \
        return resize_watched(fd, [&] { return plain().fallocate(fd, mode, from, bytes); }); \
    }
POWER_LOSS_FTRUNCATE(ftruncate)
POWER_LOSS_FTRUNCATE(ftruncate64)
POWER_LOSS_FALLOCATE(fallocate)
POWER_LOSS_FALLOCATE(fallocate64)

int rename(const char* from, const char* to) noexcept {
    return rename_watched(AT_FDCWD, from, AT_FDCWD, to);
}
int renameat(int old_folder, const char* from, int new_folder, const char* to) noexcept {
    return rename_watched(old_folder, from, new_folder, to);
}
int unlink(const char* path) noexcept {
    return remove_watched(AT_FDCWD, path, 0);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
    return remove_watched(folder, path, flags);
}
int rmdir(const char* path) noexcept {
    return remove_watched(AT_FDCWD, path, AT_REMOVEDIR);
}
int remove(const char* path) noexcept {
    struct stat status {};
    const bool folder = ::lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
    return remove_watched(AT_FDCWD, path, folder ? AT_REMOVEDIR : 0);
}
int mkdir(const char* path, mode_t mode) noexcept {
    return make_folder_watched(AT_FDCWD, path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
    return make_folder_watched(folder, path, mode);
}

// ---- What would change the disk unseen.

int linkat(int old_folder, const char* from, int new_folder, const char* to, int flags) noexcept {
    require(!watched(whole(new_folder, to)), "links are not watched");
    return plain().linkat(old_folder, from, new_folder, to, flags);
}
int link(const char* from, const char* to) noexcept {
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
#define POWER_LOSS_MMAP(name)                                                                  \
    void* name(void* at, size_t bytes, int access, int flags, int fd, off_t offset) noexcept { \
        const bool changes = (flags & MAP_SHARED) != 0 && (access & PROT_WRITE) != 0;          \
        require(fd < 0 || !changes || !watched(fd), "shared mappings are not watched");        \
        return plain().mmap(at, bytes, access, flags, fd, offset);                             \
    }
POWER_LOSS_MMAP(mmap)
POWER_LOSS_MMAP(mmap64)
#define POWER_LOSS_FOPEN(name)                                   \
    FILE* name(const char* path, const char* mode) {             \
        require(*mode == 'r' || !watched(whole(AT_FDCWD, path)), \
                "streams that write are not watched");           \
        return plain().fopen(path, mode);                        \
    }
POWER_LOSS_FOPEN(fopen)
POWER_LOSS_FOPEN(fopen64)
int dup(int fd) noexcept {
    require(!watched(fd), "dup is not watched");
    return plain().dup(fd);
}

}  // extern "C"
