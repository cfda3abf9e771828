#include "server/gate.h"

#include <utility>

#include "console/console.h"
#include "protocol/content_type.h"
#include "protocol/errors.h"

namespace millrace::server {

// Not a coroutine: it adds nothing to the way of a request.
Task<wire::Response> Gate::handle(const wire::Request& request) {
    if (request.target.starts_with(console::kPathPrefix)) {
        return console_.handle(request);
    }
    wire::Handler* const behind = behind_.load(std::memory_order_acquire);
    return behind != nullptr ? behind->handle(request) : unavailable(request);
}

Task<wire::Response> Gate::unavailable(const wire::Request& request) {
    using protocol::ContentType;
    const ContentType type = protocol::content_type(request.header("Content-Type"));
    const bool cbor = type == ContentType::kCbor || type == ContentType::kRpcCbor;
    const auto format = cbor ? protocol::format_of(type) : protocol::Format::kJson;
    wire::Response response = protocol::error(format, "ServiceUnavailable").response;
    response.status = 503;
    const protocol::RequestId id = ids_.next();
    response.headers.add("x-amzn-RequestId", id.uuid());
    response.headers.add("x-amz-id-2", id.extended());
    response.headers.add("Retry-After", "1");
    co_return response;
}

}  // namespace millrace::server
