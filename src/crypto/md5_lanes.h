// MD5 of up to eight short inputs side by side, in the lanes of vectors. One MD5 is a chain in
// which each step waits for the last; eight chains take hardly longer.
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "crypto/md5.h"

namespace millrace::crypto {

inline constexpr std::size_t kMd5Lanes = 8;
inline constexpr std::size_t kMd5LaneBytesMax = 55;  // with its padding, one block

bool md5_lanes_run_here();

// REQUIRES: md5_lanes_run_here(); at most kMd5Lanes inputs, none longer than kMd5LaneBytesMax; a
// digest for each.
void md5_lanes(std::span<const Bytes> inputs, std::span<Md5Digest> digests);

}  // namespace millrace::crypto
