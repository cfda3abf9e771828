#include "stream/fresh_keys.h"

#include <string>
#include <utility>

namespace millrace::stream {
namespace {

Result<void> explained(const KeyFile& file, Result<void> written) {
    if (!written) {
        return Error{written.error().code, "key file " + file.path.string() +
                                               " cannot be written: " + written.error().message};
    }
    return written;
}

}  // namespace

Result<void> FreshKeys::add(const KeptKey& key) {
    if (!key.fresh) {
        return success();
    }
    MILLRACE_TRY(explained(key.file, key.file.try_write(files_, key.key)));
    keys_.push_back(key);
    return success();
}

Result<void> FreshKeys::write() const {
    for (const KeptKey& key : keys_) {
        MILLRACE_TRY(explained(key.file, key.file.write(files_, key.key)));
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
