// CRC-32C (Castagnoli), as in iSCSI. crc32c(a ++ b) == crc32c(b, crc32c(a)).
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace millrace {

// Uses the processor's instruction where there is one.
std::uint32_t crc32c(Bytes bytes, std::uint32_t seed = 0) noexcept;

// The same by table, on any machine: the twin the fast one is tested against.
std::uint32_t crc32c_plain(Bytes bytes, std::uint32_t seed = 0) noexcept;

}  // namespace millrace
