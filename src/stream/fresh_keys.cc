#include "stream/fresh_keys.h"

#include <utility>

#include "env/whole_file.h"

namespace millrace::stream {
namespace {

Result<void> explained(const KeyFile& file, Result<void> written) {
    if (!written) {
        return Error{written.error().code,
                     file.name() + " cannot be written: " + written.error().message};
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
                                                   : env::sync_name(files_, key.file.path)));
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
