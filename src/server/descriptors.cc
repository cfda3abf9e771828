#include "server/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

#include "base/log.h"

namespace millrace::server {
namespace {

// Sockets that listen, the journal, checkpoints, logs.
constexpr std::uint64_t kOthers = 64;
// Files that readers keep, files not yet synced, those of the commit under way, and as much again
// for connections.
constexpr std::uint64_t kShares = 4;

void lower(std::uint64_t& value, std::uint64_t most, const char* name, std::uint64_t limit) {
    if (value > most) {
        log::warn("{} is lowered from {} to {}: this process may open {} files", name, value, most,
                  limit);
        value = most;
    }
}

}  // namespace

void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

Options fit_descriptors(Options options) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return options;
    }
    const std::uint64_t all = limit.rlim_cur;
    const std::uint64_t room = all > 2 * kOthers ? all - kOthers : kOthers;
    lower(options.open_files, std::max<std::uint64_t>(1, room / kShares), "open-files", all);
    const std::uint64_t rest = room - (kShares - 1) * options.open_files;
    lower(options.connections_max, rest, "connections-max", all);
    return options;
}

}  // namespace millrace::server
