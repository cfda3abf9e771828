// Operating errors: what the machine or the data did, never what a client did wrong (those are
// api/errors.h) and never a broken invariant (those are CHECK). Values are process-internal and
// may be renumbered.
#pragma once

#include <string>
#include <utility>

namespace millrace {

enum class Errc {
    kNotFound,     // the named file, shard or entry does not exist
    kExists,       // it does already
    kInvalid,      // an argument or option is out of its range
    kCorrupt,      // bytes on disk fail their checksum or grammar
    kNoSpace,      // ENOSPC or EDQUOT: writes may work again later
    kIo,           // any other failed system call
    kPoisoned,     // an earlier write or sync failed; reopen through recovery
    kClosed,       // the shard has ended or the engine is stopping
    kOverloaded,   // a bound was reached; nothing was attempted
    kWouldBlock,   // a read marked cached-only would have touched the disk
    kLocked,       // another process holds the data directory
    kUnsupported,  // a format level or feature this build does not know
};

struct [[nodiscard]] Error {
    Errc code;
    std::string message;  // for the operator's log; never sent to a client
};

}  // namespace millrace
