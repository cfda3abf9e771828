// Preloaded into a server, it moves the server's wall clock: by as many nanoseconds as stand in the
// file that MOVED_CLOCK names, at every look at the clock. What a process measures by other clocks
// stays as it is.
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "told.h"

static const volatile int64_t* moved_by;

__attribute__((constructor)) static void open_file(void) {
    moved_by = told_by("MOVED_CLOCK", sizeof *moved_by);
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
