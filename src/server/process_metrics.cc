#include "server/process_metrics.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>

#include "env/posix_file_system.h"
#include "millrace/version.h"

namespace millrace::server {
namespace {

// The second field of /proc/self/statm; 0 where there is none.
double resident_bytes() {
    env::PosixFileSystem files;
    const auto file = files.open("/proc/self/statm", env::OpenMode::kReadOnly);
    if (!file) {
        return 0;
    }
    std::array<char, 128> buffer{};
    const auto out = std::as_writable_bytes(std::span(buffer));
    const auto read = file.value()->read_at(0, out, env::ReadMode::kMayBlock);
    if (!read) {
        return 0;
    }
    std::string_view text(buffer.data(), read.value());
    text.remove_prefix(std::min(text.size(), text.find(' ') + 1));
    std::uint64_t pages = 0;
    std::from_chars(text.data(), text.data() + text.size(), pages);
    return static_cast<double>(pages) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void raise_to(Counter& counter, std::uint64_t value) {
    counter.Increment(static_cast<double>(value) - counter.Value());
}

}  // namespace

void add_process_metrics(Metrics& metrics, const wire::Front& front, env::Clock& clock) {
    metrics
        .gauge("millrace_build_info", "Constant 1; the version is a label.",
               {{"version", std::string(kVersion)}})
        .Set(1);
    Gauge& open = metrics.gauge("millrace_connections_open", "Client connections open now.");
    Counter& accepted =
        metrics.counter("millrace_connections_accepted_total", "Client connections accepted.");
    Counter& refused = metrics.counter("millrace_connections_refused_total",
                                       "Client connections closed for connections-max.");
    Gauge& bodies =
        metrics.gauge("millrace_body_memory_bytes",
                      "Memory held for large bodies and answers (body-memory bounds it).");
    Gauge& resident =
        metrics.gauge("process_resident_memory_bytes", "Resident memory of the process.");
    Gauge& uptime = metrics.gauge("millrace_uptime_seconds", "Seconds since the start.");
    const auto begun = clock.steady();
    metrics.before_scrape(
        [&open, &accepted, &refused, &bodies, &resident, &uptime, &front, &clock, begun] {
            open.Set(static_cast<double>(front.open_connections()));
            raise_to(accepted, front.accepted_connections());
            raise_to(refused, front.turned_away_connections());
            bodies.Set(static_cast<double>(front.body_bytes_in_flight()));
            resident.Set(resident_bytes());
            uptime.Set(std::chrono::duration<double>(clock.steady() - begun).count());
        });
}

}  // namespace millrace::server
