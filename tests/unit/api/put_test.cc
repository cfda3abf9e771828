#include "api/put.h"

#include <algorithm>
#include <list>
#include <map>

#include "api/reshard.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

class Put : public ApiTest {
protected:
    PutRecordRequest record(std::string_view key, std::string_view data) {
        PutRecordRequest request;
        request.stream_name = "orders";
        request.partition_key = key;
        request.data = as_bytes(data);
        return request;
    }
    PutRecordsRequest records(std::vector<PutRecordsRequestEntry> entries) {
        PutRecordsRequest request;
        request.stream_name = "orders";
        request.records = std::move(entries);
        return request;
    }
    static PutRecordsRequestEntry entry(std::string_view key, std::string_view data,
                                        std::optional<std::string_view> hash = {}) {
        return PutRecordsRequestEntry{key, hash, as_bytes(data)};
    }
};

TEST_F(Put, RecordsAreRoutedByTheDigestOfTheirKey) {
    create("orders", 3);
    EXPECT_EQ(put("orders", "a", "").shard_id.view(), "shardId-000000000000");
    EXPECT_EQ(put("orders", "b", "").shard_id.view(), "shardId-000000000001");
    EXPECT_EQ(put("orders", "e", "").shard_id.view(), "shardId-000000000002");
    EXPECT_EQ(put("orders", "f", "").shard_id.view(), "shardId-000000000001");
}

TEST_F(Put, ExplicitHashKeyWins) {
    create("orders", 3);
    PutRecordRequest request = record("a", "v");
    request.explicit_hash_key = "340282366920938463463374607431768211455";
    EXPECT_EQ(call(put_record, request).value().shard_id.view(), "shardId-000000000002");
    request.explicit_hash_key = "113427455640312821154458202477256070485";
    EXPECT_EQ(call(put_record, request).value().shard_id.view(), "shardId-000000000001");
}

TEST_F(Put, ExplicitHashKeyOutsideTheSpaceIsRefused) {
    create("orders");
    const char* message =
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified "
        "value was 340282366920938463463374607431768211456";
    PutRecordRequest request = record("a", "v");
    request.explicit_hash_key = "340282366920938463463374607431768211456";
    expect_error(call(put_record, request), ErrorType::kInvalidArgument, message);
    expect_error(
        call(put_records, records({entry("a", "1"), entry("b", "2", *request.explicit_hash_key)})),
        ErrorType::kInvalidArgument, message);
    EXPECT_TRUE(data_at(iterator("orders")).empty()) << "the whole call failed";
}

TEST_F(Put, SequenceNumbersGrowAndTellShardAndTime) {
    create("orders");
    const auto first = model::ParsedSequence::parse(put("orders", "k", "1").sequence_number);
    clock_.advance(Millis(5000));
    const auto second = model::ParsedSequence::parse(put("orders", "k", "2").sequence_number);
    ASSERT_TRUE(first && second);
    EXPECT_LT(first->number, second->number);
    EXPECT_EQ(first->shard_index, 0);
    EXPECT_EQ(first->time_s, kStartSeconds);
    EXPECT_EQ(second->time_s, kStartSeconds + 5);
    EXPECT_EQ(first->created_s, second->created_s);
    EXPECT_GE(first->index, 1u);
}

TEST_F(Put, EmptyDataAndAnyUnicodeKeyAreStored) {
    create("orders");
    put("orders", "\xF0\x9F\x98\x80", "");
    const auto answer = get(iterator("orders"));
    ASSERT_TRUE(answer);
    ASSERT_EQ(answer.value().records.size(), 1u);
    EXPECT_TRUE(answer.value().records[0].data.empty());
    EXPECT_EQ(answer.value().records[0].partition_key, "\xF0\x9F\x98\x80");
}

TEST_F(Put, SizeIsDataAndKeyAgainstTheStreamsLimit) {
    create("orders");
    const std::string data(1024 * 1024, 'x');
    EXPECT_TRUE(call(put_record, record("k", std::string_view(data).substr(1))));
    expect_error(call(put_record, record("k", data)), ErrorType::kValidation,
                 "1 validation error detected: Value at 'data' failed to satisfy constraint: "
                 "Member must have length less than or equal to 1048576");
    EXPECT_EQ(data_at(iterator("orders")).size(), 1u);
}

TEST_F(Put, LargeRecordsFitWhereTheStreamAllowsThem) {
    CreateStreamRequest large;
    large.stream_name = "orders";
    large.shard_count = 1;
    large.max_record_size_in_kib = 2048;
    ASSERT_TRUE(call(create_stream, large));
    const std::string data(2 * 1024 * 1024, 'x');
    EXPECT_TRUE(call(put_record, record("k", std::string_view(data).substr(1))));
    expect_error(call(put_record, record("k", data)), ErrorType::kValidation,
                 "1 validation error detected: Value at 'data' failed to satisfy constraint: "
                 "Member must have length less than or equal to 2097152");
}

TEST_F(Put, EveryOversizedRecordOfACallIsNamed) {
    create("orders");
    const std::string data(1024 * 1024, 'x');
    expect_error(
        call(put_records, records({entry("k", data), entry("k", "fine"), entry("k", data)})),
        ErrorType::kValidation,
        "2 validation errors detected: Value at 'records.1.member.data' failed to satisfy "
        "constraint: Member must have length less than or equal to 1048576; Value at "
        "'records.3.member.data' failed to satisfy constraint: Member must have length less than "
        "or equal to 1048576");
    EXPECT_TRUE(data_at(iterator("orders")).empty());
}

TEST_F(Put, ACallHoldsTenMebibytes) {
    create("orders");
    const std::string data(1024 * 1024 - 1, 'x');
    std::vector<PutRecordsRequestEntry> entries(10, entry("k", data));
    EXPECT_TRUE(call(put_records, records(entries)));
    entries.push_back(entry("k", ""));
    expect_error(call(put_records, records(entries)), ErrorType::kInvalidArgument,
                 "Records size exceeds 10 MB limit");
}

TEST_F(Put, OrderingNumberMustParseAndNotComeFromTheFuture) {
    create("orders");
    PutRecordRequest request = record("k", "v");
    const std::string stored = put("orders", "k", "v").sequence_number.str();
    request.sequence_number_for_ordering = stored;
    const auto answer = call(put_record, request);
    ASSERT_TRUE(answer);
    EXPECT_GT(answer.value().sequence_number.view(), stored);
    for (const char* fine :
         {"0", "5", "49570154343577991434159135485979649237735405726566711298"}) {
        request.sequence_number_for_ordering = fine;
        EXPECT_TRUE(call(put_record, request)) << fine;
    }
    const std::string future =
        model::SequenceNumber::make(kStartSeconds, model::ShardNo(0), 1, kStartSeconds + 1)
            .text()
            .str();
    for (const std::string& bad :
         {future, std::string(129, '9'),
          std::string("49037710166441263671869411671206459079950384902")}) {
        request.sequence_number_for_ordering = bad;
        expect_error(call(put_record, request), ErrorType::kInvalidArgument,
                     "ExclusiveMinimumSequenceNumber " + bad +
                         " used in PutRecord on stream orders under account 123456789012 is "
                         "invalid.");
    }
}

TEST_F(Put, OrderingNumberOfAChildThatIsDatedAheadIsNoFuture) {
    create("orders");
    SplitShardRequest halves;
    halves.stream_name = "orders";
    halves.shard_to_split = "0";
    halves.new_starting_hash_key = "2";
    ASSERT_TRUE(call(split_shard, halves));
    PutRecordRequest request = record("k", "v");
    const std::string issued = put("orders", "k", "v").sequence_number.str();
    request.sequence_number_for_ordering = issued;
    EXPECT_TRUE(call(put_record, request));
}

TEST_F(Put, ChecksComeInTheServicesOrder) {
    const std::string data(1024 * 1024, 'x');
    PutRecordRequest request = record("k", data);
    request.explicit_hash_key = "340282366920938463463374607431768211456";
    request.sequence_number_for_ordering = "49037710166441263671869411671206459079950384902";
    const auto type_of = [&] { return call(put_record, request).error(); };
    EXPECT_EQ(type_of().type, ErrorType::kResourceNotFound);
    create("orders");
    EXPECT_EQ(type_of().type, ErrorType::kValidation);
    request.data = as_bytes("v");
    EXPECT_TRUE(type_of().message.starts_with("Invalid ExplicitHashKey."));
    request.explicit_hash_key.reset();
    EXPECT_TRUE(type_of().message.starts_with("ExclusiveMinimumSequenceNumber"));
}

TEST_F(Put, ResultsComeInRequestOrderAndGrowPerShard) {
    create("orders", 3);
    std::vector<PutRecordsRequestEntry> entries;
    std::list<std::string> keys;
    for (int i = 0; i < 500; ++i) {
        const std::string& key = keys.emplace_back("key" + std::to_string(i));
        entries.push_back(entry(key, key));
    }
    const auto answer = call(put_records, records(entries));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value().failed_record_count, 0);
    ASSERT_EQ(answer.value().records.size(), 500u);
    std::map<std::string, std::vector<std::string>> by_shard;
    std::map<std::string, std::vector<std::string>> data_by_shard;
    for (std::size_t i = 0; i < 500; ++i) {
        const PutRecordsResultEntry& result = answer.value().records[i];
        ASSERT_TRUE(result.shard_id && result.sequence_number);
        EXPECT_FALSE(result.error_code || result.error_message);
        by_shard[result.shard_id->str()].push_back(result.sequence_number->str());
        data_by_shard[result.shard_id->str()].push_back(std::string(*entries[i].partition_key));
    }
    EXPECT_EQ(by_shard.size(), 3u);
    for (const auto& [shard, numbers] : by_shard) {
        EXPECT_TRUE(std::ranges::is_sorted(numbers));
        GetShardIteratorRequest request = iterator_request("orders", "TRIM_HORIZON");
        request.shard_id = shard;
        EXPECT_EQ(data_at(iterator(request)), data_by_shard[shard]);
    }
}

TEST_F(Put, FailuresOfSingleRecordsAreTheirOwn) {
    create("orders");
    engine_.fail_next(2, storage::AppendStatus::kUnknown);
    const auto unknown =
        call(put_records, records({entry("k", "1"), entry("k", "2"), entry("k", "3")}));
    ASSERT_TRUE(unknown);
    EXPECT_EQ(unknown.value().failed_record_count, 2);
    EXPECT_EQ(unknown.value().records[0].error_code, "InternalFailure");
    EXPECT_EQ(unknown.value().records[1].error_message, "Internal service failure.");
    EXPECT_FALSE(unknown.value().records[0].shard_id || unknown.value().records[0].sequence_number);
    EXPECT_TRUE(unknown.value().records[2].sequence_number);

    engine_.fail_next(1, storage::AppendStatus::kOverloaded);
    const auto overloaded = call(put_records, records({entry("k", "1"), entry("k", "2")}));
    ASSERT_TRUE(overloaded);
    EXPECT_EQ(overloaded.value().failed_record_count, 1);
    EXPECT_EQ(overloaded.value().records[0].error_code, "ProvisionedThroughputExceededException");
    EXPECT_EQ(overloaded.value().records[0].error_message,
              "Rate exceeded for shard shardId-000000000000 in stream orders under account "
              "123456789012.");
    EXPECT_TRUE(overloaded.value().records[1].sequence_number);
}

TEST_F(Put, OverloadNamesTheShardOfTheRecord) {
    create("orders", 3);
    engine_.fail_next(1, storage::AppendStatus::kOverloaded);
    expect_error(call(put_record, record("e", "v")), ErrorType::kProvisionedThroughputExceeded,
                 "Rate exceeded for shard shardId-000000000002 in stream orders under account "
                 "123456789012.");
}

TEST_F(Put, FailureOfTheOneRecordIsTheCalls) {
    create("orders");
    for (const auto status : {storage::AppendStatus::kUnknown, storage::AppendStatus::kRejected}) {
        engine_.fail_next(1, status);
        const auto answer = call(put_record, record("k", "v"));
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().type, ErrorType::kInternalFailure);
    }
}

TEST_F(Put, RecordsGoToTheOpenShardAfterResharding) {
    plant_family();
    PutRecordRequest request = record("k", "v");
    request.stream_name = "family";
    request.explicit_hash_key = "0";
    EXPECT_EQ(call(put_record, request).value().shard_id.view(), "shardId-000000000006");
    request.explicit_hash_key = "340282366920938463463374607431768211455";
    EXPECT_EQ(call(put_record, request).value().shard_id.view(), "shardId-000000000005");
}

class PutLimited : public Put {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        stream::Settings settings;
        settings.rates.enforced = true;
        open(settings);
    }
    const std::string mebibyte_ = std::string((1 << 20) - 1, 'x');  // with its key
};

TEST_F(PutLimited, AShardTakesAMebibyteASecond) {
    create("orders");
    ASSERT_TRUE(call(put_record, record("k", mebibyte_)));
    const char* message =
        "Rate exceeded for shard shardId-000000000000 in stream orders under account "
        "123456789012.";
    expect_error(call(put_record, record("k", "v")), ErrorType::kProvisionedThroughputExceeded,
                 message);
    clock_.advance(Millis(999));
    expect_error(call(put_record, record("k", mebibyte_)),
                 ErrorType::kProvisionedThroughputExceeded, message);
    clock_.advance(Millis(1));
    EXPECT_TRUE(call(put_record, record("k", mebibyte_)));
}

TEST_F(PutLimited, OfFiveMebibytesAtOnceTheFirstIsStored) {
    create("orders");
    const auto answer = call(put_records, records(std::vector(5, entry("k", mebibyte_))));
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer.value().failed_record_count, 4);
    const auto& entries = answer.value().records;
    EXPECT_TRUE(entries[0].sequence_number);
    for (std::size_t i = 1; i < entries.size(); ++i) {
        EXPECT_EQ(entries[i].error_code, "ProvisionedThroughputExceededException");
        EXPECT_EQ(entries[i].error_message,
                  "Rate exceeded for shard shardId-000000000000 in stream orders under account "
                  "123456789012.");
        EXPECT_FALSE(entries[i].sequence_number);
        EXPECT_FALSE(entries[i].shard_id);
    }
    EXPECT_EQ(data_at(iterator("orders")).size(), 1u);
}

TEST_F(PutLimited, EachShardHasItsOwnAndAllMayFail) {
    create("orders", 3);
    std::vector<PutRecordsRequestEntry> entries;
    for (const char* key : {"a", "a", "b", "e", "e"}) {  // shards 0, 0, 1, 2, 2
        entries.push_back(entry(key, mebibyte_));
    }
    const auto first = call(put_records, records(entries));
    ASSERT_TRUE(first);
    std::string stored;
    for (const auto& result : first.value().records) {
        stored += result.sequence_number ? 's' : '-';
    }
    EXPECT_EQ(stored, "s-ss-");
    const auto second = call(put_records, records(entries));
    ASSERT_TRUE(second);
    EXPECT_EQ(second.value().failed_record_count, 5);
}

TEST_F(PutLimited, AStreamThatSpreadsItsRecordsUsesAllShards) {
    CreateStreamRequest spread;
    spread.stream_name = "orders";
    spread.record_distribution_strategy = "AUTO";
    ASSERT_TRUE(call(create_stream, spread));
    const auto answer = call(put_records, records(std::vector(8, entry("k", mebibyte_))));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer.value().failed_record_count, 4) << "four shards take one each";
}

}  // namespace
}  // namespace millrace::api
