#include "server/lifecycle.h"

#include <algorithm>
#include <thread>

#include "base/log.h"
#include "env/memory_file_system.h"
#include "env/posix_file_system.h"
#include "millrace/version.h"
#include "server/access_key_file.h"
#include "server/call_rates.h"
#include "server/kms_keys.h"
#include "server/option_sources.h"
#include "server/process_metrics.h"
#include "server/run_on.h"
#include "server/startup_streams.h"
#include "server/tls_files.h"

namespace millrace::server {
namespace {

// Handlers whose connection was closed still wait for their commit; it comes, unless the disk
// hangs.
constexpr Millis kHandlersPatience{5'000};

constexpr std::chrono::hours kTlsRenewal{12};
// The first requests have the processor to themselves before keys for TLS are made.
constexpr Millis kTlsAfterReady{5};

storage::Durability engine_durability(Durability durability) {
    switch (durability) {
        case Durability::kPower:
            return storage::Durability::kPower;
        case Durability::kProcess:
            return storage::Durability::kProcess;
        case Durability::kNone:
            break;
    }
    return storage::Durability::kNone;
}

std::unique_ptr<env::FileSystem> make_files(const Options& options) {
    if (options.durability == Durability::kNone) {
        return std::make_unique<env::MemoryFileSystem>(options.memory_store_max);
    }
    return std::make_unique<env::PosixFileSystem>();
}

// A core is left to commits, the kernel, and clients on the same machine. (2 cores, with the
// client: 91,000 PutRecord of 100 B a second with one worker, 66,000 with two, which wake one
// another.)
unsigned workers(const Options& options) {
    const unsigned cores = std::thread::hardware_concurrency();
    return options.workers != 0 ? static_cast<unsigned>(options.workers) : std::max(cores, 2U) - 1;
}

wire::FrontConfig front_config(const Options& options) {
    wire::FrontConfig config;
    for (const std::string& text : options.listen) {
        config.listen.push_back(wire::parse_address(text).value());  // checked
    }
    config.workers = workers(options);
    config.limits.header_bytes_max = options.header_size_max;
    config.limits.body_bytes_max = options.body_size_max;
    config.limits.body_bytes_in_flight_max = options.body_memory;
    config.limits.connections_max = options.connections_max;
    config.limits.streams_max = options.http2_streams_max;
    config.tls_expected = options.tls != Tls::kOff;
    config.tls_required = options.tls == Tls::kRequired;
    config.limits.idle_timeout = options.idle_timeout;
    config.limits.header_timeout = options.header_timeout;
    config.limits.body_timeout = options.body_timeout;
    config.limits.write_timeout = options.write_timeout;
    return config;
}

// Nobody gave a certificate and not everything depends on one: it may come after the start.
bool makes_own_tls(const Options& options) {
    return options.tls != Tls::kOff && options.tls != Tls::kRequired &&
           options.tls_certificate.empty();
}

storage::SegmentEngineOptions engine_options(const Options& options, env::Entropy& entropy) {
    storage::SegmentEngineOptions engine;
    engine.data_dir = options.data_dir;
    engine.durability = engine_durability(options.durability);
    engine.segment_bytes = options.segment_size;
    engine.segment_age = options.segment_age;
    engine.journal_file_bytes = options.journal_file_size;
    engine.journal_files = static_cast<std::uint32_t>(options.journal_files);
    engine.journal_seed = static_cast<std::uint32_t>(entropy.u64());
    engine.inflight_bytes = options.append_memory;
    engine.open_files = static_cast<std::uint32_t>(options.open_files);
    engine.index_cache_bytes = options.index_memory;
    return engine;
}

// With durability none it is kept in memory, like all that it protects.
env::Path master_key_file(const Options& options) {
    const bool in_data_dir = options.durability == Durability::kNone ||
                             options.encryption_key_file.find('/') == std::string::npos;
    const env::Path name(options.encryption_key_file);
    return in_data_dir ? env::Path(options.data_dir) / name.filename() : name;
}

stream::Settings stream_settings(const Options& options) {
    stream::Settings settings;
    settings.create_delay = options.create_delay;
    settings.update_delay = options.update_delay;
    settings.delete_delay = options.delete_delay;
    settings.consumer_delay = options.consumer_delay;
    settings.subscriptions.life = options.subscription_life;
    settings.subscriptions.limited = options.limits;
    settings.subscriptions.bytes_per_second = options.subscription_bytes_max;
    settings.sweep_interval = options.retention_sweep_interval;
    settings.rates.enforced = options.limits;
    settings.rates.write_bytes = options.write_bytes_max;
    settings.rates.write_records = options.write_records_max;
    settings.rates.read_bytes = options.read_bytes_max;
    settings.rates.read_calls = options.read_calls_max;
    settings.rates.iterator_calls = options.iterator_calls_max;
    settings.quotas.enforced = options.limits;
    settings.quotas.shards_max = static_cast<std::uint32_t>(options.shards_max);
    settings.quotas.on_demand_streams_max =
        static_cast<std::uint32_t>(options.on_demand_streams_max);
    settings.quotas.pending_streams_max = static_cast<std::uint32_t>(options.pending_streams_max);
    settings.quotas.scalings_max = static_cast<std::uint32_t>(options.shard_count_updates_max);
    settings.quotas.mode_changes_max = static_cast<std::uint32_t>(options.mode_changes_max);
    settings.quotas.encryption_changes_max =
        static_cast<std::uint32_t>(options.encryption_changes_max);
    settings.quotas.consumers_max = static_cast<std::uint32_t>(options.consumers_max);
    settings.quotas.committed_consumers_max =
        static_cast<std::uint32_t>(options.committed_consumers_max);
    settings.quotas.creating_consumers_max =
        static_cast<std::uint32_t>(options.creating_consumers_max);
    settings.quotas.tags_max = static_cast<std::uint32_t>(options.tags_max);
    settings.on_demand.window = options.on_demand_window;
    settings.on_demand.split_bytes_per_second = options.on_demand_split_bytes;
    settings.on_demand.split_records_per_second = options.on_demand_split_records;
    settings.on_demand.shards_max = static_cast<std::uint32_t>(options.on_demand_shards_max);
    settings.channels_accepted = options.channels == Channels::kAccept;
    settings.key_states = parse_kms_keys(options).value();  // checked
    settings.master_key_file = master_key_file(options);
    return settings;
}

// Task<void> has no value for run_on() to hand over.
Task<bool> finished(Task<void> task) {
    co_await std::move(task);
    co_return true;
}

StartError data_error(const Options& options, const Error& error) {
    const bool locked = error.code == Errc::kLocked;
    std::string message = "data-dir: " + options.data_dir + ": " + error.message;
    if (locked) {
        message += "; another process uses it: stop that or choose another data-dir";
    }
    return {StartError::Kind::kData, std::move(message)};
}

// Of the options' own files the message names the option.
StartError tls_error(const Options& options, const Error& error) {
    if (!options.tls_certificate.empty() || error.message.starts_with("tls-")) {
        const bool named = error.message.starts_with("tls-");
        return {StartError::Kind::kOptions, (named ? "" : "tls-certificate: ") + error.message};
    }
    return data_error(options, error);
}

}  // namespace

Lifecycle::Lifecycle(Options options)
    : options_(std::move(options)),
      begun_(clock_.steady()),
      timers_(clock_),
      steering_(options_.test_controls ? std::make_optional<Steering>(clock_) : std::nullopt),
      console_(*this, *this, metrics_, steering_ ? &*steering_ : nullptr),
      gate_(console_, entropy_),
      files_(make_files(options_)),
      pool_(static_cast<unsigned>(options_.disk_threads)) {}

Lifecycle::~Lifecycle() {
    stop();
}

std::optional<StartError> Lifecycle::start() {
    std::shared_ptr<const protocol::AccessKeys> access_keys;
    if (!options_.access_keys.empty()) {
        env::PosixFileSystem host;
        auto loaded = load_access_keys(host, options_.access_keys);
        if (!loaded) {
            return StartError{StartError::Kind::kOptions, "access-keys: " + loaded.error().message};
        }
        access_keys = std::move(loaded).value();
    }
    auto front = wire::Front::open(front_config(options_), gate_, clock_);
    if (!front) {
        return StartError{StartError::Kind::kAddress, "listen: " + front.error().message};
    }
    front_ = std::move(front).value();
    add_process_metrics(metrics_, *front_, clock_);
    front_->start();

    if (const auto opened = open_engine(); !opened) {
        return data_error(options_, opened.error());
    }
    if (auto failed = start_tls()) {
        return failed;
    }
    if (const auto opened = open_broker(); !opened) {
        return data_error(options_, opened.error());
    }
    protocol::Settings settings{options_.account, options_.region};
    pipeline_ = std::make_unique<protocol::Pipeline>(*broker_, metrics_, std::move(settings),
                                                     clock_, entropy_);
    if (access_keys != nullptr) {
        pipeline_->require(std::move(access_keys));
    }
    if (steering_) {
        steering_->settle_with(broker_.get());
    }
    gate_.open(pipeline_.get());
    state_ = State::kReady;
    if (makes_own_tls(options_)) {
        // Only now: its keys and files would hold up what everybody waits for.
        timers_.after(kTlsAfterReady, [this] {
            const std::lock_guard lock(tls_mutex_);
            if (tls_wanted_) {  // there is a pool still
                pool_.submit([this] { make_tls(); });
            }
        });
    }
    return std::nullopt;
}

std::optional<StartError> Lifecycle::start_tls() {
    if (options_.tls == Tls::kOff) {
        tell_authority({});
        return std::nullopt;
    }
    const std::lock_guard lock(tls_mutex_);
    tls_wanted_ = true;
    if (!makes_own_tls(options_)) {
        if (const auto loaded = load_tls(); !loaded) {
            return tls_error(options_, loaded.error());
        }
    }
    renew_tls_later();
    return std::nullopt;
}

void Lifecycle::make_tls() {
    const std::lock_guard lock(tls_mutex_);
    if (!tls_wanted_) {
        return;
    }
    if (const auto loaded = load_tls(); !loaded) {
        log::error("there is no TLS error=\"{}\"", loaded.error().message);
        front_->use_tls(nullptr);
        tell_authority({});
    }
}

Result<void> Lifecycle::load_tls() {
    env::PosixFileSystem host;
    MILLRACE_TRY(auto loaded, load_tls_files(options_, *files_, host, clock_.now()));
    MILLRACE_TRY(auto context, wire::TlsContext::server(loaded.identity));
    front_->use_tls(std::move(context));
    tell_authority(std::move(loaded.authority));
    return success();
}

void Lifecycle::reload() {
    renew_tls();
    renew_access_keys();
}

void Lifecycle::renew_access_keys() {
    if (options_.access_keys.empty()) {
        return;
    }
    env::PosixFileSystem host;
    auto loaded = load_access_keys(host, options_.access_keys);
    if (!loaded) {
        log::error("the access keys stay as they were error=\"{}\"", loaded.error().message);
        return;
    }
    log::info("access keys read again count={}", loaded.value()->count());
    pipeline_->require(std::move(loaded).value());
}

void Lifecycle::renew_tls() {
    const std::lock_guard lock(tls_mutex_);
    if (!tls_wanted_) {
        return;
    }
    if (const auto loaded = load_tls(); !loaded) {
        log::error("the certificate stays as it was error=\"{}\"", loaded.error().message);
    }
}

void Lifecycle::tell_authority(std::string authority) {
    std::vector<AuthorityWaiter> waiters;
    {
        const std::lock_guard lock(authority_mutex_);
        authority_ = authority;
        waiters.swap(authority_waiters_);
    }
    for (AuthorityWaiter& waiter : waiters) {
        env::post_or_run(waiter.home, [done = std::move(waiter.done), authority]() mutable {
            done(std::move(authority));
        });
    }
}

Task<std::string> Lifecycle::authority() {
    auto begin = [this, home = env::current_executor()](Callback<void(std::string)> done) {
        std::unique_lock lock(authority_mutex_);
        if (!authority_) {
            authority_waiters_.push_back({home, std::move(done)});
            return;
        }
        std::string known = *authority_;
        lock.unlock();
        done(std::move(known));
    };
    co_return co_await completion<std::string>(std::move(begin));
}

// A certificate of the broker's own must not expire while it runs.
void Lifecycle::renew_tls_later() {
    timers_.after(kTlsRenewal, [this] {
        renew_tls();
        renew_tls_later();
    });
}

Result<void> Lifecycle::open_engine() {
    MILLRACE_TRY(files_->create_directories(options_.data_dir));
    auto options = engine_options(options_, entropy_);
    env::Clock& clock = steering_ ? steering_->clock().unhurried() : clock_;
    MILLRACE_TRY(engine_,
                 storage::SegmentEngine::open(std::move(options), *files_, clock, pool_, metrics_));
    return success();
}

Result<void> Lifecycle::open_broker() {
    MILLRACE_TRY(auto streams, parse_startup_streams(options_));
    stream::Settings settings = stream_settings(options_);
    MILLRACE_TRY(settings.rates.calls, parse_call_rates(options_));
    env::Clock& clock = steering_ ? static_cast<env::Clock&>(steering_->clock()) : clock_;
    env::Timers& timers = steering_ ? steering_->timers() : timers_;
    MILLRACE_TRY(broker_, run_on(front_->executor(), [this, &settings, &clock, &timers] {
                     stream::Broker::Parts parts{.engine = *engine_,
                                                 .catalog_log = engine_->catalog_log(),
                                                 .clock = clock,
                                                 .timers = timers,
                                                 .entropy = entropy_,
                                                 .files = *files_,
                                                 .data_dir = options_.data_dir,
                                                 .home = &front_->executor(),
                                                 .metrics = metrics_,
                                                 .pool = &pool_};
                     return stream::Broker::open(parts, std::move(settings));
                 }));
    return run_on(front_->executor(),
                  [this, &streams] { return broker_->ensure_streams(std::move(streams)); });
}

void Lifecycle::stop() {
    if (stopped_) {
        return;
    }
    stopped_ = true;
    {
        const std::lock_guard lock(tls_mutex_);
        tls_wanted_ = false;
    }
    tell_authority({});
    state_ = State::kStopping;
    if (front_ != nullptr) {
        if (!front_->drain(options_.shutdown_drain, kHandlersPatience)) {
            log::warn("stop: closed connections that were still in use");
        }
    }
    gate_.open(nullptr);
    if (broker_ != nullptr) {
        run_on(front_->executor(), [this] { return finished(broker_->stop()); });
    }
    if (engine_ != nullptr) {
        if (const Result<void> closed = engine_->close(); !closed) {
            log::error("stop: cannot close the data directory error=\"{}\"",
                       closed.error().message);
        }
    }
    if (front_ != nullptr) {
        front_->join(kHandlersPatience);
    }
}

console::Health Lifecycle::health() {
    const State state = state_;
    console::Health health;
    health.ready = state == State::kReady;
    health.state = state == State::kReady      ? "ready"
                   : state == State::kStarting ? "starting"
                                               : "stopping";
    health.version = kVersion;
    health.uptime_seconds = std::chrono::duration_cast<Seconds>(clock_.steady() - begun_).count();
    return health;
}

}  // namespace millrace::server
