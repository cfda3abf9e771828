// MD5, which spreads partition keys over the hash space. It protects nothing.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace millrace::crypto {

using Md5Digest = std::array<std::byte, 16>;

Md5Digest md5(Bytes input);

}  // namespace millrace::crypto
