// CBOR bodies as events for the same binder that reads JSON: definite and indefinite items, chunked
// strings, any tags (they change nothing: a timestamp is a number of milliseconds, tagged or not),
// floats of all widths, undefined as null. The only door to libcbor.
#pragma once

#include <string_view>

#include "protocol/arena.h"
#include "protocol/binder.h"

namespace millrace::protocol {

// False: `body` is not exactly one well-formed map (truncated, followed by more, nested deeper than
// kNestingMax, keys that are no text, text that is not UTF-8). The binder's object is then
// half-filled.
bool read_cbor(std::string_view body, Binder& binder, Arena& arena);

}  // namespace millrace::protocol
