#include "crypto/aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <memory>

#include "base/check.h"

namespace millrace::crypto {
namespace {

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeCipher {
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

// A context of this thread, keyed for the Aead it last served.
struct Keyed {
    Context context;          // made at first use
    std::uint64_t owner = 0;  // 0: none
};
// The contexts of one direction: scheduling a key costs more than sealing a token, and the few keys
// that take turns (the tokens', those of busy streams) mostly have a place of their own.
using KeyedContexts = std::array<Keyed, 8>;

const EVP_CIPHER* algorithm() {
    static const std::unique_ptr<EVP_CIPHER, FreeCipher> cipher(
        EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr));
    CHECK(cipher != nullptr);
    return cipher.get();
}

unsigned char* raw(std::byte* bytes) {
    return reinterpret_cast<unsigned char*>(bytes);
}
const unsigned char* raw(const std::byte* bytes) {
    return reinterpret_cast<const unsigned char*>(bytes);
}

// Ready for one message: keyed, with its nonce and associated data.
EVP_CIPHER_CTX* begin(KeyedContexts& contexts, std::uint64_t owner, const Aead::Key& key,
                      const Aead::Nonce& nonce, Bytes associated, bool encrypt) {
    Keyed& keyed = contexts[owner % contexts.size()];
    if (keyed.context == nullptr) {
        keyed.context.reset(EVP_CIPHER_CTX_new());
        CHECK(keyed.context != nullptr);
    }
    EVP_CIPHER_CTX* const context = keyed.context.get();
    const int direction = encrypt ? 1 : 0;
    if (keyed.owner != owner) {
        CHECK(EVP_CipherInit_ex2(context, algorithm(), raw(key.data()), nullptr, direction,
                                 nullptr) == 1);
        keyed.owner = owner;
    }
    CHECK(EVP_CipherInit_ex2(context, nullptr, nullptr, raw(nonce.data()), direction, nullptr) ==
          1);
    int written = 0;
    if (!associated.empty()) {
        CHECK(EVP_CipherUpdate(context, nullptr, &written, raw(associated.data()),
                               static_cast<int>(associated.size())) == 1);
    }
    return context;
}

// `out` may be where `bytes` lie.
void update(EVP_CIPHER_CTX* context, Bytes bytes, std::byte* out) {
    if (bytes.empty()) {
        return;
    }
    CHECK(bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    int written = 0;
    CHECK(EVP_CipherUpdate(context, raw(out), &written, raw(bytes.data()),
                           static_cast<int>(bytes.size())) == 1);
    CHECK(static_cast<std::size_t>(written) == bytes.size());
}

std::uint64_t next_id() {
    static std::atomic<std::uint64_t> last = 0;
    return ++last;
}

}  // namespace

Aead::Aead(const Key& key) : key_(key), id_(next_id()) {}

Aead::~Aead() {
    OPENSSL_cleanse(key_.data(), key_.size());
}

void Aead::seal(const Nonce& nonce, Bytes associated, std::span<std::byte> bytes,
                std::span<std::byte, kTagBytes> tag) const {
    const Bytes whole = bytes;
    seal(nonce, associated, std::span(&whole, 1), bytes.data(), tag);
}

void Aead::seal(const Nonce& nonce, Bytes associated, std::span<const Bytes> parts,
                std::byte* sealed, std::span<std::byte, kTagBytes> tag) const {
    thread_local KeyedContexts contexts;
    EVP_CIPHER_CTX* const context = begin(contexts, id_, key_, nonce, associated, true);
    for (const Bytes part : parts) {
        update(context, part, sealed);
        sealed += part.size();
    }
    int written = 0;
    CHECK(EVP_CipherFinal_ex(context, nullptr, &written) == 1);
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, static_cast<int>(tag.size()),
                              tag.data()) == 1);
}

bool Aead::open(const Nonce& nonce, Bytes associated, std::span<std::byte> bytes,
                std::span<const std::byte, kTagBytes> tag) const {
    return open(nonce, associated, bytes, bytes.data(), tag);
}

bool Aead::open(const Nonce& nonce, Bytes associated, Bytes sealed, std::byte* opened,
                std::span<const std::byte, kTagBytes> tag) const {
    thread_local KeyedContexts contexts;
    EVP_CIPHER_CTX* const context = begin(contexts, id_, key_, nonce, associated, false);
    update(context, sealed, opened);
    std::array<std::byte, kTagBytes> expected;
    std::copy(tag.begin(), tag.end(), expected.begin());
    CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, static_cast<int>(expected.size()),
                              expected.data()) == 1);
    int written = 0;
    return EVP_CipherFinal_ex(context, nullptr, &written) == 1;
}

}  // namespace millrace::crypto
