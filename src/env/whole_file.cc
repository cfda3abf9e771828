#include "env/whole_file.h"

namespace millrace::env {

Path draft_of(const Path& path) {
    return Path(path).concat(kDraftSuffix);
}

Result<std::optional<std::vector<std::byte>>> load_file(FileSystem& files, const Path& path) {
    auto opened = files.open(path, OpenMode::kReadOnly);
    if (!opened) {
        if (opened.error().code == Errc::kNotFound) {
            return std::optional<std::vector<std::byte>>();
        }
        return std::move(opened).error();
    }
    MILLRACE_TRY(const std::uint64_t size, opened.value()->size());
    std::vector<std::byte> content(size);
    MILLRACE_TRY(const std::size_t got, opened.value()->read_at(0, content, ReadMode::kMayBlock));
    content.resize(got);
    return std::optional(std::move(content));
}

Result<std::unique_ptr<File>> draft_file(FileSystem& files, const Path& path, Bytes content) {
    const Path draft = draft_of(path);
    MILLRACE_TRY(remove_if_there(files, draft));
    MILLRACE_TRY(auto file, files.open(draft, OpenMode::kCreate));
    MILLRACE_TRY(file->write_at(0, std::span(&content, 1)));
    return file;
}

Result<void> replace_file(FileSystem& files, const Path& path, Bytes content) {
    MILLRACE_TRY(const auto file, draft_file(files, path, content));
    MILLRACE_TRY(file->sync_data());
    MILLRACE_TRY(files.rename(draft_of(path), path));
    return sync_name(files, path);
}

Result<void> sync_name(FileSystem& files, const Path& path) {
    return files.sync_directory(path.has_parent_path() ? path.parent_path() : Path("."));
}

Result<void> remove_if_there(FileSystem& files, const Path& path) {
    auto removed = files.remove(path);
    if (!removed && removed.error().code == Errc::kNotFound) {
        return success();
    }
    return removed;
}

}  // namespace millrace::env
