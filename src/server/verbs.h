// The verbs of the binary but for `serve`, which is main.cc's. Each returns the exit status.
#pragma once

#include <span>

namespace millrace::server {

// What follows the verb on the command line.
using Arguments = std::span<const char* const>;

int run_health(Arguments arguments, std::span<const char* const> environment);
int run_config(Arguments arguments);
int run_version();

}  // namespace millrace::server
