#include "server/gate.h"

namespace millrace::server {
namespace {

Task<wire::Response> unavailable() {
    wire::Response response;
    response.status = 503;
    response.headers.emplace_back("Content-Type", "application/x-amz-json-1.1");
    response.headers.emplace_back("Retry-After", "1");
    response.body = R"({"__type":"ServiceUnavailable"})";
    co_return response;
}

}  // namespace

// Not a coroutine: it adds nothing to the way of a request.
Task<wire::Response> Gate::handle(const wire::Request& request) {
    if (request.target.starts_with(console::kPathPrefix)) {
        return console_.handle(request);
    }
    wire::Handler* const behind = behind_.load(std::memory_order_acquire);
    return behind != nullptr ? behind->handle(request) : unavailable();
}

}  // namespace millrace::server
