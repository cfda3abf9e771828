#include "env/process_memory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <thread>
#include <utility>

namespace millrace::env {
namespace {

constexpr int kBlockBytesMax = 32 << 20;  // the largest that malloc may take from a heap
constexpr int kKeptBytesMax = 96 << 20;   // at the end of each heap
constexpr unsigned kCoresOfHeap = 4;      // whose threads share one
constexpr std::uintptr_t kPage = 4096;

// Processor time, of all threads: of a period, and since the last time.
constexpr std::chrono::milliseconds kIdle{5};
constexpr std::chrono::milliseconds kWorthIt{10};

std::chrono::nanoseconds processor_time() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

// Of the binary and its libraries, what only start-up ran: some 7 of 13 MB.
int forget_code(dl_phdr_info* object, std::size_t, void*) {
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const auto& part = object->dlpi_phdr[i];
        if (part.p_type != PT_LOAD || (part.p_flags & PF_W) != 0) {
            continue;  // what was written to exists nowhere else
        }
        const std::uintptr_t begin = (object->dlpi_addr + part.p_vaddr) & ~(kPage - 1);
        const std::uintptr_t end = object->dlpi_addr + part.p_vaddr + part.p_memsz;
        // Advice: where it cannot be taken, nothing changes.
        // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
        static_cast<void>(::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED));
    }
    return 0;
}

}  // namespace

void keep_freed_memory() {
    const unsigned cores = std::max(std::thread::hardware_concurrency(), 1U);
    ::mallopt(M_ARENA_MAX, static_cast<int>(1 + (cores - 1) / kCoresOfHeap));
    ::mallopt(M_MMAP_THRESHOLD, kBlockBytesMax);
    ::mallopt(M_TRIM_THRESHOLD, kKeptBytesMax);
}

void IdleMemory::look() {
    const std::chrono::nanoseconds now = processor_time();
    const bool idle = now - looked_ < kIdle;
    looked_ = now;
    if (!idle || (started_ && now - given_back_ < kWorthIt)) {
        return;
    }
    ::malloc_trim(0);
    if (!std::exchange(started_, true)) {
        ::dl_iterate_phdr(forget_code, nullptr);
    }
    given_back_ = now;
}

}  // namespace millrace::env
