#include "api/subscribe.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/consumers.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

class SubscribeTest : public ApiTest {
protected:
    void SetUp() override {
        ApiTest::SetUp();
        create("orders");
        enroll("orders");
    }
    void enroll(const std::string& stream) {
        stream_arn_ = "arn:aws:kinesis:us-east-1:123456789012:stream/" + stream;
        RegisterStreamConsumerRequest request;
        request.consumer_name = "app";
        request.stream_arn = stream_arn_;
        const auto answer = call(register_stream_consumer, request);
        ASSERT_TRUE(answer) << answer.error().message;
        consumer_arn_ = answer.value().consumer.consumer_arn;
    }
    void deregister() {
        ConsumerRequest request;
        request.consumer_arn = consumer_arn_;
        ASSERT_TRUE(call(deregister_stream_consumer, request));
    }
    SubscribeToShardRequest request(std::string_view type = "TRIM_HORIZON") const {
        SubscribeToShardRequest request;
        request.consumer_arn = consumer_arn_;
        request.shard_id = "shardId-000000000000";
        request.starting_position = StartingPosition{type, std::nullopt, std::nullopt};
        return request;
    }
    SubscribeToShardRequest from(std::string_view type, std::string_view number) const {
        SubscribeToShardRequest at = request(type);
        at.starting_position->sequence_number = number;
        return at;
    }
    std::unique_ptr<EventSource> subscribe(const SubscribeToShardRequest& wanted) {
        auto answer = call(subscribe_to_shard, wanted);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? std::move(answer).value() : nullptr;
    }
    void expect_refused(const SubscribeToShardRequest& wanted, ErrorType type,
                        std::string_view message) {
        const auto answer = call(subscribe_to_shard, wanted);
        ASSERT_FALSE(answer);
        EXPECT_EQ(type_name(answer.error().type), type_name(type));
        EXPECT_EQ(answer.error().message, message);
    }

    // Asks for the next event, which comes at once or later.
    void ask(EventSource& events) {
        came_.reset();
        start(events.next(), Callback<void(std::optional<Answer<Event>>)>(
                                 [this](std::optional<Answer<Event>> event) {
                                     ASSERT_TRUE(event);
                                     came_ = std::move(event);
                                 }));
    }
    const SubscribeToShardEvent& came() const {
        static const SubscribeToShardEvent nothing;
        EXPECT_TRUE(came_) << "no event came";
        if (!came_ || !*came_ || came_->value() == nullptr) {
            ADD_FAILURE() << "an end came: "
                          << (came_ && came_->has_error() ? came_->error().message : "clean");
            return nothing;
        }
        return *static_cast<const SubscribeToShardEvent*>(came_->value().get());
    }
    const SubscribeToShardEvent& now(EventSource& events) {
        ask(events);
        return came();
    }
    void expect_end() const {
        ASSERT_TRUE(came_);
        ASSERT_TRUE(*came_) << came_->error().message;
        EXPECT_EQ(came_->value(), nullptr);
    }
    void expect_exception(ErrorType type, std::string_view message) const {
        ASSERT_TRUE(came_);
        ASSERT_TRUE(came_->has_error());
        EXPECT_EQ(type_name(came_->error().type), type_name(type));
        EXPECT_EQ(came_->error().message, message);
    }
    static std::vector<std::string> data_of(const SubscribeToShardEvent& event) {
        std::vector<std::string> data;
        for (const RecordMember& record : event.records) {
            data.emplace_back(as_text(record.data));
        }
        return data;
    }
    using Texts = std::vector<std::string>;

    std::string stream_arn_;
    std::string consumer_arn_;
    std::optional<Answer<Event>> came_;
};

TEST_F(SubscribeTest, RecordsComeWithAllTheirMembers) {
    const PutRecordResponse stored = put("orders", "key", "one");
    const auto events = subscribe(request());
    const SubscribeToShardEvent& event = now(*events);
    ASSERT_EQ(event.records.size(), 1u);
    EXPECT_EQ(event.records[0].sequence_number.view(), stored.sequence_number.view());
    EXPECT_EQ(event.records[0].approximate_arrival_timestamp, clock_.now());
    EXPECT_EQ(event.records[0].partition_key, "key");
    EXPECT_EQ(as_text(event.records[0].data), "one");
    EXPECT_EQ(event.continuation_sequence_number->view(), stored.sequence_number.view());
    EXPECT_EQ(event.millis_behind_latest, 0);
    EXPECT_FALSE(event.child_shards);
}

TEST_F(SubscribeTest, LatestBeginsWhenTheCallWasAccepted) {
    put("orders", "k", "before");
    const auto events = subscribe(request("LATEST"));
    put("orders", "k", "after");
    EXPECT_EQ(data_of(now(*events)), Texts{"after"});
    ask(*events);
    EXPECT_FALSE(came_);
    put("orders", "k", "later");
    EXPECT_EQ(data_of(came()), Texts{"later"});
}

TEST_F(SubscribeTest, SequenceNumbersBeginAtOrAfterTheirRecord) {
    put("orders", "k", "a");
    const std::string b = put("orders", "k", "b").sequence_number.str();
    put("orders", "k", "c");
    EXPECT_EQ(data_of(now(*subscribe(from("AT_SEQUENCE_NUMBER", b)))), (Texts{"b", "c"}));
    EXPECT_EQ(data_of(now(*subscribe(from("AFTER_SEQUENCE_NUMBER", b)))), Texts{"c"});
}

TEST_F(SubscribeTest, TimestampsBeginAtTheFirstRecordFromThenOn) {
    put("orders", "k", "a");
    clock_.advance(Millis(1'500));
    put("orders", "k", "b");
    SubscribeToShardRequest at = request("AT_TIMESTAMP");
    at.starting_position->timestamp = clock_.now() - Millis(1'499);
    EXPECT_EQ(data_of(now(*subscribe(at))), Texts{"b"});
    at.starting_position->timestamp = clock_.now() - Millis(1'500);
    EXPECT_EQ(data_of(now(*subscribe(at))), (Texts{"a", "b"}));
}

TEST_F(SubscribeTest, PositionsAreCheckedAsForIterators) {
    const std::string number = put("orders", "k", "a").sequence_number.str();
    expect_refused(request("AT_SEQUENCE_NUMBER"), ErrorType::kInvalidArgument,
                   "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
                   "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no "
                   "StartingSequenceNumber. Request specified AT_SEQUENCE_NUMBER and no "
                   "StartingSequenceNumber.");
    expect_refused(request("AT_TIMESTAMP"), ErrorType::kInvalidArgument,
                   "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                   "Current request has no timestamp parameter.");
    const auto answer = call(subscribe_to_shard, from("LATEST", number));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().type, ErrorType::kInvalidArgument);
    clock_.advance(Millis(1'000));
    create("later");
    const std::string other = put("later", "k", "a").sequence_number.str();
    expect_refused(from("AFTER_SEQUENCE_NUMBER", other), ErrorType::kInvalidArgument,
                   "StartingSequenceNumber " + other +
                       " used in SubscribeToShard on shard shardId-000000000000 in stream orders "
                       "under account 123456789012 is invalid because it did not come from this "
                       "stream.");
}

TEST_F(SubscribeTest, ADryRunPassesTheChecksAndTakesNoPlace) {
    SubscribeToShardRequest wanted = request();
    wanted.dry_run = true;
    const auto answer = call(subscribe_to_shard, wanted);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().type, ErrorType::kDryRunOperation);
    EXPECT_NE(subscribe(request()), nullptr);
}

TEST_F(SubscribeTest, ShardsAndConsumersMustBeThere) {
    SubscribeToShardRequest wanted = request();
    wanted.shard_id = "shard-x";
    expect_refused(wanted, ErrorType::kResourceNotFound,
                   "Could not find shard shard-x in stream orders under account 123456789012.");
    wanted.shard_id = "1";
    expect_refused(wanted, ErrorType::kResourceNotFound,
                   "Shard shardId-000000000001 in stream orders under account 123456789012 does "
                   "not exist");
    wanted = request();
    const std::string nobody = stream_arn_ + "/consumer/nobody:1700000000";
    wanted.consumer_arn = nobody;
    expect_refused(wanted, ErrorType::kResourceNotFound,
                   "Consumer " + nobody + ", account 123456789012 not found.");
    const std::string nowhere =
        "arn:aws:kinesis:us-east-1:123456789012:stream/none/consumer/app:1700000000";
    wanted.consumer_arn = nowhere;
    expect_refused(wanted, ErrorType::kResourceNotFound,
                   "Stream none under account 123456789012 not found.");
}

TEST_F(SubscribeTest, ConsumersMustBeActive) {
    stream::Settings settings;
    settings.consumer_delay = Millis(1'000);
    open(settings);
    create("slow");
    enroll("slow");
    const std::string text =
        "Consumer app with creation timestamp 1700000000 under stream: slow , account "
        "123456789012 is not in ACTIVE status.";
    expect_refused(request(), ErrorType::kResourceInUse, text);
    clock_.advance(Millis(1'000));
    EXPECT_NE(subscribe(request()), nullptr);
    deregister();
    expect_refused(request(), ErrorType::kResourceInUse, text);
}

TEST_F(SubscribeTest, StreamsBeingDeletedTakeNoSubscriptions) {
    stream::Settings settings;
    settings.delete_delay = Millis(1'000);
    open(settings);
    DeleteStreamRequest deletion;
    deletion.stream_name = "orders";
    deletion.enforce_consumer_deletion = true;
    ASSERT_TRUE(call(delete_stream, deletion));
    const auto answer = call(subscribe_to_shard, request());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().type, ErrorType::kResourceInUse);
}

TEST_F(SubscribeTest, ASignOfLifeComesEveryFiveSeconds) {
    const auto events = subscribe(request());
    for (int i = 0; i < 3; ++i) {
        ask(*events);
        clock_.advance(Millis(4'999));
        EXPECT_FALSE(came_);
        clock_.advance(Millis(1));
        EXPECT_TRUE(came().records.empty());
        EXPECT_EQ(came().millis_behind_latest, 0);
        EXPECT_TRUE(came().continuation_sequence_number);
    }
}

TEST_F(SubscribeTest, ItEndsAfterFiveMinutes) {
    const auto events = subscribe(request());
    for (int i = 0; i < 59; ++i) {
        ask(*events);
        clock_.advance(Millis(5'000));
        EXPECT_TRUE(came().records.empty());
    }
    ask(*events);
    clock_.advance(Millis(5'000));
    expect_end();
}

TEST_F(SubscribeTest, TheContinuationMissesAndRepeatsNothing) {
    std::string continuation;
    {
        put("orders", "k", "a");
        const auto events = subscribe(request());
        continuation = now(*events).continuation_sequence_number->str();
    }
    put("orders", "k", "b");
    {
        const auto events = subscribe(from("AFTER_SEQUENCE_NUMBER", continuation));
        EXPECT_EQ(data_of(now(*events)), Texts{"b"});
    }
    // From a sign of life, before anything was delivered.
    {
        const auto events = subscribe(request("LATEST"));
        ask(*events);
        clock_.advance(Millis(5'000));
        continuation = came().continuation_sequence_number->str();
    }
    put("orders", "k", "c");
    {
        const auto events = subscribe(from("AFTER_SEQUENCE_NUMBER", continuation));
        EXPECT_EQ(data_of(now(*events)), Texts{"c"});
    }
    const auto events = subscribe(from("AT_SEQUENCE_NUMBER", continuation));
    EXPECT_EQ(data_of(now(*events)), Texts{"c"});
}

TEST_F(SubscribeTest, AnEmptyShardsContinuationIsItsStart) {
    std::string continuation;
    {
        const auto events = subscribe(request());
        ask(*events);
        clock_.advance(Millis(5'000));
        continuation = came().continuation_sequence_number->str();
    }
    put("orders", "k", "a");
    for (const std::string_view type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
        const auto events = subscribe(from(type, continuation));
        EXPECT_EQ(data_of(now(*events)), Texts{"a"});
    }
}

TEST_F(SubscribeTest, LatecomersAreToldHowFarBehindTheyAre) {
    for (int i = 0; i < 3; ++i) {
        put("orders", "k", std::string(700 << 10, 'x'));
        clock_.advance(Millis(1'000));
    }
    const auto events = subscribe(request());
    EXPECT_EQ(now(*events).millis_behind_latest, 3'000);
    EXPECT_EQ(now(*events).millis_behind_latest, 2'000);
    EXPECT_EQ(now(*events).millis_behind_latest, 0);
}

TEST_F(SubscribeTest, ASecondOneIsRefusedForFiveSecondsThenTakesOver) {
    const std::string text =
        "Another active subscription exists for this consumer: "
        "123456789012:orders:app:1700000000:shardId-000000000000";
    const auto first = subscribe(request());
    ask(*first);
    clock_.advance(Millis(4'999));
    expect_refused(request(), ErrorType::kResourceInUse, text);
    clock_.advance(Millis(1));
    EXPECT_TRUE(came().records.empty());
    ask(*first);
    const auto second = subscribe(request("LATEST"));
    expect_exception(ErrorType::kResourceInUse, text);
    put("orders", "k", "a");
    EXPECT_EQ(data_of(now(*second)), Texts{"a"});
}

TEST_F(SubscribeTest, AClosedOneMakesRoomAtOnce) {
    auto first = subscribe(request());
    first.reset();
    EXPECT_NE(subscribe(request()), nullptr);
}

TEST_F(SubscribeTest, LimitedItAdmitsOneCallASecond) {
    stream::Settings settings;
    settings.subscriptions.limited = true;
    open(settings);
    subscribe(request()).reset();
    expect_refused(
        request(), ErrorType::kLimitExceeded,
        "Rate exceeded for consumer " + consumer_arn_ + " and shard shardId-000000000000.");
    clock_.advance(Millis(1'000));
    EXPECT_NE(subscribe(request()), nullptr);
}

TEST_F(SubscribeTest, DeregisteringTheConsumerEndsIt) {
    const auto events = subscribe(request());
    ask(*events);
    deregister();
    expect_exception(ErrorType::kResourceNotFound,
                     "Consumer " + consumer_arn_ + ", account 123456789012 not found.");
}

TEST_F(SubscribeTest, DeletingTheStreamEndsIt) {
    const auto events = subscribe(request());
    ask(*events);
    DeleteStreamRequest deletion;
    deletion.stream_name = "orders";
    deletion.enforce_consumer_deletion = true;
    ASSERT_TRUE(call(delete_stream, deletion));
    expect_exception(ErrorType::kResourceNotFound,
                     "Stream orders under account 123456789012 not found.");
}

TEST_F(SubscribeTest, AStoppingServerSaysSo) {
    const auto events = subscribe(request());
    ask(*events);
    events->server_stopping();
    expect_exception(ErrorType::kInternalFailure, "");
}

TEST_F(SubscribeTest, AClientThatLeftIsToldNothing) {
    const auto events = subscribe(request());
    ask(*events);
    events->client_gone();
    expect_end();
}

class SubscribeToFamilyTest : public SubscribeTest {
protected:
    void SetUp() override {
        // NOLINTNEXTLINE(bugprone-parent-virtual-call): without the stream of the test above
        ApiTest::SetUp();
        plant_family();
        enroll("family");
    }
};

// Shard 3 of the family was split, and holds three records.
TEST_F(SubscribeToFamilyTest, AtTheEndOfAShardItsChildrenAreNamed) {
    SubscribeToShardRequest wanted = request();
    wanted.shard_id = "shardId-000000000003";
    const auto events = subscribe(wanted);
    const SubscribeToShardEvent& event = now(*events);
    EXPECT_EQ(data_of(event), (Texts{"a", "b", "c"}));
    EXPECT_FALSE(event.continuation_sequence_number);
    EXPECT_EQ(event.millis_behind_latest, 0);
    ASSERT_TRUE(event.child_shards);
    ASSERT_EQ(event.child_shards->size(), 2u);
    EXPECT_EQ(event.child_shards->at(0).shard_id.view(), "shardId-000000000006");
    EXPECT_EQ(event.child_shards->at(0).parent_shards, Texts{"shardId-000000000003"});
    EXPECT_EQ(event.child_shards->at(1).shard_id.view(), "shardId-000000000007");
    ask(*events);
    expect_end();
}

TEST_F(SubscribeToFamilyTest, BeyondTheEndOfAShardThereIsOneEmptyEvent) {
    SubscribeToShardRequest wanted = request("LATEST");
    wanted.shard_id = "shardId-000000000001";
    const auto events = subscribe(wanted);
    const SubscribeToShardEvent& event = now(*events);
    EXPECT_TRUE(event.records.empty());
    EXPECT_FALSE(event.continuation_sequence_number);
    ASSERT_TRUE(event.child_shards);
    ASSERT_EQ(event.child_shards->size(), 1u);
    EXPECT_EQ(event.child_shards->at(0).parent_shards,
              (Texts{"shardId-000000000001", "shardId-000000000002"}));
    ask(*events);
    expect_end();
}

TEST_F(SubscribeToFamilyTest, ExpiredShardsCannotBeSubscribedTo) {
    expect_refused(request(), ErrorType::kResourceNotFound,
                   "Shard shardId-000000000000 in stream family under account 123456789012 does "
                   "not exist");
}

}  // namespace
}  // namespace millrace::api
