// Starting, renewing and stopping a stream's encryption, as the catalog's commands do it. Records
// that are there stay as they are, and so do the keys they were sealed with.
#pragma once

#include "stream/command.h"

namespace millrace::stream {

// kStale: the encryption of a stream that is not encrypted cannot be stopped.
Applied begin_encryption_change(const StreamPtr& found, const BeginEncryptionChange& command,
                                WallTime time);
Applied finish_encryption_change(const StreamPtr& found);

}  // namespace millrace::stream
