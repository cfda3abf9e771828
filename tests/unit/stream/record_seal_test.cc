#include "stream/record_seal.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

using Fault = RecordSeal::Opened::Fault;

class RecordSealTest : public testing::Test {
protected:
    RecordSealTest() {
        stream_.uid = StreamUid(7);
        add_key("alias/a");
    }
    void add_key(std::string id) {
        stream_.data_keys.push_back(keys_.draw(stream_.uid, std::move(id)));
        stream_.encrypted = true;
    }
    // Seals and keeps the bytes, as an engine does.
    storage::Record stored(std::string_view key, std::string_view data, std::uint32_t shard = 0) {
        std::vector<storage::NewRecord> batch = {
            {stream_.key(model::ShardNo(shard)), key, as_bytes(data), wall_time(5), 0}};
        const auto buffer = seal_.seal(stream_, batch);
        EXPECT_TRUE(buffer);
        EXPECT_EQ(batch[0].attributes, kSealed);
        EXPECT_EQ(batch[0].key, "");
        bytes_.emplace_back(as_text(batch[0].data));
        return {storage::Position(bytes_.size() - 1), wall_time(5), {}, {}, batch[0].attributes};
    }
    storage::Record plain(std::string data) {
        bytes_.push_back(std::move(data));
        return {storage::Position(bytes_.size() - 1), wall_time(5), "k", {}, 0};
    }
    storage::ReadResult read(std::vector<storage::Record> records) {
        storage::ReadResult result;
        for (storage::Record& record : records) {
            record.data = as_bytes(bytes_[record.position.value()]);
        }
        result.records = std::move(records);
        result.next = storage::Position(bytes_.size());
        result.at_end = true;
        return result;
    }
    RecordSeal::Opened open(storage::ReadResult& read, std::uint32_t shard = 0) {
        return seal_.open(stream_, model::ShardNo(shard), read);
    }
    Fault fault_of(storage::Record record, std::uint32_t shard = 0) {
        storage::ReadResult result = read({record});
        return open(result, shard).fault;
    }

    SeededEntropy entropy_;
    KeyStates states_;
    DataKeys keys_{crypto::Aead::Key{}, entropy_};
    RecordSeal seal_{keys_, states_, entropy_};
    Stream stream_;
    std::vector<std::string> bytes_;
};

TEST_F(RecordSealTest, WhatIsSealedShowsNothingAndOpensAgain) {
    const std::string long_key(256 * 3, 'k');
    const std::string long_data(100'000, 'd');
    storage::ReadResult result = read({stored("customer", "secret"), stored("", ""),
                                       stored(long_key, long_data), stored("k", "")});
    for (const std::string& bytes : bytes_) {
        for (const char* const text : {"customer", "secret", "kkkk", "dddd"}) {
            EXPECT_EQ(bytes.find(text), std::string::npos);
        }
    }
    EXPECT_EQ(bytes_[0].size(), 34 + std::string("customersecret").size());
    ASSERT_EQ(open(result).fault, Fault::kNone);
    ASSERT_EQ(result.records.size(), 4u);
    EXPECT_EQ(result.records[0].key, "customer");
    EXPECT_EQ(as_text(result.records[0].data), "secret");
    EXPECT_EQ(result.records[1].key, "");
    EXPECT_EQ(as_text(result.records[1].data), "");
    EXPECT_EQ(result.records[2].key, long_key);
    EXPECT_EQ(as_text(result.records[2].data), long_data);
    EXPECT_EQ(result.records[3].key, "k");
    EXPECT_TRUE(is_sealed(result.records[0])) << "it still tells how it was stored";
    EXPECT_TRUE(result.at_end);
}

TEST_F(RecordSealTest, EqualRecordsAreSealedDifferently) {
    std::set<std::string> seen;
    std::vector<storage::NewRecord> batch(
        20, {stream_.key(model::ShardNo(0)), "k", as_bytes("data"), wall_time(5), 0});
    const auto buffer = seal_.seal(stream_, batch);
    for (const storage::NewRecord& record : batch) {
        seen.insert(std::string(as_text(record.data)));
    }
    stored("k", "data");
    seen.insert(bytes_.back());
    EXPECT_EQ(seen.size(), 21u);
}

TEST_F(RecordSealTest, PlainOnesAmongThemStayAsTheyAre) {
    storage::ReadResult result = read({plain("one"), stored("k2", "two"), plain("three")});
    const std::byte* const where = result.records[2].data.data();
    ASSERT_EQ(open(result).fault, Fault::kNone);
    EXPECT_EQ(as_text(result.records[0].data), "one");
    EXPECT_EQ(as_text(result.records[1].data), "two");
    EXPECT_EQ(result.records[2].data.data(), where);
}

TEST_F(RecordSealTest, OlderKeysStillOpenWhatTheySealed) {
    const storage::Record first = stored("k", "first");
    add_key("alias/b");
    const storage::Record second = stored("k", "second");
    stream_.encrypted = false;
    storage::ReadResult result = read({first, second, first});
    ASSERT_EQ(open(result).fault, Fault::kNone);
    EXPECT_EQ(as_text(result.records[0].data), "first");
    EXPECT_EQ(as_text(result.records[1].data), "second");
    EXPECT_EQ(as_text(result.records[2].data), "first");
}

TEST_F(RecordSealTest, AnyAlteredByteIsDamage) {
    const storage::Record record = stored("key", "data");
    const std::string good = bytes_[0];
    for (std::size_t at = 0; at < good.size(); ++at) {
        bytes_[0][at] = static_cast<char>(good[at] ^ 1);
        EXPECT_EQ(fault_of(record), Fault::kDamaged) << at;
        bytes_[0] = good;
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        bytes_[0] = good.substr(0, size);
        EXPECT_EQ(fault_of(record), Fault::kDamaged) << size;
    }
    bytes_[0] = good;
    EXPECT_EQ(fault_of(record), Fault::kNone);
}

TEST_F(RecordSealTest, ARecordIsOfOneShardOfOneStream) {
    const storage::Record record = stored("key", "data", 3);
    EXPECT_EQ(fault_of(record, 3), Fault::kNone);
    EXPECT_EQ(fault_of(record, 2), Fault::kDamaged);
    stream_.uid = StreamUid(8);
    EXPECT_EQ(fault_of(record, 3), Fault::kDamaged);
}

TEST_F(RecordSealTest, AReadEndsBeforeTheOneThatIsDamaged) {
    storage::ReadResult result =
        read({stored("k", "one"), plain("two"), stored("k", "three"), stored("k", "four")});
    bytes_[2].back() = static_cast<char>(bytes_[2].back() ^ 1);
    EXPECT_EQ(open(result).fault, Fault::kDamaged);
    ASSERT_EQ(result.records.size(), 2u);
    EXPECT_EQ(as_text(result.records[0].data), "one");
    EXPECT_EQ(as_text(result.records[1].data), "two");
    EXPECT_EQ(result.next, storage::Position(2));
    EXPECT_FALSE(result.at_end);
}

TEST_F(RecordSealTest, AndBeforeTheOneWhoseKeyIsOfNoUse) {
    const storage::Record first = stored("k", "first");
    add_key("alias/b");
    storage::ReadResult result = read({first, stored("k", "second")});
    states_.set("alias/b", KeyState::kDisabled);
    const RecordSeal::Opened opened = open(result);
    EXPECT_EQ(opened.fault, Fault::kKey);
    EXPECT_EQ(opened.key_id, "alias/b");
    EXPECT_EQ(result.records.size(), 1u);
    EXPECT_EQ(result.next, storage::Position(1));
}

TEST_F(RecordSealTest, WithoutItsDataKeyNothingIsSealed) {
    stream_.data_keys[0].wrapped = "AAAA";
    std::vector<storage::NewRecord> batch = {
        {stream_.key(model::ShardNo(0)), "k", as_bytes("data"), wall_time(5), 0}};
    const auto sealed = seal_.seal(stream_, batch);
    ASSERT_FALSE(sealed);
    EXPECT_EQ(sealed.error().code, Errc::kCorrupt);
    EXPECT_EQ(batch[0].key, "k");
}

}  // namespace
}  // namespace millrace::stream
