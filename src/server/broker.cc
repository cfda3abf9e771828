#include "millrace/broker.h"

#include <utility>

#include "base/log.h"
#include "millrace/version.h"
#include "server/descriptors.h"
#include "server/lifecycle.h"
#include "server/option_sources.h"
#include "server/option_value.h"

namespace millrace {

struct Broker::Impl {
    explicit Impl(Options options) : lifecycle(std::move(options)) {}
    server::Lifecycle lifecycle;
};

namespace {

// As a client on this machine would write it.
std::string endpoint_of(wire::Address address) {
    if (address.host == "0.0.0.0") {
        address.host = "127.0.0.1";
    } else if (address.host == "::") {
        address.host = "::1";
    }
    return "http://" + wire::to_string(address);
}

void log_ready(const Options& options, const std::vector<wire::Address>& addresses) {
    std::string listening;
    for (const wire::Address& address : addresses) {
        listening.append(listening.empty() ? "" : ",").append(wire::to_string(address));
    }
    const auto durability = server::print_option(options, *server::find_option("durability"));
    const bool kept = options.durability != Durability::kNone;
    log::info("ready address={} data-dir={} durability={} version={}", listening,
              kept ? options.data_dir : std::string("none"), durability, kVersion);
}

// Whoever reaches the port may do everything, where nobody proves who calls.
void warn_of_strangers(const Options& options, const std::vector<wire::Address>& addresses) {
    if (!options.access_keys.empty() || !options.tls_client_ca.empty()) {
        return;
    }
    for (const wire::Address& address : addresses) {
        if (!wire::is_loopback(address)) {
            log::warn(
                "who reaches address={} may do everything: no signature is checked (access-keys)",
                wire::to_string(address));
            return;
        }
    }
}

}  // namespace

Broker::Broker(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Broker::~Broker() = default;

StartResult Broker::start(const Options& chosen) {
    const auto failed = [](StartError::Kind kind, std::string message) {
        return StartResult{nullptr, {kind, std::move(message)}};
    };
    if (const auto checked = server::check_options(chosen); !checked) {
        return failed(StartError::Kind::kOptions, checked.error().message);
    }
    const auto format =
        chosen.log_format == LogFormat::kJson ? log::Format::kJson : log::Format::kText;
    if (const auto configured = log::configure(chosen.log_level, format); !configured) {
        return failed(StartError::Kind::kOptions, "log-level: " + configured.error().message);
    }
    const Options options = server::fit_descriptors(chosen);
    auto impl = std::make_unique<Impl>(options);
    if (auto error = impl->lifecycle.start()) {
        return failed(error->kind, std::move(error->message));
    }
    log_ready(options, impl->lifecycle.addresses());
    warn_of_strangers(options, impl->lifecycle.addresses());
    return {std::unique_ptr<Broker>(new Broker(std::move(impl))), {}};
}

std::string Broker::endpoint() const {
    return endpoints().front();
}

std::vector<std::string> Broker::endpoints() const {
    std::vector<std::string> endpoints;
    for (const wire::Address& address : impl_->lifecycle.addresses()) {
        endpoints.push_back(endpoint_of(address));
    }
    return endpoints;
}

void Broker::reload() {
    impl_->lifecycle.reload();
}

void Broker::stop() {
    impl_->lifecycle.stop();
}

}  // namespace millrace
