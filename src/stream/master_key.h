// The master key, with which the data keys of encrypted streams are wrapped. It stands in a file of
// its own, in the data directory or where the operator keeps it, is drawn when the file is not
// there, and never replaced: without it what is encrypted cannot be read by anybody.
#pragma once

#include <vector>

#include "base/result.h"
#include "crypto/aead.h"
#include "env/entropy.h"
#include "env/file_system.h"
#include "stream/data_keys.h"
#include "stream/key_file.h"
#include "stream/stream.h"

namespace millrace::stream {

// The file's key, or a fresh one. Blocks: start-up only.
Result<KeptKey> load_master_key(env::FileSystem& files, const env::Path& path,
                                env::Entropy& entropy);

// Refuses a key that is not the one with which the streams' keys (`keys`) were wrapped.
Result<void> check_master_key(const KeptKey& master, const DataKeys& keys,
                              const std::vector<StreamPtr>& streams);

}  // namespace millrace::stream
