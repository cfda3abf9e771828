// Clients' encryption keys that shall not work, as the option names them.
#pragma once

#include "base/result.h"
#include "millrace/options.h"
#include "stream/key_states.h"

namespace millrace::server {

// kInvalid names the part that is no KEY=STATE.
Result<stream::KeyStates> parse_kms_keys(const Options& options);

}  // namespace millrace::server
