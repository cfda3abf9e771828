// Encryption through the broker: what the engine is given, what readers get, what survives.
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "unit/stream/reshards.h"
#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

class Encryption : public testing::Test {
protected:
    void SetUp() override {
        world_.open();
        stream_ = world_.created("orders");
    }
    Outcome start(std::string key_id = "alias/a") {
        return changed(world_.broker->start_encryption(stream_->uid, std::move(key_id)));
    }
    Outcome stop() { return changed(world_.broker->stop_encryption(stream_->uid)); }
    PutResult put(std::string_view data, std::string_view key = "customer") {
        return world_.put(stream_, key, data);
    }
    // As the engine has it.
    storage::ReadResult raw(std::uint32_t shard = 0) {
        storage::ReadRequest request;
        request.shard = stream_->key(model::ShardNo(shard));
        request.records_max = 1000;
        request.bytes_max = 1 << 20;
        return test::sync_wait(world_.memory->read(request)).value();
    }
    bool stored_in_plain(std::string_view text) {
        for (const storage::Record& record : raw().records) {
            if (record.key.find(text) != std::string_view::npos ||
                as_text(record.data).find(text) != std::string_view::npos) {
                return true;
            }
        }
        return false;
    }
    void append_raw(Bytes data, std::uint8_t attributes) {
        const std::vector<storage::NewRecord> records = {
            {stream_->key(model::ShardNo(0)), "", data, world_.clock.now(), attributes}};
        ASSERT_EQ(test::sync_wait(world_.memory->append(records)).front().status,
                  storage::AppendStatus::kCommitted);
    }

    World world_;
    StreamPtr stream_;

private:
    Outcome changed(Task<Result<Applied>> change) {
        const auto applied = test::sync_wait(std::move(change));
        EXPECT_TRUE(applied);
        stream_ = world_.find("orders");
        return applied ? applied.value().outcome : Outcome::kNotFound;
    }
};

TEST_F(Encryption, TheEngineSeesNeitherDataNorKeys) {
    EXPECT_FALSE(put("before").encrypted);
    EXPECT_TRUE(stored_in_plain("before"));
    EXPECT_TRUE(stored_in_plain("customer"));
    ASSERT_EQ(start(), Outcome::kApplied);
    EXPECT_TRUE(put("secret", "somebody").encrypted);
    EXPECT_FALSE(stored_in_plain("secret"));
    EXPECT_FALSE(stored_in_plain("somebody"));
    ASSERT_EQ(stop(), Outcome::kApplied);
    EXPECT_FALSE(put("after").encrypted);
    EXPECT_TRUE(stored_in_plain("after"));

    for (const bool again : {false, true}) {
        const ReadBatch batch = world_.read(stream_, 0);
        EXPECT_EQ(data_of(batch), (std::vector<std::string>{"before", "secret", "after"}));
        EXPECT_EQ(batch.records[1].key, "somebody");
        EXPECT_FALSE(is_sealed(batch.records[0]));
        EXPECT_TRUE(is_sealed(batch.records[1]));
        EXPECT_FALSE(is_sealed(batch.records[2]));
        if (!again) {
            world_.reopen();
        }
    }
}

TEST_F(Encryption, ARecordWithoutAKeyStaysWithoutOne) {
    ASSERT_EQ(start(), Outcome::kApplied);
    put("data", "");
    EXPECT_EQ(world_.read(stream_, 0).records.front().key, "");
}

TEST_F(Encryption, EveryStartDrawsAKeyAndOldRecordsStayReadable) {
    for (const char* const id : {"alias/a", "alias/b", "alias/b"}) {
        ASSERT_EQ(start(id), Outcome::kApplied);
        put(id);
    }
    EXPECT_EQ(stream_->data_keys.size(), 3u);
    EXPECT_NE(stream_->data_keys[1].wrapped, stream_->data_keys[2].wrapped);
    const storage::ReadResult stored = raw();
    for (std::uint32_t i = 0; i < 3; ++i) {
        EXPECT_EQ(load_le<std::uint32_t>(stored.records[i].data.data()), i);
    }
    world_.reopen();
    EXPECT_EQ(data_of(world_.read(stream_, 0)),
              (std::vector<std::string>{"alias/a", "alias/b", "alias/b"}));
}

TEST_F(Encryption, AWriterWithAnOldCopyOfTheStreamGoesByThatCopy) {
    const StreamPtr before = stream_;
    ASSERT_EQ(start(), Outcome::kApplied);
    EXPECT_FALSE(world_.put(before, "k", "plain").encrypted);
    const StreamPtr first = stream_;
    ASSERT_EQ(start("alias/b"), Outcome::kApplied);
    EXPECT_TRUE(world_.put(first, "k", "sealed").encrypted);
    EXPECT_EQ(data_of(world_.read(stream_, 0)), (std::vector<std::string>{"plain", "sealed"}));
}

TEST_F(Encryption, ARestartInBetweenDoesNotLoseTheChange) {
    world_.settings.update_delay = Millis(1000);
    world_.reopen();
    ASSERT_EQ(start(), Outcome::kApplied);
    EXPECT_EQ(stream_->status, Status::kUpdating);
    EXPECT_FALSE(stream_->encrypted);
    EXPECT_FALSE(put("plain").encrypted);
    EXPECT_EQ(start(), Outcome::kNotActive);
    world_.clock.advance(Millis(500));
    world_.reopen();
    EXPECT_EQ(world_.find("orders")->status, Status::kUpdating);
    world_.clock.advance(Millis(500));
    stream_ = world_.find("orders");
    EXPECT_EQ(stream_->status, Status::kActive);
    ASSERT_TRUE(stream_->encrypted);
    EXPECT_TRUE(put("sealed").encrypted);

    ASSERT_EQ(stop(), Outcome::kApplied);
    EXPECT_TRUE(put("still").encrypted);
    world_.reopen();
    world_.clock.advance(Millis(1000));
    stream_ = world_.find("orders");
    EXPECT_FALSE(stream_->encrypted);
    EXPECT_FALSE(put("no more").encrypted);
    EXPECT_EQ(data_of(world_.read(stream_, 0)),
              (std::vector<std::string>{"plain", "sealed", "still", "no more"}));
}

TEST_F(Encryption, StartsAreLimitedByTheDayWhenQuotasAre) {
    world_.settings.quotas.enforced = true;
    world_.settings.quotas.encryption_changes_max = 2;
    world_.reopen();
    EXPECT_EQ(start(), Outcome::kApplied);
    EXPECT_EQ(start(), Outcome::kApplied);
    EXPECT_EQ(start(), Outcome::kDailyQuota);
    EXPECT_EQ(stop(), Outcome::kApplied);
    world_.clock.advance(std::chrono::hours(24));
    EXPECT_EQ(start(), Outcome::kApplied);
}

TEST_F(Encryption, ADamagedRecordIsReportedAndNeverReturned) {
    ASSERT_EQ(start(), Outcome::kApplied);
    put("one");
    std::string bytes(as_text(raw().records.front().data));
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    append_raw(as_bytes(bytes), kSealed);
    append_raw(as_bytes("short"), kSealed);
    put("four");
    const ReadBatch first = world_.read(stream_, 0);
    EXPECT_EQ(data_of(first), std::vector<std::string>{"one"});
    EXPECT_EQ(first.next, storage::Position(1));
    EXPECT_EQ(world_.read(stream_, 1).status, ReadStatus::kFailed);
    EXPECT_EQ(world_.read(stream_, 2).status, ReadStatus::kFailed);
    EXPECT_EQ(data_of(world_.read(stream_, 3)), std::vector<std::string>{"four"});
    EXPECT_NE(world_.metrics.text().find("millrace_encrypted_records_damaged_total 3"),
              std::string::npos);
}

TEST_F(Encryption, AKeyOfNoUseKeepsItsRecordsFromBeingRead) {
    put("plain");
    ASSERT_EQ(start("alias/a"), Outcome::kApplied);
    put("by a");
    ASSERT_EQ(start("alias/b"), Outcome::kApplied);
    put("by b");
    world_.settings.key_states.set("alias/a", KeyState::kDisabled);
    world_.reopen();
    EXPECT_EQ(data_of(world_.read(stream_, 0)), std::vector<std::string>{"plain"});
    const ReadBatch refused = world_.read(stream_, 1);
    EXPECT_EQ(refused.status, ReadStatus::kNoKey);
    EXPECT_EQ(refused.key_id, "alias/a");
    EXPECT_EQ(data_of(world_.read(stream_, 2)), std::vector<std::string>{"by b"});

    // The stream's own key is asked for whatever there is to read.
    world_.settings.key_states.set("alias/b", KeyState::kThrottled);
    world_.reopen();
    EXPECT_EQ(world_.read(stream_, 0).key_id, "alias/b");
    EXPECT_EQ(world_.read(stream_, 3).status, ReadStatus::kNoKey);
    world_.settings.key_states = {};
    world_.reopen();
    EXPECT_EQ(world_.read(stream_, 0).records.size(), 3u);
}

TEST_F(Encryption, ChildrenOfAReshardingAreSealedForThemselves) {
    ASSERT_EQ(start(), Outcome::kApplied);
    put("parent");
    ASSERT_EQ(world_.split(stream_, 0).outcome, Outcome::kApplied);
    // With the old copy: the shard has closed, so the record is sealed again, for the child.
    EXPECT_TRUE(world_.put(stream_, "k", "child").encrypted);
    stream_ = world_.find("orders");
    std::vector<std::string> found;
    for (const std::uint32_t shard : {0U, 1U, 2U}) {
        for (std::string& data : data_of(world_.read(stream_, 0, 10'000, shard))) {
            found.push_back(std::move(data));
        }
    }
    EXPECT_EQ(found, (std::vector<std::string>{"parent", "child"}));
}

TEST_F(Encryption, IsCountedInWhatClientsSent) {
    ASSERT_EQ(start(), Outcome::kApplied);
    put("12345", "123");
    world_.read(stream_, 0);
    const std::string text = world_.metrics.text();
    for (const char* const series :
         {"millrace_stream_bytes_in_total", "millrace_stream_bytes_out_total"}) {
        const std::size_t at = text.find(std::string("\n") + series + "{");
        ASSERT_NE(at, std::string::npos);
        EXPECT_EQ(text.substr(text.find("} ", at) + 2, 2), "8\n") << series;
    }
}

}  // namespace
}  // namespace millrace::stream
