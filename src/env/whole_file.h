// Small files that are read and replaced whole (the checkpoint, the catalog's snapshot, keys).
// Block.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "env/file_system.h"

namespace millrace::env {

// Nothing: there is no such file.
Result<std::optional<std::vector<std::byte>>> load_file(FileSystem& files, const Path& path);
// Where the new content of a file stands until it is whole. A kill may leave it: worth nothing.
inline constexpr std::string_view kDraftSuffix = ".new";
Path draft_of(const Path& path);
// The file has either its old content or all of the new, power loss included. Durable on return.
Result<void> replace_file(FileSystem& files, const Path& path, Bytes content);
// What replace_file() begins with: the content beside the file, which stays as it is. Shows whether
// there is room and leave for it; null and void for anything else.
Result<std::unique_ptr<File>> draft_file(FileSystem& files, const Path& path, Bytes content);
// What it ends with: the name of this file, whatever it leads to, is durable on return.
Result<void> sync_name(FileSystem& files, const Path& path);
// kNotFound is success.
Result<void> remove_if_there(FileSystem& files, const Path& path);

}  // namespace millrace::env
