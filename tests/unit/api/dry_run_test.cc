// DryRun: everything is checked and nothing is done.
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr const char* kWouldHave =
    "The request would have succeeded, but the DryRun parameter was set.";

class DryRun : public ApiTest {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        create("orders");
        record_.stream_name = "orders";
        record_.partition_key = "k";
        record_.data = as_bytes("d");
        record_.dry_run = true;
        batch_.stream_name = "orders";
        batch_.records.emplace();
        batch_.records->push_back({"k", std::nullopt, as_bytes("d")});
        batch_.dry_run = true;
        place_ = iterator_request("orders", "LATEST");
        place_.dry_run = true;
        read_.dry_run = true;
    }

    PutRecordRequest record_;
    PutRecordsRequest batch_;
    GetShardIteratorRequest place_;
    GetRecordsRequest read_;
};

TEST_F(DryRun, AnswersItsOwnErrorAndDoesNothing) {
    expect_error(call(put_record, record_), ErrorType::kDryRunOperation, kWouldHave);
    expect_error(call(put_records, batch_), ErrorType::kDryRunOperation, kWouldHave);
    expect_error(call(get_shard_iterator, place_), ErrorType::kDryRunOperation, kWouldHave);
    const std::string at = iterator("orders");
    read_.shard_iterator = at;
    expect_error(call(get_records, read_), ErrorType::kDryRunOperation, kWouldHave);
    EXPECT_TRUE(data_at(iterator("orders")).empty());
    EXPECT_EQ(type_name(ErrorType::kDryRunOperation), "DryRunOperationException");
}

TEST_F(DryRun, FalseIsAsAbsent) {
    record_.dry_run = batch_.dry_run = place_.dry_run = read_.dry_run = false;
    EXPECT_TRUE(call(put_record, record_));
    EXPECT_TRUE(call(put_records, batch_));
    EXPECT_TRUE(call(get_shard_iterator, place_));
    const std::string at = iterator("orders");
    read_.shard_iterator = at;
    EXPECT_EQ(call(get_records, read_).value().records.size(), 2u);
}

TEST_F(DryRun, WhatWouldHaveFailedFailsAlike) {
    const auto alike = [&](auto handler, auto request) {
        const auto dry = call(handler, request);
        request.dry_run.reset();
        const auto wet = call(handler, request);
        ASSERT_FALSE(wet);
        expect_error(dry, wet.error().type, wet.error().message);
    };
    PutRecordRequest record = record_;
    record.stream_name = "none";
    alike(put_record, record);
    record = record_;
    record.partition_key.reset();
    alike(put_record, record);
    record = record_;
    record.explicit_hash_key = "340282366920938463463374607431768211456";
    alike(put_record, record);
    record = record_;
    record.sequence_number_for_ordering = "1000000000000000000000000000000000000000000000";
    alike(put_record, record);
    const std::string big((1 << 20) + 1, 'x');
    record = record_;
    record.data = as_bytes(big);
    alike(put_record, record);
    PutRecordsRequest batch = batch_;
    batch.records->front().data = as_bytes(big);
    alike(put_records, batch);
    GetShardIteratorRequest place = place_;
    place.shard_id = "shardId-000000000009";
    alike(get_shard_iterator, place);
    place = place_;
    place.starting_sequence_number = "0";
    alike(get_shard_iterator, place);
    GetRecordsRequest read = read_;
    read.shard_iterator = "nonsense";
    alike(get_records, read);
}

}  // namespace
}  // namespace millrace::api
