// What a test tells a library that it has loaded into a server: a file that both map.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

// The file that the environment's `variable` names. Without it the test would believe that
// something happens: the server ends.
static const volatile void* told_by(const char* variable, size_t bytes) {
    const char* const path = getenv(variable);
    const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void* const page = file >= 0 ? mmap(0, bytes, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    if (page == MAP_FAILED) {
        abort();
    }
    close(file);
    return page;
}
