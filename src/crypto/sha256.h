// SHA-256 and what is built on it to sign requests.
#pragma once

#include <array>
#include <cstddef>

#include "base/bytes.h"

namespace millrace::crypto {

using Sha256Digest = std::array<std::byte, 32>;

Sha256Digest sha256(Bytes input);
Sha256Digest hmac_sha256(Bytes key, Bytes input);

// Takes the same time wherever texts of one length differ, so that nobody learns a secret from it.
bool same_secret(Bytes a, Bytes b);

}  // namespace millrace::crypto
