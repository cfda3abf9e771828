#include "console/console.h"

#include <nlohmann/json.hpp>

#include "console/clock_document.h"

namespace millrace::console {
namespace {

wire::Response text(unsigned status, std::string body) {
    wire::Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

wire::Response json(unsigned status, std::string body) {
    wire::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("Cache-Control", "no-store");
    response.body = std::move(body);
    return response;
}

wire::Response not_allowed(const std::string& allowed) {
    wire::Response refused = text(405, "Only " + allowed + ".\n");
    refused.headers.add("Allow", allowed);
    return refused;
}

bool reads(const wire::Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

Task<wire::Response> Console::handle(const wire::Request& request) {
    const std::string_view path = request.target.substr(0, request.target.find('?'));
    if (path == "/_millrace/clock") {
        co_return co_await clock(request);
    }
    const bool live = path == "/_millrace/health/live";
    const bool ready = path == "/_millrace/health/ready" || path == "/_millrace/health";
    const bool certificate = path == "/_millrace/ca.pem";
    if (!live && !ready && !certificate && path != "/_millrace/metrics") {
        co_return text(404,
                       "There are /_millrace/health (/live, /ready), /_millrace/metrics, "
                       "/_millrace/ca.pem and /_millrace/clock.\n");
    }
    if (!reads(request)) {
        co_return not_allowed("GET, HEAD");
    }
    if (live || ready) {
        co_return health(ready);
    }
    if (certificate) {
        std::string pem = co_await authority_.authority();
        co_return authority(std::move(pem));
    }
    co_return metrics();
}

wire::Response Console::health(bool must_be_ready) const {
    const Health health = health_.health();
    const nlohmann::ordered_json document = {
        {"live", true},
        {"ready", health.ready},
        {"state", health.state},
        {"version", health.version},
        {"uptime_seconds", health.uptime_seconds},
    };
    return json(health.ready || !must_be_ready ? 200 : 503, document.dump() + "\n");
}

// A page of another site that is open in a browser beside the broker can send any text by POST, but
// JSON only after asking, which nobody here allows it.
Task<wire::Response> Console::clock(const wire::Request& request) {
    if (clock_ == nullptr) {
        co_return text(404, "The clock is moved only in a broker with --test-controls.\n");
    }
    if (reads(request)) {
        co_return json(200, write_clock(clock_->read()));
    }
    if (request.method != "POST") {
        co_return not_allowed("GET, HEAD, POST");
    }
    const std::string_view type = request.header("Content-Type");
    if (type.substr(0, type.find_first_of("; ")) != "application/json") {
        co_return text(415, "Content-Type must be application/json.\n");
    }
    auto order = read_clock_order(request.body);
    if (!order) {
        co_return text(400, order.error().message + "\n");
    }
    const auto moved = co_await clock_->steer(order.value());
    if (!moved) {
        const bool wrong = moved.error().code == Errc::kInvalid;
        co_return text(wrong ? 400 : 503, moved.error().message + "\n");
    }
    co_return json(200, write_clock(moved.value()));
}

wire::Response Console::authority(std::string pem) {
    if (pem.empty()) {
        return text(404, "The server has no certificate of its own making.\n");
    }
    wire::Response response;
    response.headers.add("Content-Type", "application/x-pem-file");
    response.body = std::move(pem);
    return response;
}

wire::Response Console::metrics() const {
    wire::Response response;
    response.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = metrics_.text();
    return response;
}

}  // namespace millrace::console
