#include "stream/tokens.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

const WallTime kNow = wall_time(1'700'000'000'123);

Tokens::Key key_of(unsigned char fill) {
    Tokens::Key key;
    key.fill(std::byte{fill});
    return key;
}

class TokensTest : public testing::Test {
protected:
    ShardIterator some() const {
        return {StreamUid(77), "orders", model::ShardNo(3), storage::Position(1234)};
    }
    ListToken listing() const {
        ListToken token;
        token.uid = StreamUid(77);
        token.stream_name = "orders";
        token.filter = 4;
        token.filter_time = wall_time(1'600'000'000'000);
        token.last = "shardId-000000000012";
        return token;
    }
    TokenState state(std::string_view text, WallTime now = kNow) const {
        return tokens_.open_iterator(text, now).state;
    }

    SeededEntropy entropy_;
    const Tokens tokens_{key_of(1), entropy_};
};

TEST_F(TokensTest, AnIteratorComesBackAsItWas) {
    std::mt19937_64 random(3);
    for (int i = 0; i < 2000; ++i) {
        const std::string name(1 + random() % 128, static_cast<char>('a' + random() % 26));
        const ShardIterator iterator{StreamUid(random()), name,
                                     model::ShardNo(static_cast<std::uint32_t>(random())),
                                     storage::Position(random()), random() % 2 == 0};
        const std::string text = tokens_.seal(iterator, kNow);
        ASSERT_LE(text.size(), 512U);
        ASSERT_EQ(text.find('='), std::string::npos);
        const auto opened = tokens_.open_iterator(text, kNow + Millis(5));
        ASSERT_EQ(opened.state, TokenState::kValid);
        ASSERT_EQ(opened.value, iterator);
        ASSERT_EQ(opened.issued, kNow);
    }
}

TEST_F(TokensTest, AListTokenComesBackAsItWas) {
    ListToken token = listing();
    EXPECT_EQ(tokens_.open_list(token.listing, tokens_.seal(token, kNow), kNow).value, token);
    token.filter_time.reset();
    token.last = std::string(128, 'z');
    token.stream_name = std::string(128, 'y');
    token.digest = 0xffff'fffe;
    const auto opened = tokens_.open_list(token.listing, tokens_.seal(token, kNow), kNow);
    EXPECT_EQ(opened.state, TokenState::kValid);
    EXPECT_EQ(opened.value, token);
}

TEST_F(TokensTest, TheSamePositionGivesAnotherTextEachTime) {
    std::set<std::string> texts;
    for (int i = 0; i < 1000; ++i) {
        texts.insert(tokens_.seal(some(), kNow));
    }
    EXPECT_EQ(texts.size(), 1000U);
}

TEST_F(TokensTest, AnyAlteredCharacterMakesItInvalid) {
    const std::string text = tokens_.seal(some(), kNow);
    for (std::size_t i = 0; i < text.size(); ++i) {
        for (const char c : std::string_view("AQgw4_/+z9")) {
            if (c == text[i]) {
                continue;
            }
            std::string altered = text;
            altered[i] = c;
            EXPECT_EQ(state(altered), TokenState::kInvalid) << i << " " << c;
        }
    }
}

TEST_F(TokensTest, AnyPartOrExtensionIsInvalid) {
    const std::string text = tokens_.seal(some(), kNow);
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_EQ(state(text.substr(0, size)), TokenState::kInvalid);
        EXPECT_EQ(state(text.substr(text.size() - size)), TokenState::kInvalid);
    }
    EXPECT_EQ(state(text + "AAAA"), TokenState::kInvalid);
    EXPECT_EQ(state(text + text), TokenState::kInvalid);
    EXPECT_EQ(state(std::string(1'000'000, 'A')), TokenState::kInvalid);
}

TEST_F(TokensTest, CharactersOutsideTheAlphabetAreIgnored) {
    const std::string text = tokens_.seal(some(), kNow);
    EXPECT_EQ(state("\"" + text + "\""), TokenState::kValid);
    std::string spaced = " ";
    for (const char c : text) {
        spaced += c;
        spaced += c % 2 == 0 ? "\n" : "=\xff\t-_";
    }
    EXPECT_EQ(state(spaced), TokenState::kValid);
}

TEST_F(TokensTest, TextThatWasNeverOursIsInvalid) {
    for (const std::string_view text :
         {"", "=", "x", "AAAA", "AAAAAAAAAAFVFmEmpZbWbJCVJ8Q1", "not an iterator at all"}) {
        EXPECT_EQ(state(text), TokenState::kInvalid) << text;
    }
    std::mt19937_64 random(5);
    for (int i = 0; i < 2000; ++i) {
        std::string noise(random() % 400, '\0');
        for (char& c : noise) {
            c = static_cast<char>(random());
        }
        EXPECT_EQ(state(noise), TokenState::kInvalid);
    }
}

TEST_F(TokensTest, ExpiresAfterFiveMinutesAndSaysWhenItWasIssued) {
    const std::string text = tokens_.seal(some(), kNow);
    EXPECT_EQ(state(text, kNow + Millis(300'000)), TokenState::kValid);
    const auto opened = tokens_.open_iterator(text, kNow + Millis(300'001));
    EXPECT_EQ(opened.state, TokenState::kExpired);
    EXPECT_EQ(opened.issued, kNow);
    EXPECT_EQ(opened.value, some());
}

TEST_F(TokensTest, AStepOfTheClockBackIsNothingToThem) {
    const std::string text = tokens_.seal(some(), kNow);
    EXPECT_EQ(state(text, kNow - std::chrono::hours(30)), TokenState::kValid);
    EXPECT_EQ(state(text, kNow + Millis(300'001)), TokenState::kExpired);
}

TEST_F(TokensTest, PurposesDoNotMix) {
    using Listing = ListToken::Listing;
    const std::string iterator = tokens_.seal(some(), kNow);
    for (const Listing listing : {Listing::kShards, Listing::kStreams, Listing::kConsumers}) {
        EXPECT_EQ(tokens_.open_list(listing, iterator, kNow).state, TokenState::kInvalid);
        ListToken token = this->listing();
        token.listing = listing;
        const std::string text = tokens_.seal(token, kNow);
        EXPECT_EQ(state(text), TokenState::kInvalid);
        for (const Listing other : {Listing::kShards, Listing::kStreams, Listing::kConsumers}) {
            EXPECT_EQ(tokens_.open_list(other, text, kNow).state,
                      other == listing ? TokenState::kValid : TokenState::kInvalid);
        }
    }
}

TEST_F(TokensTest, OpensWithTheSameKeyInAnotherProcessOnly) {
    const std::string text = tokens_.seal(some(), kNow);
    SeededEntropy entropy(99);
    EXPECT_EQ(Tokens(key_of(1), entropy).open_iterator(text, kNow).state, TokenState::kValid);
    EXPECT_EQ(Tokens(key_of(2), entropy).open_iterator(text, kNow).state, TokenState::kInvalid);
}

}  // namespace
}  // namespace millrace::stream
