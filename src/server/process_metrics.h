// Gauges of the process and its connections, read when they are asked for.
#pragma once

#include "base/metrics.h"
#include "env/clock.h"
#include "env/file_system.h"
#include "wire/front.h"

namespace millrace::server {

// `front` and `clock` outlive `metrics`' last text().
void add_process_metrics(Metrics& metrics, const wire::Front& front, env::Clock& clock);

}  // namespace millrace::server
