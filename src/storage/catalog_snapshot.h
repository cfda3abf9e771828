// The catalog's snapshot: one file that spares the replay of the commands it covers (FORMAT.md,
// "Snapshot").
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "storage/store_parts.h"

namespace millrace::storage {

struct CatalogSnapshot {
    Position through;  // covers every command up to and including this position
    std::string state;
};

// Nothing: there is none yet. kCorrupt: what it covers is lost.
Result<std::optional<CatalogSnapshot>> load_snapshot(StoreParts& parts);
// Durable on return.
Result<void> store_snapshot(StoreParts& parts, const CatalogSnapshot& snapshot);

}  // namespace millrace::storage
