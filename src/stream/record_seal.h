// RecordSeal: what encrypted streams give to the engine, and what it gives back. A sealed record
// has the attribute kSealed and no key; its data is
//
//   bytes 0-3    number of the stream's data key
//   bytes 4-15   nonce
//   bytes 16-31  tag
//   bytes 32-    sealed: size of the partition key (2), partition key, data
//
// with integers little-endian, AES-256-GCM. Authenticated with it are a format version, the
// stream's uid, the shard and the data key's number: a record that was moved to another shard does
// not open. (Its position is not known before the append; the engine's checksums cover that.)
// Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "crypto/nonces.h"
#include "env/entropy.h"
#include "storage/engine.h"
#include "stream/data_keys.h"
#include "stream/key_states.h"
#include "stream/stream.h"

namespace millrace::stream {

inline constexpr std::uint8_t kSealed = 1;  // an attribute of records

inline bool is_sealed(const storage::Record& record) {
    return (record.attributes & kSealed) != 0;
}

class RecordSeal final {
public:
    using Buffer = std::unique_ptr<std::byte[]>;

    RecordSeal(DataKeys& keys, const KeyStates& states, env::Entropy& entropy);

    // Seals the records of an encrypted stream, in one pass over their bytes: they become views of
    // the buffer that is returned. kCorrupt, and nothing changed: the stream's key cannot be had.
    Result<Buffer> seal(const Stream& stream, std::span<storage::NewRecord> records);

    struct Opened {
        enum class Fault : std::uint8_t {
            kNone,
            kKey,      // the client's key `key_id` is of no use now
            kDamaged,  // the record is not what was sealed
        };
        Fault fault = Fault::kNone;  // of the first record that could not be opened
        std::string key_id;          // kKey
    };
    // Opens the sealed ones among what was read; the others stay as they are. At a fault, the read
    // ends before the record that has it.
    Opened open(const Stream& stream, model::ShardNo shard_no, storage::ReadResult& read);

private:
    DataKeys& keys_;
    const KeyStates& states_;
    crypto::Nonces nonces_;
};

}  // namespace millrace::stream
