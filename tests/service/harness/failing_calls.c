// Preloaded into a server, it has the disk give errors: the calls of which the bit is set in the
// file that FAILING_CALLS names answer EIO, as they do on a device that is breaking.
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "told.h"

enum { kRead = 1, kWrite = 2, kSync = 4 };

static const volatile uint32_t* failing;

__attribute__((constructor)) static void open_file(void) {
    failing = told_by("FAILING_CALLS", sizeof *failing);
}

static int fails(uint32_t call) {
    if (failing && (*failing & call)) {
        errno = EIO;
        return 1;
    }
    return 0;
}

// The kernel takes an offset in two halves, of which 64-bit machines use the lower one.
ssize_t pwritev64(int fd, const struct iovec* pieces, int count, off64_t at) {
    return fails(kWrite) ? -1 : syscall(SYS_pwritev, fd, pieces, count, at, 0);
}
ssize_t pwritev(int fd, const struct iovec* pieces, int count, off_t at) {
    return pwritev64(fd, pieces, count, at);
}
ssize_t preadv64v2(int fd, const struct iovec* pieces, int count, off64_t at, int flags) {
    return fails(kRead) ? -1 : syscall(SYS_preadv2, fd, pieces, count, at, 0, flags);
}
ssize_t preadv2(int fd, const struct iovec* pieces, int count, off_t at, int flags) {
    return preadv64v2(fd, pieces, count, at, flags);
}
ssize_t pread64(int fd, void* to, size_t bytes, off64_t at) {
    return fails(kRead) ? -1 : syscall(SYS_pread64, fd, to, bytes, at);
}
ssize_t pread(int fd, void* to, size_t bytes, off_t at) {
    return pread64(fd, to, bytes, at);
}
int fdatasync(int fd) {
    return fails(kSync) ? -1 : (int)syscall(SYS_fdatasync, fd);
}
int sync_file_range(int fd, off64_t at, off64_t bytes, unsigned flags) {
    return fails(kSync) ? -1 : (int)syscall(SYS_sync_file_range, fd, at, bytes, flags);
}
int fsync(int fd) {
    return fails(kSync) ? -1 : (int)syscall(SYS_fsync, fd);
}
