#include "stream/master_key.h"

#include <utility>

namespace millrace::stream {
namespace {

Error about(const KeptKey& master, Errc code, const std::string& what) {
    return {code, master.file.name() + " " + what};
}

}  // namespace

Result<KeptKey> load_master_key(env::FileSystem& files, const env::Path& path,
                                env::Entropy& entropy) {
    KeptKey master{{path, "millmkey", true, "encryption key file"}, {}};
    auto key = master.file.read(files);
    if (key) {
        master.key = key.value();
        return master;
    }
    switch (key.error().code) {
        case Errc::kNotFound:
            entropy.fill(master.key);
            master.fresh = true;
            return master;
        case Errc::kCorrupt:
            return about(master, Errc::kCorrupt,
                         "is damaged or no key: restore it, or, if no stream was ever encrypted, "
                         "remove it");
        default:
            return about(master, key.error().code, "cannot be read: " + key.error().message);
    }
}

Result<void> check_master_key(const KeptKey& master, const DataKeys& keys,
                              const std::vector<StreamPtr>& streams) {
    for (const StreamPtr& stream : streams) {
        if (!keys.fit(*stream)) {
            return about(master, Errc::kInvalid,
                         (master.fresh ? "is missing, but" : "is not the one with which") +
                             (" stream " + stream->name.text()) + " was encrypted" +
                             (master.fresh ? " with it" : "") + ": put the right one there");
        }
    }
    return success();
}

}  // namespace millrace::stream
