#include "stream/data_keys.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

crypto::Aead::Key master(unsigned char fill) {
    crypto::Aead::Key key;
    key.fill(std::byte{fill});
    return key;
}

class DataKeysTest : public testing::Test {
protected:
    Stream stream_with(std::vector<DataKey> keys, std::uint64_t uid = 7) {
        Stream stream;
        stream.uid = StreamUid(uid);
        stream.data_keys = std::move(keys);
        return stream;
    }
    // Tells keys apart by what they make of the same bytes.
    static std::string mark(const std::shared_ptr<const crypto::Aead>& key) {
        std::array<std::byte, 16> tag{};
        key->seal({}, {}, std::span<std::byte>(), tag);
        return std::string(as_text(tag));
    }

    SeededEntropy entropy_;
    DataKeys keys_{master(1), entropy_};
};

TEST_F(DataKeysTest, EachIsDrawnAnewAndFoundByItsNumber) {
    const Stream stream =
        stream_with({keys_.draw(StreamUid(7), "alias/a"), keys_.draw(StreamUid(7), "alias/a")});
    EXPECT_EQ(stream.data_keys[0].key_id, "alias/a");
    EXPECT_NE(stream.data_keys[0].wrapped, stream.data_keys[1].wrapped);
    ASSERT_NE(keys_.find(stream, 0), nullptr);
    ASSERT_NE(keys_.find(stream, 1), nullptr);
    EXPECT_EQ(keys_.find(stream, 2), nullptr);
    EXPECT_NE(mark(keys_.find(stream, 0)), mark(keys_.find(stream, 1)));
    EXPECT_TRUE(keys_.fit(stream));
}

TEST_F(DataKeysTest, AnotherProcessWithTheMasterKeyFindsTheSame) {
    const Stream stream = stream_with({keys_.draw(StreamUid(7), "alias/a")});
    DataKeys again(master(1), entropy_);
    EXPECT_EQ(mark(again.find(stream, 0)), mark(keys_.find(stream, 0)));
    DataKeys stranger(master(2), entropy_);
    EXPECT_EQ(stranger.find(stream, 0), nullptr);
    EXPECT_FALSE(stranger.fit(stream));
}

TEST_F(DataKeysTest, AKeyIsOfOneStream) {
    const DataKey key = keys_.draw(StreamUid(7), "alias/a");
    EXPECT_FALSE(keys_.fit(stream_with({key}, 8)));
    EXPECT_EQ(keys_.find(stream_with({key}, 8), 0), nullptr);
}

TEST_F(DataKeysTest, WhatWasAlteredIsNoKey) {
    const DataKey key = keys_.draw(StreamUid(7), "alias/a");
    for (std::size_t at = 0; at < key.wrapped.size(); ++at) {
        DataKey other = key;
        other.wrapped[at] = other.wrapped[at] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(keys_.fit(stream_with({other}))) << at;
    }
    for (const std::string& text :
         {std::string(), std::string("x"), key.wrapped + "AAAA", key.wrapped.substr(4)}) {
        EXPECT_FALSE(keys_.fit(stream_with({DataKey{"alias/a", text}}))) << text;
    }
}

TEST_F(DataKeysTest, OneThatIsStillAwaitedMustFit) {
    Stream stream = stream_with({});
    EXPECT_TRUE(keys_.fit(stream));
    stream.pending.emplace().data_key = keys_.draw(StreamUid(7), "alias/a");
    EXPECT_TRUE(keys_.fit(stream));
    stream.pending->data_key = keys_.draw(StreamUid(8), "alias/a");
    EXPECT_FALSE(keys_.fit(stream));
}

TEST_F(DataKeysTest, AForgottenStreamsKeysAreUnwrappedAnew) {
    const Stream stream = stream_with({keys_.draw(StreamUid(7), "alias/a")});
    const auto before = keys_.find(stream, 0);
    EXPECT_EQ(keys_.find(stream, 0), before);
    keys_.forget(StreamUid(8));
    EXPECT_EQ(keys_.find(stream, 0), before);
    keys_.forget(StreamUid(7));
    EXPECT_NE(keys_.find(stream, 0), before);
    EXPECT_EQ(mark(keys_.find(stream, 0)), mark(before));
}

}  // namespace
}  // namespace millrace::stream
