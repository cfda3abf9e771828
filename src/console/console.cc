#include "console/console.h"

#include <nlohmann/json.hpp>

namespace millrace::console {
namespace {

wire::Response text(unsigned status, std::string body) {
    wire::Response response;
    response.status = status;
    response.headers.add("Content-Type", "text/plain; charset=utf-8");
    response.body = std::move(body);
    return response;
}

}  // namespace

Task<wire::Response> Console::handle(const wire::Request& request) {
    const std::string_view path = request.target.substr(0, request.target.find('?'));
    const bool live = path == "/_millrace/health/live";
    const bool ready = path == "/_millrace/health/ready" || path == "/_millrace/health";
    const bool certificate = path == "/_millrace/ca.pem";
    if (!live && !ready && !certificate && path != "/_millrace/metrics") {
        co_return text(404,
                       "There are /_millrace/health (/live, /ready), /_millrace/metrics and "
                       "/_millrace/ca.pem.\n");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        wire::Response refused = text(405, "Only GET and HEAD.\n");
        refused.headers.add("Allow", "GET, HEAD");
        co_return refused;
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
    wire::Response response;
    response.status = health.ready || !must_be_ready ? 200 : 503;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("Cache-Control", "no-store");
    response.body = document.dump() + "\n";
    return response;
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
