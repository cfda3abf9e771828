// DataKeys: the keys that streams' records are sealed with. Each is drawn at random for one stream
// and stands in its catalog entry wrapped, that is sealed with the master key:
//
//   base64( version (1) | nonce (12) | sealed key (32) | tag (16) )
//
// The stream's uid is authenticated with it: a key cannot be moved to another stream.
//
// Keys stay for as long as their stream, a hundred bytes each. That nothing retained needs one any
// more could be told by time only where clocks are never set back: a shard's stamps do not go back
// with them, so what was put last may be kept longest, whatever the hour its key was replaced at.
// Thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>

#include "crypto/aead.h"
#include "env/entropy.h"
#include "stream/stream.h"

namespace millrace::stream {

class DataKeys final {
public:
    DataKeys(const crypto::Aead::Key& master, env::Entropy& entropy)
        : master_(master), entropy_(entropy) {}

    // A new one, for the key that the client named.
    DataKey draw(StreamUid uid, std::string key_id);

    // Whether all keys of the stream were wrapped with this master key.
    bool fit(const Stream& stream) const;

    // The stream's key of that number; null if there is none or it was not wrapped with this master
    // key. Unwrapped once and kept until forget().
    std::shared_ptr<const crypto::Aead> find(const Stream& stream, std::uint32_t number);
    // Of a stream that is gone. One that a late reader brings back costs its few bytes.
    void forget(StreamUid uid);

private:
    std::optional<crypto::Aead::Key> unwrap(StreamUid uid, const DataKey& key) const;

    const crypto::Aead master_;
    env::Entropy& entropy_;
    std::shared_mutex mutex_;
    std::map<std::pair<StreamUid, std::uint32_t>, std::shared_ptr<const crypto::Aead>>
        keys_;  // guarded by mutex_
};

}  // namespace millrace::stream
