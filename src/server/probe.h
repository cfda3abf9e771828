// The client behind `millrace health`: one GET of /_millrace/health.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace millrace::server {

struct Probed {
    unsigned status = 0;
    std::string body;
};

// `endpoint` is http://ADDRESS:PORT or https://, whose certificate is not looked at. Gives up after
// `patience`.
Result<Probed> probe_health(std::string_view endpoint, Millis patience);

}  // namespace millrace::server
