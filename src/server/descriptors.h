// File descriptors: one for each connection and for each segment file in use.
#pragma once

#include "millrace/options.h"

namespace millrace::server {

// Takes as many for this process as the system allows it.
void raise_descriptor_limit();

// The options with no more connections and open files than this process's limit has room for; what
// had to be lowered is logged. Without it one kind would starve the other, and checkpoints both.
Options fit_descriptors(Options options);

}  // namespace millrace::server
