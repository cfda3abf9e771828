// The binary: `millrace [VERB] [ARGUMENTS]`. `serve` is the default verb.
#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/time.h"
#include "env/posix_file_system.h"
#include "env/process_memory.h"
#include "millrace/broker.h"
#include "server/descriptors.h"
#include "server/option_sources.h"
#include "server/verbs.h"

extern char** environ;

namespace millrace::server {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

std::span<const char* const> environment() {
    std::size_t count = 0;
    while (environ[count] != nullptr) {
        ++count;
    }
    return {environ, count};
}

sigset_t our_signals() {
    sigset_t signals{};
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    return signals;
}

// Waits for SIGTERM, SIGINT and SIGHUP on a thread of its own. The first of the former two asks a
// running broker to stop; one that comes earlier, while there is nothing to answer yet, or later,
// to a stop that takes too long, ends the process at once: what was acknowledged is on the disk.
class Signals final {
public:
    // REQUIRES: no other thread was started yet, so that none takes the signals.
    Signals() {
        const sigset_t signals = our_signals();
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        std::thread([signals, state = state_] {
            for (;;) {
                int number = 0;
                sigwait(&signals, &number);
                std::unique_lock lock(state->mutex);
                if (number == SIGHUP) {
                    state->reload = true;
                } else if (!state->stop && is_running(*state, lock)) {
                    state->stop = true;
                } else {
                    std::_Exit(128 + number);
                }
                state->came.notify_all();
            }
        }).detach();  // ends with the process
    }

    void now_running() {
        const std::lock_guard lock(state_->mutex);
        state_->running = true;
        state_->came.notify_all();
    }
    enum class Call { kNone, kReload, kStop };
    Call wait(Millis patience) {
        std::unique_lock lock(state_->mutex);
        state_->came.wait_for(lock, patience, [this] { return state_->stop || state_->reload; });
        const bool reload = std::exchange(state_->reload, false);
        return state_->stop ? Call::kStop : reload ? Call::kReload : Call::kNone;
    }

private:
    struct State {
        std::mutex mutex;
        std::condition_variable came;
        bool running = false;
        bool reload = false;
        bool stop = false;
    };

    // Clients are answered a moment before now_running() is called.
    static bool is_running(State& state, std::unique_lock<std::mutex>& lock) {
        return state.came.wait_for(lock, Millis(200), [&] { return state.running; });
    }

    std::shared_ptr<State> state_ = std::make_shared<State>();
};

int refuse(const std::string& message, int status) {
    std::fprintf(stderr, "millrace: %s\n", message.c_str());
    return status;
}

int run_serve(Arguments arguments) {
    env::PosixFileSystem files;
    auto options = resolve_options(arguments, environment(), files);
    if (!options) {
        if (options.error().code == Errc::kUnsupported) {  // --help
            std::fputs(options.error().message.c_str(), stdout);
            return 0;
        }
        return refuse(options.error().message, kExitUsage);
    }
    raise_descriptor_limit();
    env::keep_freed_memory();
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error like a full disk's
    Signals signals;
    const StartResult started = Broker::start(options.value());
    if (started.broker == nullptr) {
        const bool usage = started.error.kind == StartError::Kind::kOptions;
        return refuse(started.error.message, usage ? kExitUsage : kExitFailure);
    }
    signals.now_running();
    env::IdleMemory memory;
    for (auto call = Signals::Call::kNone; call != Signals::Call::kStop;) {
        call = signals.wait(env::IdleMemory::kPeriod);
        if (call == Signals::Call::kReload) {
            started.broker->reload();
        }
        memory.look();
    }
    started.broker->stop();
    return 0;
}

int run(Arguments arguments) {
    const std::string_view verb = arguments.empty() ? "serve" : arguments.front();
    if (arguments.empty() || verb.starts_with('-')) {
        return run_serve(arguments);
    }
    const Arguments rest = arguments.subspan(1);
    if (verb == "serve") {
        return run_serve(rest);
    }
    if (verb == "health") {
        return run_health(rest, environment());
    }
    if (verb == "config") {
        return run_config(rest);
    }
    if (verb == "version") {
        return run_version();
    }
    return refuse("'" + std::string(verb) +
                      "' is no verb; there are serve (the default), health, config and version",
                  kExitUsage);
}

}  // namespace
}  // namespace millrace::server

int main(int argc, char** argv) {
    const std::span<const char* const> all(argv, static_cast<std::size_t>(argc));
    return millrace::server::run(all.subspan(std::min<std::size_t>(1, all.size())));
}
