// The plain functions, which OpenSSL 3 keeps but deprecates: through EVP, setting up a context
// costs more than hashing a key. Measured: 1,580 instructions a key, now 700, of PutRecords' 10,000
// a record.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/md5.h"

#include <openssl/md5.h>

#include <algorithm>

#include "base/check.h"
#include "crypto/md5_lanes.h"

namespace millrace::crypto {

Md5Digest md5(Bytes input) {
    MD5_CTX context;
    Md5Digest digest;
    CHECK(MD5_Init(&context) == 1);
    CHECK(MD5_Update(&context, input.data(), input.size()) == 1);
    CHECK(MD5_Final(reinterpret_cast<unsigned char*>(digest.data()), &context) == 1);
    return digest;
}

void md5(std::span<const Bytes> inputs, std::span<Md5Digest> digests) {
    const auto fits_lane = [](Bytes input) { return input.size() <= kMd5LaneBytesMax; };
    while (!inputs.empty()) {
        const std::size_t count = std::min(inputs.size(), kMd5Lanes);
        const auto group = inputs.first(count);
        if (count > 1 && md5_lanes_run_here() && std::ranges::all_of(group, fits_lane)) {
            md5_lanes(group, digests.first(count));
        } else {
            std::ranges::transform(group, digests.begin(), [](Bytes input) { return md5(input); });
        }
        inputs = inputs.subspan(count);
        digests = digests.subspan(count);
    }
}

}  // namespace millrace::crypto
