#include "protocol/cors.h"

namespace millrace::protocol {

bool has_origin(const wire::Request& request) {
    return !request.header("Origin").empty();
}

bool is_preflight(const wire::Request& request) {
    return request.method == "OPTIONS" && has_origin(request);
}

wire::Response preflight_response(const wire::Request& request) {
    wire::Response response;
    const std::string_view headers = request.header("Access-Control-Request-Headers");
    const std::string_view method = request.header("Access-Control-Request-Method");
    if (!headers.empty())
        response.headers.add("Access-Control-Allow-Headers", headers);
    if (!method.empty())
        response.headers.add("Access-Control-Allow-Methods", method);
    response.headers.add("Access-Control-Max-Age", "172800");
    return response;
}

void allow_origin(wire::Response& response) {
    response.headers.add("Access-Control-Allow-Origin", "*");
}

void expose_headers(wire::Response& response) {
    response.headers.add("Access-Control-Expose-Headers",
                         "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,"
                         "x-amzn-ErrorMessage,Date");
}

}  // namespace millrace::protocol
