#include "stream/record_seal.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "model/limits.h"

namespace millrace::stream {
namespace {

using crypto::Aead;
using Fault = RecordSeal::Opened::Fault;

constexpr std::byte kVersion{1};
constexpr std::size_t kNonceAt = sizeof(std::uint32_t);
constexpr std::size_t kTagAt = kNonceAt + Aead::kNonceBytes;
constexpr std::size_t kSealedAt = kTagAt + Aead::kTagBytes;
using KeySize = std::uint16_t;
constexpr std::size_t kLeastBytes = kSealedAt + sizeof(KeySize);
static_assert(kSealedAt == 32);
static_assert(model::kPartitionKeyMaxUnits * 3 < 1 << 16, "a key's size in UTF-8 fits KeySize");

using Associated = std::array<std::byte, 1 + 8 + 4 + 4>;
Associated associated(const storage::ShardKey& shard, std::uint32_t number) {
    Associated bytes;
    bytes[0] = kVersion;
    store_le(bytes.data() + 1, shard.stream_uid);
    store_le(bytes.data() + 9, shard.shard_no);
    store_le(bytes.data() + 13, number);
    return bytes;
}

std::span<std::byte, Aead::kTagBytes> tag_at(std::byte* at) {
    return std::span<std::byte, Aead::kTagBytes>(at, Aead::kTagBytes);
}

// What opened records are views of, beside what the others still are.
struct Both {
    RecordSeal::Buffer opened;
    std::shared_ptr<const void> read;
};

// The key of the record before: its neighbours mostly have the same.
class LastKey final {
public:
    LastKey(DataKeys& keys, const KeyStates& states, const Stream& stream)
        : keys_(keys), states_(states), stream_(stream) {}

    // What keeps the key of that number from opening anything, if something does.
    RecordSeal::Opened turn_to(std::uint32_t number) {
        if (key_ == nullptr || number != number_) {
            number_ = number;
            key_ = keys_.find(stream_, number);
            fault_ = {};
            if (key_ == nullptr) {
                fault_.fault = Fault::kDamaged;
            } else if (const std::string& id = stream_.data_keys[number].key_id;
                       states_.of(id) != KeyState::kEnabled) {
                fault_ = {Fault::kKey, id};
            }
        }
        return fault_;
    }
    std::uint32_t number() const { return number_; }
    const Aead& key() const { return *key_; }

private:
    DataKeys& keys_;
    const KeyStates& states_;
    const Stream& stream_;
    std::uint32_t number_ = 0;
    std::shared_ptr<const Aead> key_;
    RecordSeal::Opened fault_;
};

// Opens one record into `out`; false: it is not what was sealed.
bool open_record(const Aead& key, const storage::ShardKey& shard, std::uint32_t number,
                 storage::Record& record, std::byte* out) {
    const Bytes whole = record.data;
    Aead::Nonce nonce;
    std::memcpy(nonce.data(), whole.data() + kNonceAt, nonce.size());
    const auto tag = whole.subspan<kTagAt, Aead::kTagBytes>();
    const Bytes sealed = whole.subspan(kSealedAt);
    if (!key.open(nonce, associated(shard, number), sealed, out, tag)) {
        return false;
    }
    const Bytes opened(out, sealed.size());
    const std::size_t key_size = load_le<KeySize>(opened.data());
    if (key_size > opened.size() - sizeof(KeySize)) {
        return false;
    }
    record.key = as_text(opened.subspan(sizeof(KeySize), key_size));
    record.data = opened.subspan(sizeof(KeySize) + key_size);
    return true;
}

}  // namespace

RecordSeal::RecordSeal(DataKeys& keys, const KeyStates& states, env::Entropy& entropy)
    : keys_(keys),
      states_(states),
      nonces_(static_cast<std::uint32_t>(entropy.u64()), entropy.u64()) {}

Result<RecordSeal::Buffer> RecordSeal::seal(const Stream& stream,
                                            std::span<storage::NewRecord> records) {
    const auto number = static_cast<std::uint32_t>(stream.data_keys.size() - 1);
    const std::shared_ptr<const Aead> key = keys_.find(stream, number);
    if (key == nullptr) {
        return Error{Errc::kCorrupt, "the stream's data key cannot be unwrapped"};
    }
    std::size_t size = 0;
    for (const storage::NewRecord& record : records) {
        size += kLeastBytes + record.key.size() + record.data.size();
    }
    auto buffer = std::make_unique_for_overwrite<std::byte[]>(size);
    std::byte* at = buffer.get();
    for (storage::NewRecord& record : records) {
        const Aead::Nonce nonce = nonces_.next();
        store_le(at, number);
        std::memcpy(at + kNonceAt, nonce.data(), nonce.size());
        std::array<std::byte, sizeof(KeySize)> key_size;
        store_le(key_size.data(), static_cast<KeySize>(record.key.size()));
        const Bytes parts[] = {Bytes(key_size), as_bytes(record.key), record.data};
        key->seal(nonce, associated(record.shard, number), parts, at + kSealedAt,
                  tag_at(at + kTagAt));
        const std::size_t sealed = kLeastBytes + record.key.size() + record.data.size();
        record.key = {};
        record.data = Bytes(at, sealed);
        record.attributes |= kSealed;
        at += sealed;
    }
    return buffer;
}

RecordSeal::Opened RecordSeal::open(const Stream& stream, model::ShardNo shard_no,
                                    storage::ReadResult& read) {
    Opened result;
    if (std::ranges::none_of(read.records, is_sealed)) {
        return result;
    }
    std::size_t size = 0;
    for (const storage::Record& record : read.records) {
        size += is_sealed(record) ? record.data.size() : 0;
    }
    auto buffer = std::make_unique_for_overwrite<std::byte[]>(size);
    std::byte* at = buffer.get();
    LastKey keys(keys_, states_, stream);
    const storage::ShardKey shard = stream.key(shard_no);
    for (std::size_t i = 0; i < read.records.size(); ++i) {
        storage::Record& record = read.records[i];
        if (!is_sealed(record)) {
            continue;
        }
        const std::size_t sealed = record.data.size();
        result = sealed < kLeastBytes ? Opened{Fault::kDamaged, {}}
                                      : keys.turn_to(load_le<std::uint32_t>(record.data.data()));
        if (result.fault == Fault::kNone &&
            !open_record(keys.key(), shard, keys.number(), record, at)) {
            result.fault = Fault::kDamaged;
        }
        if (result.fault != Fault::kNone) {
            read.next = record.position;
            read.next_stamp = record.stamp;
            read.at_end = false;
            read.records.resize(i);
            break;
        }
        at += sealed;
    }
    read.keepalive =
        std::make_shared<const Both>(Both{std::move(buffer), std::move(read.keepalive)});
    return result;
}

}  // namespace millrace::stream
