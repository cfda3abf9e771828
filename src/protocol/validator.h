// The constraints of a shape, checked over a bound struct: every violation of every member, up to
// ten, in one message as the service words it.
#pragma once

#include <optional>
#include <string>

#include "model/shape.h"
#include "protocol/binder.h"

namespace millrace::protocol {

inline constexpr std::size_t kViolationsMax = 10;

// "2 validation errors detected: Value ...; Value ..."; nothing when `object` satisfies `shape`.
std::optional<std::string> find_violations(const model::Shape& shape, const void* object,
                                           const NullElements& nulls);

}  // namespace millrace::protocol
