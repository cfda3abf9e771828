#include "storage/reserve.h"

#include <algorithm>

#include "base/log.h"
#include "env/whole_file.h"

namespace millrace::storage {
namespace {

// Some commands and what the file system needs to note them.
constexpr std::uint64_t kBytesMin = 1 << 20;
// A checkpoint and its copy, each beside the one it replaces, with room to grow.
constexpr std::uint64_t kCheckpoints = 4;

}  // namespace

Result<void> Reserve::keep(std::uint64_t checkpoint_bytes) {
    const std::lock_guard lock(mutex_);
    wanted_ = std::max({wanted_, kBytesMin, checkpoint_bytes * kCheckpoints});
    if (held_ >= wanted_) {
        return success();
    }
    if (auto made = make(); !made) {
        if (made.error().code == Errc::kNoSpace) {
            spend();
        }
        return made;
    }
    held_ = wanted_;
    if (spent_.exchange(false)) {
        log::info("there is room on the disk again, records are taken");
    }
    return success();
}

bool Reserve::give_up() {
    const std::lock_guard lock(mutex_);
    if (!files_.remove(path_)) {
        return false;
    }
    held_ = 0;
    spend();
    return true;
}

Result<void> Reserve::make() {
    auto opened = files_.open(path_, env::OpenMode::kCreate);
    if (!opened && opened.error().code == Errc::kExists) {
        opened = files_.open(path_, env::OpenMode::kReadWrite);
    }
    if (!opened) {
        return std::move(opened).error();
    }
    // Once spent it is not made again of the very space that it left to others: there must be as
    // much beside it.
    auto allocated = opened.value()->allocate(spent() ? 2 * wanted_ : wanted_);
    if (allocated) {
        return opened.value()->truncate(wanted_);
    }
    static_cast<void>(files_.remove(path_));  // with what it got
    held_ = 0;
    return allocated;
}

void Reserve::spend() {
    if (!spent_.exchange(true)) {
        log::error("the disk is full, no record is taken until there is room");
    }
}

}  // namespace millrace::storage
