// DamageReport: every damaged stretch met since the data directory was opened, logged once each.
// Thread-safe.
#pragma once

#include <mutex>
#include <vector>

#include "storage/segment_engine.h"

namespace millrace::storage {

class DamageReport final {
public:
    void add(Corruption found);
    std::vector<Corruption> all() const;

private:
    mutable std::mutex mutex_;
    std::vector<Corruption> found_;
};

}  // namespace millrace::storage
