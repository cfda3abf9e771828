// What browsers ask before, and need after, a request from another origin. Any origin may call.
#pragma once

#include "wire/handler.h"

namespace millrace::protocol {

bool has_origin(const wire::Request& request);

// OPTIONS with an Origin: answered without looking further.
bool is_preflight(const wire::Request& request);
wire::Response preflight_response(const wire::Request& request);

// REQUIRES: has_origin().
void allow_origin(wire::Response& response);
void expose_headers(wire::Response& response);

}  // namespace millrace::protocol
