#include "crypto/md5.h"

#include <openssl/evp.h>

#include <memory>

#include "base/check.h"

namespace millrace::crypto {
namespace {

struct FreeContext {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeDigest {
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
};

// Fetching an algorithm costs several times as much as hashing a key with it.
const EVP_MD* algorithm() {
    static const std::unique_ptr<EVP_MD, FreeDigest> md(EVP_MD_fetch(nullptr, "MD5", nullptr));
    CHECK(md != nullptr);
    return md.get();
}

}  // namespace

Md5Digest md5(Bytes input) {
    thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
    CHECK(context != nullptr);
    Md5Digest digest;
    unsigned size = 0;
    CHECK(EVP_DigestInit_ex2(context.get(), algorithm(), nullptr) == 1);
    CHECK(EVP_DigestUpdate(context.get(), input.data(), input.size()) == 1);
    CHECK(EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()),
                             &size) == 1);
    CHECK(size == digest.size());
    return digest;
}

}  // namespace millrace::crypto
