// The C library's calls themselves, past those of this library. Nothing here is watched.
#pragma once

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace millrace::test {

[[noreturn]] inline void give_up(const char* what) {
    // stdio may be what is being called.
    const char* const parts[] = {"power_loss: ", what, ": ", std::strerror(errno), "\n"};
    for (const char* const part : parts) {
        if (::syscall(SYS_write, 2, part, std::strlen(part)) < 0)
            break;
    }
    std::abort();
}
inline void require(bool holds, const char* what) {
    if (!holds)
        give_up(what);
}

struct PlainCalls {
    template <class F>
    static void find(F*& call, const char* name) {
        void* const found = ::dlsym(RTLD_NEXT, name);
        require(found != nullptr, name);
        std::memcpy(&call, &found, sizeof call);
    }
    PlainCalls();

    int (*openat)(int, const char*, int, ...) = nullptr;
    int (*close)(int) = nullptr;
    int (*closedir)(DIR*) = nullptr;
    ssize_t (*write)(int, const void*, size_t) = nullptr;
    ssize_t (*pwrite)(int, const void*, size_t, off_t) = nullptr;
    ssize_t (*writev)(int, const iovec*, int) = nullptr;
    ssize_t (*pwritev)(int, const iovec*, int, off_t) = nullptr;
    ssize_t (*pwritev2)(int, const iovec*, int, off_t, int) = nullptr;
    int (*fsync)(int) = nullptr;
    int (*fdatasync)(int) = nullptr;
    int (*ftruncate)(int, off_t) = nullptr;
    int (*fallocate)(int, int, off_t, off_t) = nullptr;
    int (*renameat)(int, const char*, int, const char*) = nullptr;
    int (*unlinkat)(int, const char*, int) = nullptr;
    int (*mkdirat)(int, const char*, mode_t) = nullptr;
    int (*linkat)(int, const char*, int, const char*, int) = nullptr;
    void* (*mmap)(void*, size_t, int, int, int, off_t) = nullptr;
    FILE* (*fopen)(const char*, const char*) = nullptr;
    int (*dup)(int) = nullptr;
};
const PlainCalls& plain();

}  // namespace millrace::test
