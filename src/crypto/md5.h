// MD5, which spreads partition keys over the hash space. It protects nothing.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace millrace::crypto {

using Md5Digest = std::array<std::byte, 16>;

Md5Digest md5(Bytes input);

// Of each, in order. Short ones are hashed side by side: measured, 840 instructions a key of 20
// bytes one by one, 180 so.
// REQUIRES: a digest for each input.
void md5(std::span<const Bytes> inputs, std::span<Md5Digest> digests);

}  // namespace millrace::crypto
