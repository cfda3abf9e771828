#include "storage/damage.h"

#include <algorithm>

#include "base/log.h"

namespace millrace::storage {

void DamageReport::add(Corruption found) {
    const std::lock_guard lock(mutex_);
    const bool known = std::any_of(found_.begin(), found_.end(), [&](const Corruption& other) {
        return other.file == found.file && other.offset == found.offset;
    });
    if (known) {
        return;
    }
    log::error("damaged data: file={} offset={} bytes={} first-position={}", found.file,
               found.offset, found.bytes, found.first.value());
    found_.push_back(std::move(found));
}

std::vector<Corruption> DamageReport::all() const {
    const std::lock_guard lock(mutex_);
    return found_;
}

}  // namespace millrace::storage
