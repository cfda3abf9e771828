#include "stream/fresh_keys.h"

#include <string>
#include <utility>

namespace millrace::stream {
namespace {

env::Path folder_of(const KeyFile& file) {
    return file.path.has_parent_path() ? file.path.parent_path() : env::Path(".");
}

Result<void> explained(const KeyFile& file, Result<void> written) {
    if (!written) {
        return Error{written.error().code, "key file " + file.path.string() +
                                               " cannot be written: " + written.error().message};
    }
    return written;
}

}  // namespace

Result<void> FreshKeys::add(const KeptKey& key) {
    if (key.fresh) {
        MILLRACE_TRY(explained(key.file, key.file.try_write(files_, key.key)));
    }
    keys_.push_back(key);
    return success();
}

Result<void> FreshKeys::write() const {
    for (const KeptKey& key : keys_) {
        MILLRACE_TRY(explained(key.file, key.fresh ? key.file.write(files_, key.key)
                                                   : files_.sync_directory(folder_of(key.file))));
    }
    return success();
}

Task<Result<void>> FreshKeys::keep() {
    if (pool_ == nullptr) {
        co_return write();
    }
    auto blocking = [this] { return write(); };
    auto task = pool_->run(std::move(blocking));
    co_return co_await std::move(task);
}

}  // namespace millrace::stream
