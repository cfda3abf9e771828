#include "stream/tokens.h"

#include <cstring>
#include <span>
#include <utility>

#include "base/base64.h"
#include "base/check.h"

namespace millrace::stream {
namespace {

constexpr std::byte kVersion{1};
constexpr std::size_t kFieldsAt = 1 + crypto::Aead::kNonceBytes;
constexpr std::size_t kFrameBytes = kFieldsAt + crypto::Aead::kTagBytes;
constexpr std::size_t kTextBytesMax = 128;  // of one text field: a name's longest
// Longer than any text of ours; what a client may send is longer still.
constexpr std::size_t kTokenCharsMax = 1024;

constexpr std::uint8_t kIteratorPurpose = 1;

static_assert(base64::encoded_size(kFrameBytes + 8 + 8 + 4 + 8 + 1 + kTextBytesMax + 1 + 2) <= 512,
              "an iterator's text is at most 512 characters");

using Associated = std::array<std::byte, 2>;
Associated associated(std::uint8_t purpose) {
    return {kVersion, std::byte{purpose}};
}

// Appends little-endian fields to a message whose head (version and nonce) is filled in later.
class Writer final {
public:
    explicit Writer(std::size_t reserve) {
        bytes_.reserve(kFrameBytes + reserve);
        bytes_.resize(kFieldsAt);
    }
    template <class T>
    void number(T value) {
        const std::size_t at = bytes_.size();
        bytes_.resize(at + sizeof value);
        store_le(bytes_.data() + at, value);
    }
    void text(std::string_view value) {
        CHECK(value.size() <= kTextBytesMax);
        number(static_cast<std::uint8_t>(value.size()));
        const Bytes bytes = as_bytes(value);
        bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    }
    std::vector<std::byte>& message() { return bytes_; }

private:
    std::vector<std::byte> bytes_;
};

class Reader final {
public:
    explicit Reader(Bytes bytes) : rest_(bytes) {}

    template <class T>
    T number() {
        if (rest_.size() < sizeof(T)) {
            good_ = false;
            return {};
        }
        const T value = load_le<T>(rest_.data());
        rest_ = rest_.subspan(sizeof(T));
        return value;
    }
    std::string text() {
        const std::size_t size = number<std::uint8_t>();
        if (size > kTextBytesMax || rest_.size() < size) {
            good_ = false;
            return {};
        }
        std::string value(as_text(rest_.first(size)));
        rest_ = rest_.subspan(size);
        return value;
    }
    bool good() const { return good_; }
    bool at_end() const { return rest_.empty(); }  // earlier versions wrote fewer fields

private:
    Bytes rest_;
    bool good_ = true;
};

bool in_alphabet(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

// An authentic message's fields, decrypted in place; empty for anything else.
std::span<std::byte> unseal(const crypto::Aead& aead, std::uint8_t purpose, std::string_view text,
                            std::span<std::byte> scratch) {
    std::array<char, kTokenCharsMax> characters;
    std::size_t count = 0;
    for (const char c : text) {
        if (!in_alphabet(c)) {
            continue;
        }
        if (count == characters.size()) {
            return {};
        }
        characters[count++] = c;
    }
    const base64::Decoded decoded =
        base64::decode(std::string_view(characters.data(), count), scratch.data());
    if (decoded.fault != base64::Fault::kNone || decoded.size <= kFrameBytes ||
        scratch[0] != kVersion) {
        return {};
    }
    const std::span<std::byte> message = scratch.first(decoded.size);
    crypto::Aead::Nonce nonce;
    std::memcpy(nonce.data(), message.data() + 1, nonce.size());
    const std::span<std::byte> fields = message.subspan(kFieldsAt, message.size() - kFrameBytes);
    const auto tag = message.last<crypto::Aead::kTagBytes>();
    const Associated data = associated(purpose);
    return aead.open(nonce, data, fields, tag) ? fields : std::span<std::byte>{};
}

// Opens `text` and reads its issue time; `read` takes the fields that follow.
template <class T, class Read>
Opened<T> open(const crypto::Aead& aead, std::uint8_t purpose, std::string_view text, WallTime now,
               Read read) {
    std::array<std::byte, base64::decoded_size_max(kTokenCharsMax)> scratch;
    const std::span<std::byte> fields = unseal(aead, purpose, text, scratch);
    Opened<T> opened;
    if (fields.empty()) {
        return opened;
    }
    Reader in(fields);
    opened.issued = wall_time(in.number<std::int64_t>());
    read(in, opened.value);
    if (!in.good()) {
        return opened;
    }
    // One of the future is ours all the same: the clock was stepped back since.
    opened.state = now - opened.issued > Tokens::kLife ? TokenState::kExpired : TokenState::kValid;
    return opened;
}

}  // namespace

Tokens::Tokens(const Key& key, env::Entropy& entropy)
    : aead_(key), nonces_(static_cast<std::uint32_t>(entropy.u64()), entropy.u64()) {}

std::string Tokens::seal(std::uint8_t purpose, std::vector<std::byte>& message) const {
    while ((message.size() + crypto::Aead::kTagBytes) % 3 != 0) {
        message.push_back(std::byte{0});
    }
    const crypto::Aead::Nonce nonce = nonces_.next();
    message[0] = kVersion;
    std::memcpy(message.data() + 1, nonce.data(), nonce.size());
    const std::size_t end = message.size();
    message.resize(end + crypto::Aead::kTagBytes);
    const std::span<std::byte> whole(message);
    const Associated data = associated(purpose);
    aead_.seal(nonce, data, whole.subspan(kFieldsAt, end - kFieldsAt),
               whole.last<crypto::Aead::kTagBytes>());
    std::string text(base64::encoded_size(message.size()), '\0');
    base64::encode(message, text.data());
    return text;
}

std::string Tokens::seal(const ShardIterator& iterator, WallTime now) const {
    Writer out(64 + iterator.stream_name.size());
    out.number(to_ms(now));
    out.number(iterator.uid.value());
    out.number(iterator.shard_no.value());
    out.number(iterator.position.value());
    out.text(iterator.stream_name);
    out.number(static_cast<std::uint8_t>(iterator.goes_on));
    return seal(kIteratorPurpose, out.message());
}

std::string Tokens::seal(const ListToken& token, WallTime now) const {
    Writer out(64 + token.stream_name.size() + token.last.size());
    out.number(to_ms(now));
    out.number(token.uid.value());
    out.number(token.filter);
    out.number(static_cast<std::uint8_t>(token.filter_time.has_value()));
    out.number(token.filter_time.has_value() ? to_ms(*token.filter_time) : std::int64_t{0});
    out.number(token.digest);
    out.text(token.stream_name);
    out.text(token.last);
    return seal(static_cast<std::uint8_t>(token.listing), out.message());
}

Opened<ShardIterator> Tokens::open_iterator(std::string_view text, WallTime now) const {
    return open<ShardIterator>(
        aead_, kIteratorPurpose, text, now, [](Reader& in, ShardIterator& iterator) {
            iterator.uid = StreamUid(in.number<std::uint64_t>());
            iterator.shard_no = model::ShardNo(in.number<std::uint32_t>());
            iterator.position = storage::Position(in.number<std::uint64_t>());
            iterator.stream_name = in.text();
            iterator.goes_on = !in.at_end() && in.number<std::uint8_t>() != 0;
        });
}

Opened<ListToken> Tokens::open_list(ListToken::Listing listing, std::string_view text,
                                    WallTime now) const {
    return open<ListToken>(aead_, static_cast<std::uint8_t>(listing), text, now,
                           [listing](Reader& in, ListToken& token) {
                               token.listing = listing;
                               token.uid = StreamUid(in.number<std::uint64_t>());
                               token.filter = in.number<std::uint8_t>();
                               const bool timed = in.number<std::uint8_t>() != 0;
                               const WallTime time = wall_time(in.number<std::int64_t>());
                               if (timed) {
                                   token.filter_time = time;
                               }
                               token.digest = in.number<std::uint32_t>();
                               token.stream_name = in.text();
                               token.last = in.text();
                           });
}

}  // namespace millrace::stream
