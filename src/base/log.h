// The log: the one door to spdlog. Levels by their use: info for lifecycle and stream changes, warn
// for misconfiguration and client abuse, error for what an operator must see, debug for
// maintenance, trace per request. Fields go as "key=value" at the end of the message. Never
// payloads, partition keys or credentials. Thread-safe.
#pragma once

#include <spdlog/spdlog.h>

#include <string>

#include "base/result.h"

namespace millrace::log {

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::trace;
using spdlog::warn;

enum class Format { kText, kJson };

// Sets the process-wide log: lines go to stderr. `level` is trace, debug, info, warn, error or off.
Result<void> configure(const std::string& level, Format format);

}  // namespace millrace::log
