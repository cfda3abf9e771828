// What the process does with the memory it is done with. Of the whole process: only the binary's
// main() uses this, never a library.
#pragma once

#include <chrono>

namespace millrace::env {

// Freed memory stays with the process for its next use. By default malloc gives the blocks of large
// requests back at once, and the kernel clears new pages for the next: PutRecords of 500 x 1 KiB
// took 200,000 page faults a second, and two thirds of the rate without them.
//
// Threads share a heap, as many as four cores run. By default each has its own: on two cores a
// drain of four shards then held 212 MB at most, instead of 124, and took 200,000 page faults for 2
// million records, instead of 20,000, since threads' own heaps are given back whole. Little of what
// is small comes to a heap at all: it is recycled before.
void keep_freed_memory();

// Gives back what is not needed once the process has nothing to do. Not thread-safe.
class IdleMemory final {
public:
    // To be called now and then, `kPeriod` apart. Gives back freed memory (but what lies at the
    // ends of further heaps) if little was done since the last call, and something since it was
    // last given back; the first time the pages of start-up's code as well (they are the files',
    // and come back when touched).
    void look();

    static constexpr std::chrono::milliseconds kPeriod{500};

private:
    std::chrono::nanoseconds looked_{};
    std::chrono::nanoseconds given_back_{};
    bool started_ = false;
};

}  // namespace millrace::env
