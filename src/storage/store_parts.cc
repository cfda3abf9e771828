#include "storage/store_parts.h"

namespace millrace::storage {

Result<std::shared_ptr<env::File>> open_cached(StoreParts& parts, const env::Path& path) {
    if (auto held = parts.open_files.find(path)) {
        return held;
    }
    MILLRACE_TRY(auto opened, parts.files.open(path, env::OpenMode::kReadWrite));
    std::shared_ptr<env::File> file = std::move(opened);
    parts.open_files.put(path, file, 1);
    return file;
}

}  // namespace millrace::storage
