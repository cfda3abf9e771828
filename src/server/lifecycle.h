// Every part of a running broker, and the order in which parts start and stop.
//
// Start: open the addresses (health answers "starting", everything else 503) - lock and recover the
// data directory - see to TLS, in the background where that can be - load the catalog - create the
// start-up streams and wait until they are ACTIVE - open the gate: ready. What a new directory
// needs is made durable meanwhile and waited for by the first command. Stop: health says "stopping"
// - accept no more and drain, for at most shutdown_drain, then close what is left - end the
// catalog's background work - flush and close the engine - end the threads.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "base/result.h"
#include "console/console.h"
#include "env/disk_pool.h"
#include "env/entropy.h"
#include "env/file_system.h"
#include "env/system_clock.h"
#include "millrace/error.h"
#include "millrace/options.h"
#include "protocol/pipeline.h"
#include "server/gate.h"
#include "server/steering.h"
#include "storage/segment_engine.h"
#include "stream/broker.h"
#include "wire/front.h"

namespace millrace::server {

class Lifecycle final : public console::HealthSource, public console::AuthoritySource {
public:
    explicit Lifecycle(Options options);
    ~Lifecycle() override;  // stop()
    Lifecycle(const Lifecycle&) = delete;
    Lifecycle& operator=(const Lifecycle&) = delete;

    // Blocks until ready; nothing if all went well. After a failure only the destructor may follow.
    std::optional<StartError> start();

    // Blocks. Idempotent.
    void stop();

    // Reads the certificate files again, for the connections that begin from now on, and the access
    // keys; what cannot be used is logged, and the old stays. Thread-safe.
    void reload();

    const std::vector<wire::Address>& addresses() const { return front_->addresses(); }
    console::Health health() override;
    Task<std::string> authority() override;

private:
    enum class State : std::uint8_t { kStarting, kReady, kStopping };

    // Certificates take longer than all the rest of a start: where none was given, they are made
    // or read in the background, and clients with TLS wait for them.
    std::optional<StartError> start_tls();
    void make_tls();
    Result<void> load_tls();  // REQUIRES: tls_mutex_ is held
    void tell_authority(std::string authority);
    void renew_tls();
    void renew_tls_later();
    void renew_access_keys();
    Result<void> open_engine();
    Result<void> open_broker();

    const Options options_;
    std::atomic<State> state_ = State::kStarting;
    bool stopped_ = false;

    struct AuthorityWaiter {
        env::Executor* home;
        Callback<void(std::string)> done;
    };
    std::mutex tls_mutex_;     // one load at a time
    bool tls_wanted_ = false;  // not any more once stop() has begun
    std::mutex authority_mutex_;
    std::optional<std::string> authority_;
    std::vector<AuthorityWaiter> authority_waiters_;

    // In the order they are made; destroyed the other way round.
    env::SystemClock clock_;
    const std::chrono::steady_clock::time_point begun_;
    env::SystemEntropy entropy_;
    env::SystemTimers timers_;
    std::optional<Steering> steering_;  // only with test_controls
    Metrics metrics_;
    console::Console console_;
    Gate gate_;
    std::unique_ptr<env::FileSystem> files_;
    env::DiskPool pool_;
    std::unique_ptr<storage::SegmentEngine> engine_;
    std::unique_ptr<stream::Broker> broker_;
    std::unique_ptr<protocol::Pipeline> pipeline_;
    std::unique_ptr<wire::Front> front_;
};

}  // namespace millrace::server
