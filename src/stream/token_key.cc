#include "stream/token_key.h"

#include <utility>

#include "base/log.h"

namespace millrace::stream {

Result<KeptKey> load_token_key(env::FileSystem& files, const env::Path& data_dir,
                               env::Entropy& entropy) {
    KeptKey token{{data_dir / "token.key", "millrkey"}, {}};
    auto key = token.file.read(files);
    if (key) {
        token.key = key.value();
        return token;
    }
    if (key.error().code != Errc::kCorrupt && key.error().code != Errc::kNotFound) {
        return std::move(key).error();
    }
    if (key.error().code == Errc::kCorrupt) {
        log::warn("{}: a new key is made, iterators given out before are invalid",
                  key.error().message);
    }
    entropy.fill(token.key);
    token.fresh = true;
    return token;
}

}  // namespace millrace::stream
