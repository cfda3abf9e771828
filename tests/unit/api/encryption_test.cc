#include "api/encryption.h"

#include <string>
#include <vector>

#include "api/operations.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

constexpr std::string_view kUuid = "1234abcd-12ab-34cd-56ef-1234567890ab";
const std::string kHere = "arn:aws:kms:us-east-1:123456789012:";

class EncryptionTest : public ApiTest {
protected:
    static StreamEncryptionRequest of(std::string_view key_id, std::string_view stream = "orders",
                                      std::string_view type = "KMS") {
        StreamEncryptionRequest request;
        request.encryption_type = type;
        request.key_id = key_id;
        request.stream_name = stream;
        return request;
    }
    void start(std::string_view key_id) {
        const auto answer = call(start_stream_encryption, of(key_id));
        ASSERT_TRUE(answer) << answer.error().message;
    }
    void stop(std::string_view key_id) {
        const auto answer = call(stop_stream_encryption, of(key_id));
        ASSERT_TRUE(answer) << answer.error().message;
    }
    StreamDescription describe() {
        DescribeStreamRequest request;
        request.stream_name = "orders";
        return call(describe_stream, request).value().stream_description;
    }
    StreamDescriptionSummary summary() {
        DescribeStreamSummaryRequest request;
        request.stream_name = "orders";
        return call(describe_stream_summary, request).value().stream_description_summary;
    }
    Answer<PutRecordResponse> put_one() {
        PutRecordRequest request;
        request.stream_name = "orders";
        request.partition_key = "k";
        request.data = as_bytes("data");
        return call(put_record, request);
    }
    Answer<PutRecordsResponse> put_two() {
        PutRecordsRequest request;
        request.stream_name = "orders";
        PutRecordsRequestEntry entry;
        entry.partition_key = "k";
        entry.data = as_bytes("data");
        request.records.emplace({entry, entry});
        return call(put_records, request);
    }
    // Opens the broker anew with a key in that state.
    void with_key(std::string_view key_id, stream::KeyState state) {
        stream::Settings settings;
        settings.key_states.set(key_id, state);
        open(settings);
    }
};

TEST_F(EncryptionTest, IsDescribedAndSaidOfRecords) {
    create("orders");
    EXPECT_EQ(describe().encryption_type, "NONE");
    EXPECT_FALSE(describe().key_id);
    EXPECT_FALSE(put_one().value().encryption_type);
    EXPECT_FALSE(put_two().value().encryption_type);
    start("alias/aws/kinesis");
    EXPECT_EQ(describe().encryption_type, "KMS");
    EXPECT_EQ(describe().key_id, "alias/aws/kinesis");
    EXPECT_EQ(summary().encryption_type, "KMS");
    EXPECT_EQ(summary().key_id, "alias/aws/kinesis");
    EXPECT_EQ(put_one().value().encryption_type, "KMS");
    EXPECT_EQ(put_two().value().encryption_type, "KMS");
    start(kUuid);
    EXPECT_EQ(describe().key_id, kUuid);
    stop(kUuid);
    EXPECT_EQ(describe().encryption_type, "NONE");
    EXPECT_FALSE(summary().key_id);
    EXPECT_FALSE(put_one().value().encryption_type);

    const auto read = get(iterator("orders"));
    ASSERT_TRUE(read);
    std::string types;
    for (const RecordMember& record : read.value().records) {
        types += record.encryption_type ? 'K' : '-';
        EXPECT_EQ(record.partition_key, "k");
        EXPECT_EQ(as_text(record.data), "data");
    }
    EXPECT_EQ(types, "---KKK-");
}

TEST_F(EncryptionTest, ChecksComeInOrder) {
    create("orders");
    StreamEncryptionRequest request = of("x", "orders", "NONE");
    request.stream_name.reset();
    using Handler = decltype(&start_stream_encryption);
    for (const auto& [handler, name] :
         {std::pair<Handler, std::string>{start_stream_encryption, "StartStreamEncryption"},
          std::pair<Handler, std::string>{stop_stream_encryption, "StopStreamEncryption"}}) {
        expect_error(call(handler, request), ErrorType::kInvalidArgument,
                     "Either StreamName or StreamARN should be provided.");
        expect_error(call(handler, of("x", "missing", "NONE")), ErrorType::kInvalidArgument,
                     "EncryptionType NONE is not a valid value for " + name + ".");
        expect_error(call(handler, of("x", "missing")), ErrorType::kKmsNotFound, "Invalid keyId x");
        expect_error(call(handler, of("alias/x", "missing")), ErrorType::kResourceNotFound,
                     "Stream missing under account 123456789012 not found.");
    }
}

TEST_F(EncryptionTest, NeedsAnActiveStream) {
    stream::Settings settings;
    settings.update_delay = Millis(1000);
    open(settings);
    create("orders");
    start("alias/x");
    EXPECT_EQ(describe().stream_status, "UPDATING");
    EXPECT_EQ(describe().encryption_type, "NONE");
    for (const auto handler : {start_stream_encryption, stop_stream_encryption}) {
        expect_error(call(handler, of("alias/x")), ErrorType::kResourceInUse,
                     "Stream orders under account 123456789012 not ACTIVE, instead in state "
                     "UPDATING");
    }
    clock_.advance(Millis(1000));
    EXPECT_EQ(describe().stream_status, "ACTIVE");
    EXPECT_EQ(describe().encryption_type, "KMS");
}

TEST_F(EncryptionTest, IsStoppedUnderItsOwnKeyInAnyForm) {
    create("orders");
    expect_error(call(stop_stream_encryption, of("alias/x")), ErrorType::kInvalidArgument,
                 "Stream orders under account 123456789012 is not encrypted.");
    start("alias/x");
    expect_error(call(stop_stream_encryption, of("alias/y")), ErrorType::kInvalidArgument,
                 "KeyId alias/y is not the key of stream orders under account 123456789012.");
    stop(kHere + "alias/x");
    expect_error(call(stop_stream_encryption, of("alias/x")), ErrorType::kInvalidArgument,
                 "Stream orders under account 123456789012 is not encrypted.");
}

TEST_F(EncryptionTest, IsChangedTwentyFiveTimesADay) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    open(settings);
    create("orders");
    for (int i = 0; i < 25; ++i) {
        start("alias/x");
        stop("alias/x");
    }
    expect_error(call(start_stream_encryption, of("alias/x")), ErrorType::kLimitExceeded,
                 "Stream orders under account 123456789012 has exceeded the number of times its "
                 "encryption can be started in 24 hours.");
    clock_.advance(std::chrono::hours(24));
    start("alias/x");
    stop("alias/x");
}

TEST_F(EncryptionTest, StopsAreCountedToo) {
    stream::Settings settings;
    settings.quotas.enforced = true;
    settings.quotas.encryption_changes_max = 1;
    open(settings);
    create("orders");
    start("alias/x");
    stop("alias/x");
    settings.quotas.encryption_changes_max = 2;
    open(settings);
    start("alias/x");
    settings.quotas.encryption_changes_max = 1;
    open(settings);
    expect_error(call(stop_stream_encryption, of("alias/x")), ErrorType::kLimitExceeded,
                 "Stream orders under account 123456789012 has exceeded the number of times its "
                 "encryption can be stopped in 24 hours.");
}

struct Failing {
    stream::KeyState state;
    ErrorType type;
    std::string text;
    std::string read_text = text;
};

TEST_F(EncryptionTest, AKeyThatFailsFailsEveryUse) {
    const std::string arn = kHere + "alias/x";
    const std::string root = "arn:aws:iam::123456789012:root";
    const std::vector<Failing> failures = {
        {stream::KeyState::kDisabled, ErrorType::kKmsDisabled, arn + " is disabled."},
        {stream::KeyState::kPendingDeletion, ErrorType::kKmsInvalidState,
         arn + " is pending deletion."},
        {stream::KeyState::kMissing, ErrorType::kKmsNotFound, "Alias " + arn + " is not found."},
        {stream::KeyState::kAccessDenied, ErrorType::kKmsAccessDenied,
         "User: " + root + " is not authorized to perform: kms:GenerateDataKey on resource: " + arn,
         "User " + root +
             " is not authorized to decrypt records in stream 123456789012:orders:1700000000"},
        {stream::KeyState::kOptInRequired, ErrorType::kKmsOptInRequired,
         "The AWS Access Key Id needs a subscription for the service"},
        {stream::KeyState::kThrottled, ErrorType::kKmsThrottling,
         "You have exceeded the rate at which you may call KMS. Reduce the frequency of your "
         "calls."},
    };
    create("orders");
    put("orders", "k", "plain");
    start("alias/x");
    put("orders", "k", "sealed");
    for (const Failing& failing : failures) {
        with_key("alias/x", failing.state);
        expect_error(call(start_stream_encryption, of("alias/x")), failing.type, failing.text);
        expect_error(call(start_stream_encryption, of(arn)), failing.type, failing.text);
        expect_error(put_one(), failing.type, failing.text);
        expect_error(put_two(), failing.type, failing.text);
        expect_error(get(iterator("orders")), failing.type, failing.read_text);
    }
    // It can be left behind: what it encrypted stays closed, the rest goes on.
    stop("alias/x");
    EXPECT_TRUE(put_one());
    EXPECT_EQ(data_at(iterator("orders")), std::vector<std::string>{"plain"});
    EXPECT_EQ(data_at(iterator("orders", "LATEST")), std::vector<std::string>{});
    open();
    EXPECT_EQ(data_at(iterator("orders")), (std::vector<std::string>{"plain", "sealed", "data"}));
}

TEST_F(EncryptionTest, TheWriteLimitIsAskedBeforeTheKey) {
    create("orders");
    start("alias/x");
    stream::Settings settings;
    settings.key_states.set("alias/x", stream::KeyState::kDisabled);
    settings.rates.enforced = true;
    settings.rates.write_records = 1;
    open(settings);
    const std::string disabled = kHere + "alias/x is disabled.";
    const std::string limit =
        "Rate exceeded for shard shardId-000000000000 in stream orders under account "
        "123456789012.";
    expect_error(put_one(), ErrorType::kKmsDisabled, disabled);
    expect_error(put_one(), ErrorType::kProvisionedThroughputExceeded, limit);
    const auto both = put_two();
    ASSERT_TRUE(both) << "no record got as far as to the key";
    EXPECT_EQ(both.value().failed_record_count, 2);
    EXPECT_EQ(both.value().records[1].error_message, limit);
    clock_.advance(Millis(1000));
    expect_error(put_two(), ErrorType::kKmsDisabled, disabled);
}

TEST_F(EncryptionTest, AMissingKeyIsNamedByItsArn) {
    create("orders");
    with_key(kUuid, stream::KeyState::kMissing);
    expect_error(call(start_stream_encryption, of(kUuid)), ErrorType::kKmsNotFound,
                 "Key '" + kHere + "key/" + std::string(kUuid) + "' does not exist");
    expect_error(call(start_stream_encryption, of("alias/x", "missing")),
                 ErrorType::kResourceNotFound,
                 "Stream missing under account 123456789012 not found.");
}

TEST_F(EncryptionTest, OfAnotherAccountIsNobodysBusiness) {
    create("orders");
    StreamEncryptionRequest request = of("alias/x");
    request.stream_name.reset();
    request.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
    const auto answer = call_as(context("210987654321"), start_stream_encryption, request);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().type, ErrorType::kAccessDenied);
}

}  // namespace
}  // namespace millrace::api
