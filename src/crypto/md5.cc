// The plain functions, which OpenSSL 3 keeps but deprecates: through EVP, setting up a context
// costs more than hashing a key. Measured: 1,580 instructions a key, now 700, of PutRecords' 10,000
// a record.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/md5.h"

#include <openssl/md5.h>

#include "base/check.h"

namespace millrace::crypto {

Md5Digest md5(Bytes input) {
    MD5_CTX context;
    Md5Digest digest;
    CHECK(MD5_Init(&context) == 1);
    CHECK(MD5_Update(&context, input.data(), input.size()) == 1);
    CHECK(MD5_Final(reinterpret_cast<unsigned char*>(digest.data()), &context) == 1);
    return digest;
}

}  // namespace millrace::crypto
