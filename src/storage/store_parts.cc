#include "storage/store_parts.h"

#include "env/whole_file.h"

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

Result<void> remove_segment(StoreParts& parts, const env::Path& path) {
    parts.open_files.forget(path);
    parts.indexes.forget(path);
    MILLRACE_TRY(remove_if_there(parts.files, env::Path(path).replace_extension(".idx")));
    return remove_if_there(parts.files, path);
}

}  // namespace millrace::storage
