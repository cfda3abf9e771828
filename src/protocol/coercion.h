// How the service converts a given value to a member's type, and the words with which it refuses
// to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/shape.h"

namespace millrace::protocol {

inline constexpr const char* kListNotExpected = "Start of list found where not expected";
inline constexpr const char* kStructureNotExpected =
    "Start of structure or map found where not expected.";

// Why a scalar is no `expected`. `given` is the class the service names for it; empty for CBOR byte
// strings, which have no counterpart in JSON.
std::string scalar_failure(std::string_view given, model::Kind expected);

// Why `text` is no blob. REQUIRES: base64::decode refuses it.
std::string blob_failure(std::string_view text);

std::optional<bool> parse_boolean(std::string_view text);
std::string boolean_failure(std::string_view text);

std::int64_t clamp_to_32_bits(std::int64_t value);
std::int64_t floor_to_64_bits(double value);  // clamped; NaN is 0

// Milliseconds since the epoch, held within the years 1 to 9999 so that arithmetic cannot overflow.
std::int64_t clamp_instant(std::int64_t ms);
std::int64_t instant_of_seconds(double seconds);

}  // namespace millrace::protocol
