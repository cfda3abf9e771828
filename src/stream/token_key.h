// The key that seals tokens: drawn once, kept in the data directory, so that iterators survive a
// restart. A damaged file is replaced, which only makes the tokens of the last minutes invalid.
#pragma once

#include "base/result.h"
#include "env/entropy.h"
#include "env/file_system.h"
#include "stream/key_file.h"

namespace millrace::stream {

// The file's key, or a fresh one. Blocks: start-up only. REQUIRES: `data_dir` exists and no other
// process uses it.
Result<KeptKey> load_token_key(env::FileSystem& files, const env::Path& data_dir,
                               env::Entropy& entropy);

}  // namespace millrace::stream
