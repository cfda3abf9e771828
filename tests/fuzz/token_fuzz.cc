// Texts into the tokens. What was never sealed does not open, whatever it says it is; what was
// sealed opens only as long as its characters of the base64 alphabet are the very same.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "stream/tokens.h"

namespace {

using namespace millrace;
using namespace millrace::stream;

void fail_unless(bool holds) {
    if (!holds)
        std::abort();
}

class SeededEntropy final : public env::Entropy {
public:
    void fill(std::span<std::byte> out) override {
        for (std::byte& b : out)
            b = static_cast<std::byte>(random_());
    }

private:
    std::mt19937_64 random_{1};
};

const WallTime kNow = wall_time(1'700'000'000'123);
using Listing = ListToken::Listing;

const Tokens& tokens() {
    static SeededEntropy entropy;
    static const Tokens kTokens(Tokens::Key{std::byte{7}}, entropy);
    return kTokens;
}

struct Sealed {
    ShardIterator iterator{StreamUid(77), "orders", model::ShardNo(3), storage::Position(1234)};
    ListToken list;
    std::string iterator_text;
    std::string list_text;
    Sealed() {
        list.uid = StreamUid(77);
        list.stream_name = "orders";
        list.filter = 4;
        list.filter_time = wall_time(1'600'000'000'000);
        list.last = "shardId-000000000012";
        iterator_text = tokens().seal(iterator, kNow);
        list_text = tokens().seal(list, kNow);
    }
};

std::string alphabet_only(std::string_view text) {
    std::string kept;
    for (const char c : text) {
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
            c == '+' || c == '/')
            kept += c;
    }
    return kept;
}

void check(std::string_view text, const Sealed& sealed) {
    const std::string kept = alphabet_only(text);
    const auto iterator = tokens().open_iterator(text, kNow);
    fail_unless((iterator.state == TokenState::kValid) == (kept == sealed.iterator_text));
    fail_unless(iterator.state != TokenState::kExpired);
    if (iterator.state == TokenState::kValid)
        fail_unless(iterator.value == sealed.iterator && iterator.issued == kNow);
    for (const Listing listing : {Listing::kShards, Listing::kStreams, Listing::kConsumers}) {
        const auto list = tokens().open_list(listing, text, kNow);
        const bool ours = kept == sealed.list_text && listing == sealed.list.listing;
        fail_unless((list.state == TokenState::kValid) == ours);
        if (ours)
            fail_unless(list.value == sealed.list);
    }
}

// A sealed text with pieces of the input put over it or between it.
std::string mutated(const std::string& text, const std::uint8_t* data, std::size_t size) {
    std::string altered = text;
    for (std::size_t i = 0; i + 2 < size; i += 3) {
        const std::size_t at = data[i] % (altered.size() + 1);
        const char c = static_cast<char>(data[i + 1]);
        switch (data[i + 2] % 4) {
            case 0:
                altered.insert(altered.begin() + static_cast<std::ptrdiff_t>(at), c);
                break;
            case 1:
                altered.resize(at);
                break;
            case 2:
                if (at < altered.size())
                    altered.erase(at, 1);
                break;
            default:
                if (at < altered.size())
                    altered[at] = c;
                break;
        }
    }
    return altered;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Sealed kSealed;
    check({reinterpret_cast<const char*>(data), size}, kSealed);
    check(mutated(kSealed.iterator_text, data, size), kSealed);
    check(mutated(kSealed.list_text, data, size), kSealed);
    return 0;
}
