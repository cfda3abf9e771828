#include "stream/data_keys.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <mutex>
#include <span>

#include "base/base64.h"
#include "base/bytes.h"

namespace millrace::stream {
namespace {

constexpr std::byte kVersion{1};
constexpr std::size_t kKeyAt = 1 + crypto::Aead::kNonceBytes;
constexpr std::size_t kTagAt = kKeyAt + crypto::Aead::kKeyBytes;
constexpr std::size_t kWrappedBytes = kTagAt + crypto::Aead::kTagBytes;
using Wrapped = std::array<std::byte, kWrappedBytes>;

using Associated = std::array<std::byte, 1 + sizeof(std::uint64_t)>;
Associated associated(StreamUid uid) {
    Associated bytes;
    bytes[0] = kVersion;
    store_le(bytes.data() + 1, uid.value());
    return bytes;
}

crypto::Aead::Nonce nonce_of(const Wrapped& wrapped) {
    crypto::Aead::Nonce nonce;
    std::memcpy(nonce.data(), wrapped.data() + 1, nonce.size());
    return nonce;
}

}  // namespace

// Nonces are drawn at random here: a master key wraps far fewer keys than the 2^32 that random
// nonces are good for.
DataKey DataKeys::draw(StreamUid uid, std::string key_id) {
    Wrapped wrapped;
    entropy_.fill(wrapped);  // nonce and key
    wrapped[0] = kVersion;
    const std::span<std::byte> whole(wrapped);
    master_.seal(nonce_of(wrapped), associated(uid), whole.subspan(kKeyAt, kTagAt - kKeyAt),
                 whole.last<crypto::Aead::kTagBytes>());
    std::string text(base64::encoded_size(wrapped.size()), '\0');
    base64::encode(wrapped, text.data());
    return {std::move(key_id), std::move(text)};
}

std::optional<crypto::Aead::Key> DataKeys::unwrap(StreamUid uid, const DataKey& key) const {
    std::array<std::byte, base64::decoded_size_max(base64::encoded_size(kWrappedBytes))> bytes;
    if (key.wrapped.size() != base64::encoded_size(kWrappedBytes)) {
        return std::nullopt;
    }
    const base64::Decoded decoded = base64::decode(key.wrapped, bytes.data());
    if (decoded.fault != base64::Fault::kNone || decoded.size != kWrappedBytes ||
        bytes[0] != kVersion) {
        return std::nullopt;
    }
    Wrapped wrapped;
    std::copy_n(bytes.begin(), wrapped.size(), wrapped.begin());
    const std::span<const std::byte> whole(wrapped);
    crypto::Aead::Key plain;
    if (!master_.open(nonce_of(wrapped), associated(uid), whole.subspan(kKeyAt, plain.size()),
                      plain.data(), whole.last<crypto::Aead::kTagBytes>())) {
        return std::nullopt;
    }
    return plain;
}

bool DataKeys::fit(const Stream& stream) const {
    const auto fits = [&](const DataKey& key) { return unwrap(stream.uid, key).has_value(); };
    const bool awaited = stream.pending.has_value() && stream.pending->data_key.has_value();
    return std::ranges::all_of(stream.data_keys, fits) &&
           (!awaited || fits(*stream.pending->data_key));
}

std::shared_ptr<const crypto::Aead> DataKeys::find(const Stream& stream, std::uint32_t number) {
    const std::pair place(stream.uid, number);
    {
        const std::shared_lock lock(mutex_);
        if (const auto found = keys_.find(place); found != keys_.end()) {
            return found->second;
        }
    }
    if (number >= stream.data_keys.size()) {
        return nullptr;
    }
    const auto plain = unwrap(stream.uid, stream.data_keys[number]);
    if (!plain) {
        return nullptr;
    }
    const std::unique_lock lock(mutex_);
    auto& slot = keys_[place];
    if (slot == nullptr) {
        slot = std::make_shared<const crypto::Aead>(*plain);
    }
    return slot;
}

void DataKeys::forget(StreamUid uid) {
    const std::unique_lock lock(mutex_);
    keys_.erase(keys_.lower_bound({uid, 0}),
                keys_.upper_bound({uid, std::numeric_limits<std::uint32_t>::max()}));
}

}  // namespace millrace::stream
