// Tokens: what clients carry between calls, sealed (encrypted and authenticated) with the data
// directory's key, so that a text is either ours and whole, or invalid. Each text differs from
// every other, even for the same position. Thread-safe.
//
//   base64( version (1) | nonce (12) | sealed fields | tag (16) )
//
// The purpose and the version are authenticated with the fields: a list token is no iterator. The
// fields are padded so that the text needs no '='.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/aead.h"
#include "crypto/nonces.h"
#include "env/entropy.h"
#include "model/shard_id.h"
#include "storage/engine.h"
#include "stream/stream.h"

namespace millrace::stream {

struct ShardIterator {
    StreamUid uid;
    std::string stream_name;  // for the text of an answer after the stream is gone
    model::ShardNo shard_no;
    storage::Position position;
    bool goes_on = false;  // from a read, not from GetShardIterator
    bool operator==(const ShardIterator&) const = default;
};

// A page's end in ListShards, ListStreams, ListStreamConsumers and ListChannels. Fields a listing
// does not need stay empty.
struct ListToken {
    enum class Listing : std::uint8_t { kShards = 2, kStreams = 3, kConsumers = 4, kChannels = 5 };
    Listing listing = Listing::kShards;
    StreamUid uid;
    std::string stream_name;
    std::uint8_t filter = 0;  // api's own numbering
    std::optional<WallTime> filter_time;
    std::uint32_t digest = 0;  // of a filter that is not carried
    std::string last;          // the last name or shard id of the page; <= 128 bytes
    bool operator==(const ListToken&) const = default;
};

enum class TokenState : std::uint8_t {
    kValid,
    kInvalid,  // not ours, altered, of another purpose, or issued in the future
    kExpired,  // ours, but older than its life; `value` and `issued` are good
};

template <class T>
struct Opened {
    TokenState state = TokenState::kInvalid;
    WallTime issued;
    T value;
};

class Tokens final {
public:
    static constexpr Millis kLife{300'000};

    using Key = crypto::Aead::Key;
    Tokens(const Key& key, env::Entropy& entropy);

    // At most 512 characters for any legal stream name.
    std::string seal(const ShardIterator& iterator, WallTime now) const;
    std::string seal(const ListToken& token, WallTime now) const;

    // Characters outside the base64 alphabet are ignored.
    Opened<ShardIterator> open_iterator(std::string_view text, WallTime now) const;
    Opened<ListToken> open_list(ListToken::Listing listing, std::string_view text,
                                WallTime now) const;

private:
    std::string seal(std::uint8_t purpose, std::vector<std::byte>& message) const;

    crypto::Aead aead_;
    mutable crypto::Nonces nonces_;
};

}  // namespace millrace::stream
