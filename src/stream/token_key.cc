#include "stream/token_key.h"

#include <utility>

#include "base/log.h"
#include "stream/key_file.h"

namespace millrace::stream {

Result<crypto::Aead::Key> load_token_key(env::FileSystem& files, const env::Path& data_dir,
                                         env::Entropy& entropy) {
    const KeyFile file{data_dir / "token.key", "millrkey"};
    auto key = file.read(files);
    if (key || (key.error().code != Errc::kCorrupt && key.error().code != Errc::kNotFound)) {
        return key;
    }
    if (key.error().code == Errc::kCorrupt) {
        log::warn("{}: a new key is made, iterators given out before are invalid",
                  key.error().message);
    }
    crypto::Aead::Key fresh;
    entropy.fill(fresh);
    MILLRACE_TRY(file.write(files, fresh));
    return fresh;
}

}  // namespace millrace::stream
