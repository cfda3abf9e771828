#include "env/entropy.h"

#include <sys/random.h>

#include <cerrno>

#include "base/check.h"

namespace millrace::env {

void SystemEntropy::fill(std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t got = ::getrandom(out.data(), out.size(), 0);
        if (got < 0) {
            CHECK(errno == EINTR);  // the kernel promises no other failure for flags 0
            continue;
        }
        out = out.subspan(static_cast<std::size_t>(got));
    }
}

}  // namespace millrace::env
