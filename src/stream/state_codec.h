// The catalog's state as text, a snapshot: a JSON object with a version (catalog_text.h).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "stream/catalog_state.h"

namespace millrace::stream {

std::string encode_state(const CatalogState& state);
Result<CatalogState> decode_state(std::string_view text);

}  // namespace millrace::stream
