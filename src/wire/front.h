// The network side as a whole: addresses, workers, limits. Stopping has two steps, so that what
// still runs in handlers can be completed between them: drain(), then (after the engine has
// stopped) join().
#pragma once

#include <memory>
#include <vector>

#include "wire/worker.h"

namespace millrace::wire {

struct FrontConfig {
    std::vector<Address> listen;
    unsigned workers = 1;
    Limits limits;
    bool tls_expected = false;  // use_tls() will be called: clients with TLS wait until then
    bool tls_required = false;  // connections without TLS are told so and closed
};

class Front final {
public:
    // Opens the sockets; connections wait in their backlogs until start(). The handler and the
    // clock outlive the front.
    static Result<std::unique_ptr<Front>> open(FrontConfig config, Handler& handler,
                                               env::Clock& clock);
    ~Front();
    Front(const Front&) = delete;
    Front& operator=(const Front&) = delete;

    void start();

    // TLS of the connections that begin from now on; null: none. Thread-safe.
    void use_tls(std::shared_ptr<const TlsContext> context);

    // Accepts no more and waits until every connection has ended, for at most `patience`; what is
    // left then is closed, and handlers that still run are waited for, for at most
    // `handlers_patience`. False if something was left.
    bool drain(Millis patience, Millis handlers_patience);

    // After drain(). Ends the threads, waiting for what is posted to them for at most `patience`.
    void join(Millis patience);

    const std::vector<Address>& addresses() const { return addresses_; }  // as bound
    env::Executor& executor() { return *workers_.front(); }               // the first worker
    std::size_t open_connections() const { return context_.connections.load(); }
    std::uint64_t accepted_connections() const { return context_.accepted.load(); }
    std::uint64_t turned_away_connections() const { return context_.turned_away.load(); }
    std::size_t body_bytes_in_flight() const { return context_.budget.used(); }

private:
    Front(FrontConfig config, Handler& handler, env::Clock& clock);
    bool wait_until_empty(Millis patience);

    const FrontConfig config_;
    WorkerContext context_;
    std::vector<Address> addresses_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace millrace::wire
