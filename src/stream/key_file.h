// A secret key in a file of its own that the owner alone may read: 48 bytes, a magic (8), the key,
// and the first 8 bytes of the MD5 of both, which tells a whole file from a torn one.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/aead.h"
#include "env/file_system.h"

namespace millrace::stream {

struct KeyFile {
    env::Path path;
    std::string_view magic;      // 8 characters
    bool takes_foreign = false;  // 32 bytes that are nothing but a key will do, too
    std::string_view kind = "key file";

    std::string name() const { return std::string(kind) + " " + path.string(); }  // in messages
    // kNotFound; kCorrupt: it is there, but no key of this kind. Blocks.
    Result<crypto::Aead::Key> read(env::FileSystem& files) const;
    // In place of what is there, if anything is; durable on return. Blocks.
    Result<void> write(env::FileSystem& files, const crypto::Aead::Key& key) const;
    // Whether that would do, as far as can be told without waiting for the disk.
    Result<void> try_write(env::FileSystem& files, const crypto::Aead::Key& key) const;
};

struct KeptKey {
    KeyFile file;
    crypto::Aead::Key key;
    bool fresh = false;  // drawn now, not in its file yet
};

}  // namespace millrace::stream
