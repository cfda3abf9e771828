// Preloaded into a server, it moves the server's wall clock: by as many nanoseconds as stand in the
// file that MOVED_CLOCK names, at every look at the clock. What a process measures by other clocks
// stays as it is.
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t* moved_by;

__attribute__((constructor)) static void open_file(void) {
    const char* const path = getenv("MOVED_CLOCK");
    const int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void* const page =
        file >= 0 ? mmap(0, sizeof *moved_by, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    if (page == MAP_FAILED) {
        abort();  // a test would believe that time passes
    }
    close(file);
    moved_by = page;
}

int clock_gettime(clockid_t clock, struct timespec* now) {
    const int failed = (int)syscall(SYS_clock_gettime, clock, now);
    if (!failed && clock == CLOCK_REALTIME && moved_by) {
        const int64_t ns = now->tv_nsec + *moved_by;
        now->tv_sec += ns / 1000000000;
        now->tv_nsec = ns % 1000000000;
    }
    return failed;
}
