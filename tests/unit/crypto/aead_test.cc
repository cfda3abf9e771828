#include "crypto/aead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace millrace::crypto {
namespace {

std::vector<std::byte> from_hex(std::string_view text) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        bytes.push_back(
            static_cast<std::byte>(std::stoi(std::string(text.substr(i, 2)), nullptr, 16)));
    }
    return bytes;
}

template <std::size_t N>
std::array<std::byte, N> array_of(std::string_view text) {
    const auto bytes = from_hex(text);
    std::array<std::byte, N> result;
    std::copy_n(bytes.begin(), N, result.begin());
    return result;
}

Aead::Key key_of(unsigned char fill) {
    Aead::Key key;
    key.fill(std::byte{fill});
    return key;
}

// NIST's GCM test case 16: AES-256, 96-bit nonce, associated data.
TEST(Aead, MatchesAPublishedVector) {
    const Aead aead(
        array_of<32>("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"));
    const auto nonce = array_of<12>("cafebabefacedbaddecaf888");
    const auto associated = from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    auto bytes = from_hex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449"
        "a6b525b16aedf5aa0de657ba637b39");
    const auto plain = bytes;
    std::array<std::byte, 16> tag;
    aead.seal(nonce, associated, bytes, tag);
    EXPECT_EQ(
        bytes,
        from_hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb"
                 "3da7b08b1056828838c5f61e6393ba7a0abcc9f662"));
    EXPECT_EQ(tag, array_of<16>("76fc6ece0f4e1768cddf8853bb2d551b"));
    EXPECT_TRUE(aead.open(nonce, associated, bytes, tag));
    EXPECT_EQ(bytes, plain);
}

class SealedMessage : public testing::Test {
protected:
    SealedMessage() {
        const std::string_view text = "shard 3, position 17";
        const Bytes view = as_bytes(text);
        plain_.assign(view.begin(), view.end());
        sealed_ = plain_;
        aead_.seal(nonce_, as_bytes("purpose"), sealed_, tag_);
    }
    bool opens(const Aead& aead, const Aead::Nonce& nonce, std::string_view associated,
               std::vector<std::byte> bytes, const std::array<std::byte, 16>& tag) const {
        return aead.open(nonce, as_bytes(associated), bytes, tag);
    }

    const Aead aead_{key_of(7)};
    const Aead::Nonce nonce_{};
    std::vector<std::byte> plain_;
    std::vector<std::byte> sealed_;
    std::array<std::byte, 16> tag_{};
};

TEST_F(SealedMessage, OpensWithTheSameKeyNonceAndAssociatedData) {
    auto bytes = sealed_;
    EXPECT_NE(bytes, plain_);
    EXPECT_TRUE(aead_.open(nonce_, as_bytes("purpose"), bytes, tag_));
    EXPECT_EQ(bytes, plain_);
}

TEST_F(SealedMessage, DoesNotOpenOnceAnyBitIsFlipped) {
    for (std::size_t i = 0; i < sealed_.size() * 8; ++i) {
        auto bytes = sealed_;
        bytes[i / 8] ^= std::byte{1} << (i % 8);
        EXPECT_FALSE(opens(aead_, nonce_, "purpose", bytes, tag_)) << "bit " << i;
    }
    for (std::size_t i = 0; i < tag_.size() * 8; ++i) {
        auto tag = tag_;
        tag[i / 8] ^= std::byte{1} << (i % 8);
        EXPECT_FALSE(opens(aead_, nonce_, "purpose", sealed_, tag)) << "tag bit " << i;
    }
}

TEST_F(SealedMessage, DoesNotOpenWithAnotherKeyNonceOrAssociatedData) {
    Aead::Nonce other_nonce{};
    other_nonce[11] = std::byte{1};
    EXPECT_FALSE(opens(Aead(key_of(8)), nonce_, "purpose", sealed_, tag_));
    EXPECT_FALSE(opens(aead_, other_nonce, "purpose", sealed_, tag_));
    EXPECT_FALSE(opens(aead_, nonce_, "another purpose", sealed_, tag_));
    EXPECT_FALSE(opens(aead_, nonce_, "", sealed_, tag_));
    EXPECT_TRUE(opens(aead_, nonce_, "purpose", sealed_, tag_)) << "a failure leaves no trace";
}

TEST_F(SealedMessage, OpensOnAnotherThreadAndAfterAnotherKeyWasUsed) {
    const Aead other(key_of(9));
    std::vector<std::byte> scratch(4);
    std::array<std::byte, 16> tag;
    other.seal(nonce_, {}, scratch, tag);
    EXPECT_TRUE(opens(aead_, nonce_, "purpose", sealed_, tag_));
    bool opened = false;
    std::thread([&] { opened = opens(aead_, nonce_, "purpose", sealed_, tag_); }).join();
    EXPECT_TRUE(opened);
}

TEST_F(SealedMessage, AKeyAtTheAddressOfADeadOneIsNotMistakenForIt) {
    auto first = std::make_unique<Aead>(key_of(1));
    std::vector<std::byte> bytes(8);
    std::array<std::byte, 16> tag;
    first->seal(nonce_, {}, bytes, tag);
    first.reset();
    const auto second = std::make_unique<Aead>(key_of(2));
    EXPECT_FALSE(opens(*second, nonce_, "", bytes, tag));
}

TEST_F(SealedMessage, IsTheSameFromPartsAndIntoAnotherPlace) {
    const Bytes plain = plain_;
    for (const std::size_t cut : {0U, 1U, 7U, 16U, 20U}) {
        const Bytes parts[] = {plain.first(cut), {}, plain.subspan(cut)};
        std::vector<std::byte> sealed(plain.size());
        std::array<std::byte, 16> tag;
        aead_.seal(nonce_, as_bytes("purpose"), parts, sealed.data(), tag);
        EXPECT_EQ(sealed, sealed_) << "cut at " << cut;
        EXPECT_EQ(tag, tag_);
    }
    std::vector<std::byte> opened(plain.size());
    EXPECT_TRUE(aead_.open(nonce_, as_bytes("purpose"), sealed_, opened.data(), tag_));
    EXPECT_EQ(opened, plain_);
    EXPECT_FALSE(aead_.open(nonce_, as_bytes("another"), sealed_, opened.data(), tag_));
}

TEST(Aead, ManyKeysMayTakeTurns) {
    std::vector<std::unique_ptr<Aead>> keys;
    for (unsigned char i = 0; i < 40; ++i) {
        keys.push_back(std::make_unique<Aead>(key_of(i)));
    }
    std::vector<std::vector<std::byte>> sealed(keys.size(), std::vector<std::byte>(5));
    std::vector<std::array<std::byte, 16>> tags(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        keys[i]->seal({}, {}, sealed[i], tags[i]);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const std::size_t other = (i + 8) % keys.size();
        auto bytes = sealed[i];
        EXPECT_FALSE(keys[other]->open({}, {}, bytes, tags[i])) << i;
        bytes = sealed[i];
        EXPECT_TRUE(keys[i]->open({}, {}, bytes, tags[i])) << i;
    }
}

TEST(Aead, AnEmptyMessageIsStillAuthenticated) {
    const Aead aead(key_of(3));
    std::array<std::byte, 16> tag;
    aead.seal({}, as_bytes("a"), {}, tag);
    EXPECT_TRUE(aead.open({}, as_bytes("a"), {}, tag));
    EXPECT_FALSE(aead.open({}, as_bytes("b"), {}, tag));
}

}  // namespace
}  // namespace millrace::crypto
