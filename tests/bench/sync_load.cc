#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "bench/client.h"
#include "bench/loads.h"
#include "bench/tally.h"

namespace millrace::bench {

void sync(const std::string& directory, std::chrono::seconds seconds) {
    const std::string path = directory + "/sync-probe";
    const int fd = ::open(path.c_str(), O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    constexpr off_t kFileBytes = off_t{16} << 20;
    if (fd < 0 || ::posix_fallocate(fd, 0, kFileBytes) != 0)
        die("cannot write " + path);
    const std::string block(4096, 'x');
    // Written once before, so that the measured writes change no metadata: as a recycled journal's
    // do.
    for (off_t at = 0; at < kFileBytes; at += 4096) {
        if (::pwrite(fd, block.data(), block.size(), at) != 4096)
            die("cannot write " + path);
    }
    ::fsync(fd);
    Tally tally;
    const auto begun = Clock::now();
    for (off_t at = 0; Clock::now() < begun + seconds; at = (at + 4096) % kFileBytes) {
        const auto before = Clock::now();
        if (::pwrite(fd, block.data(), block.size(), at) != 4096 || ::fdatasync(fd) != 0) {
            die("cannot sync " + path);
        }
        tally.micros.push_back(
            std::chrono::duration<double, std::micro>(Clock::now() - before).count());
    }
    ::close(fd);
    ::unlink(path.c_str());
    tally.print(std::chrono::duration<double>(Clock::now() - begun).count(), 0, 0);
}

}  // namespace millrace::bench
