// One reading of one shard: what wakes it, what it gives, how it ends.
#include "stream/subscription.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/limits.h"
#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

using What = Delivery::What;

class SubscriptionTest : public ::testing::Test {
protected:
    void open() {
        world_.open();
        stream_ = world_.created("orders", 2);
        register_consumer("app");
    }
    void register_consumer(const std::string& name) {
        const auto applied =
            test::sync_wait(world_.broker->register_consumer(stream_->uid, name, {}));
        ASSERT_TRUE(applied);
        key_ = {{stream_->uid, name, applied.value().stream->consumers.find(name)->created_s},
                model::ShardNo(0)};
    }
    void subscribe(std::uint64_t from = 0) {
        Subscribed subscribed = world_.broker->subscribe(key_, storage::Position(from));
        ASSERT_EQ(subscribed.admission, Subscriptions::Admission::kGranted);
        subscription_ = std::move(subscribed.subscription);
    }
    // Asks for the next delivery, which may come at once or later.
    void ask() {
        came_.reset();
        start(subscription_->next(),
              Callback<void(std::optional<Delivery>)>([this](std::optional<Delivery> delivery) {
                  ASSERT_TRUE(delivery);
                  came_ = std::move(delivery);
              }));
    }
    Delivery now() {
        ask();
        EXPECT_TRUE(came_) << "nothing came at once";
        return came_ ? std::move(*came_) : Delivery{};
    }
    // To shard 0.
    void put(const std::vector<std::string>& data) {
        std::vector<PutRecord> records;
        for (const std::string& text : data) {
            records.push_back({"a", as_bytes(text), model::HashKey()});
        }
        for (const PutResult& result : world_.put(stream_, records)) {
            ASSERT_EQ(result.status, PutStatus::kStored);
        }
    }
    storage::ShardKey log() const { return stream_->key(model::ShardNo(0)); }

    World world_;
    StreamPtr stream_;
    SubscriptionKey key_;
    std::unique_ptr<Subscription> subscription_;
    std::optional<Delivery> came_;
};

TEST_F(SubscriptionTest, GivesWhatIsThereAtOnce) {
    open();
    put({"one", "two"});
    subscribe();
    const Delivery delivery = now();
    EXPECT_EQ(delivery.what, What::kRecords);
    EXPECT_EQ(data_of(delivery.batch), (std::vector<std::string>{"one", "two"}));
    EXPECT_EQ(delivery.batch.millis_behind_latest, 0);
}

TEST_F(SubscriptionTest, GivesARecordInTheMomentItArrives) {
    open();
    subscribe();
    ask();
    EXPECT_FALSE(came_);
    put({"one"});
    ASSERT_TRUE(came_);
    EXPECT_EQ(data_of(came_->batch), std::vector<std::string>{"one"});
    ask();
    put({"two", "three"});
    ASSERT_TRUE(came_);
    EXPECT_EQ(data_of(came_->batch), (std::vector<std::string>{"two", "three"}));
}

TEST_F(SubscriptionTest, IsSilentForFiveSecondsAtMost) {
    open();
    subscribe();
    ask();
    world_.clock.advance(Millis(4'999));
    EXPECT_FALSE(came_);
    world_.clock.advance(Millis(1));
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kRecords);
    EXPECT_TRUE(came_->batch.records.empty());
    // They count from the last delivery, whatever it was.
    ask();
    world_.clock.advance(Millis(3'000));
    put({"one"});
    ASSERT_TRUE(came_);
    ask();
    world_.clock.advance(Millis(4'999));
    EXPECT_FALSE(came_);
    world_.clock.advance(Millis(1));
    ASSERT_TRUE(came_);
}

TEST_F(SubscriptionTest, BusyOnesDoNotLeaveATrailOfTimers) {
    open();
    subscribe();
    const std::size_t before = world_.timers->pending();
    for (int i = 0; i < 100; ++i) {
        ask();
        put({"x"});
        ASSERT_TRUE(came_);
        world_.clock.advance(Millis(1));
    }
    EXPECT_LE(world_.timers->pending(), before + 1);
}

TEST_F(SubscriptionTest, SpeaksInTimeWhateverTheWallClockDoes) {
    open();
    subscribe();
    for (const auto step : {Millis(-3'600'000), Millis(7'200'000)}) {
        ask();
        world_.clock.set(world_.clock.now() + step);
        EXPECT_FALSE(came_);
        world_.clock.advance(Millis(5'000));
        EXPECT_TRUE(came_);
    }
}

// What consumers checkpoint must not go back.
TEST_F(SubscriptionTest, ContinuesBeyondItsRecordsAfterAStepBack) {
    open();
    subscribe();
    ask();
    put({"one"});
    ASSERT_TRUE(came_);
    const auto before = came_->continuation;
    world_.clock.set(world_.clock.now() - Millis(3'600'000));
    ask();
    world_.clock.advance(Millis(5'000));
    ASSERT_TRUE(came_);
    EXPECT_GE(came_->continuation, before);
    ask();
    put({"two"});
    ASSERT_TRUE(came_);
    EXPECT_GT(came_->continuation, before);
}

TEST_F(SubscriptionTest, EndsAfterItsLife) {
    world_.settings.subscriptions.life = Millis(12'000);
    open();
    subscribe();
    ask();
    world_.clock.advance(Millis(5'000));
    ask();
    world_.clock.advance(Millis(5'000));
    ask();
    world_.clock.advance(Millis(1'999));
    EXPECT_FALSE(came_);
    world_.clock.advance(Millis(1));
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kLifeOver);
}

TEST_F(SubscriptionTest, TheContinuationIsTheLastRecordsNumber) {
    open();
    put({"one", "two"});
    subscribe();
    const Delivery delivery = now();
    const storage::Record& last = delivery.batch.records.back();
    EXPECT_EQ(delivery.continuation,
              sequence_number(*delivery.batch.shard, last.position, last.stamp));
    ask();
    world_.clock.advance(Millis(5'000));
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->continuation, delivery.continuation);
}

TEST_F(SubscriptionTest, WithoutARecordTheContinuationNamesThePlaceAndAdvances) {
    open();
    subscribe();
    ask();
    world_.clock.advance(Millis(5'000));
    EXPECT_EQ(came_->continuation, starting_sequence_number(stream_->shards[0]));
    ask();
    put({"one", "two", "three"});
    subscription_.reset();

    subscribe(2);
    ASSERT_EQ(data_of(now().batch), std::vector<std::string>{"three"});
    subscription_.reset();
    subscribe(3);  // as from LATEST
    std::vector<model::SequenceNumber> numbers;
    for (int i = 0; i < 2; ++i) {
        ask();
        world_.clock.advance(Millis(5'000));
        ASSERT_TRUE(came_);
        numbers.push_back(came_->continuation);
    }
    EXPECT_LT(numbers[0], numbers[1]);
    subscription_.reset();
    put({"four"});
    for (const model::SequenceNumber& number : numbers) {
        StartAt start;
        start.what = StartAt::What::kAfterSequenceNumber;
        start.sequence = *model::ParsedSequence::parse(number.text().view());
        EXPECT_EQ(world_.place(stream_, start).position, storage::Position(3));
    }
}

TEST_F(SubscriptionTest, ADeliveryHoldsAboutAMebibyte) {
    open();
    std::vector<std::string> data(5, std::string(300'000, 'x'));
    put(data);
    put({std::string(1 << 20, 'y')});
    put({"small"});
    subscribe();
    EXPECT_EQ(now().batch.records.size(), 3u);
    EXPECT_EQ(now().batch.records.size(), 2u);
    const Delivery alone = now();
    ASSERT_EQ(alone.batch.records.size(), 1u);
    EXPECT_EQ(alone.batch.records[0].data.size(), std::size_t{1} << 20);
    EXPECT_EQ(data_of(now().batch), std::vector<std::string>{"small"});
}

TEST_F(SubscriptionTest, LimitedItKeepsToTwoMebibytesASecond) {
    world_.settings.subscriptions.limited = true;
    open();
    const std::string half(512 << 10, 'x');
    for (int i = 0; i < 20; ++i) {
        put({half});  // 10 MiB: full at first, then 4 seconds of allowance
    }
    subscribe();
    std::uint64_t bytes = 0;
    const auto drain = [&] {
        while (bytes < 20 * half.size()) {
            ask();
            if (!came_) {
                return;
            }
            for (const auto& record : came_->batch.records) {
                bytes += record.data.size();
            }
        }
    };
    drain();
    // The allowance of the first second, overdrawn by one delivery at most.
    EXPECT_GE(bytes, std::uint64_t{2} << 20);
    EXPECT_LE(bytes, std::uint64_t{3} << 20);
    std::uint64_t seconds = 0;
    while (bytes < 20 * half.size()) {
        world_.clock.advance(Millis(250));
        ++seconds;
        if (came_) {
            for (const auto& record : came_->batch.records) {
                bytes += record.data.size();
            }
            drain();
        }
        ASSERT_LT(seconds, 100u);
    }
    EXPECT_GE(seconds, 14u);  // 3.5 s at least
    EXPECT_LE(seconds, 18u);
}

TEST_F(SubscriptionTest, IsToldWhenItIsTakenOver) {
    open();
    subscribe();
    ask();
    world_.clock.advance(Millis(5'000));
    ask();
    const Subscribed second = world_.broker->subscribe(key_, storage::Position(0));
    ASSERT_EQ(second.admission, Subscriptions::Admission::kGranted);
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kTakenOver);
}

TEST_F(SubscriptionTest, IsToldWhenItsConsumerGoes) {
    world_.settings.consumer_delay = Millis(100);
    open();
    world_.clock.advance(Millis(100));
    subscribe();
    ask();
    ASSERT_TRUE(test::sync_wait(world_.broker->deregister_consumer(key_.consumer)));
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kNoConsumer);
}

TEST_F(SubscriptionTest, ALaterNamesakeIsAnotherConsumer) {
    open();
    subscribe();
    ASSERT_TRUE(test::sync_wait(world_.broker->deregister_consumer(key_.consumer)));
    register_consumer("app");
    EXPECT_EQ(now().what, What::kNoConsumer);
}

TEST_F(SubscriptionTest, IsToldWhenItsStreamGoes) {
    world_.settings.delete_delay = Millis(1'000);
    open();
    subscribe();
    ask();
    ASSERT_TRUE(test::sync_wait(world_.broker->delete_stream(stream_->uid, true)));
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kNoStream);
}

TEST_F(SubscriptionTest, StopsWhenAsked) {
    open();
    subscribe();
    ask();
    subscription_->stop();
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kStopped);
}

TEST_F(SubscriptionTest, ASealedShardWithoutChildrenIsNotItsEndYet) {
    open();
    put({"one"});
    subscribe();
    const std::vector<storage::ShardKey> sealed = {log()};
    ASSERT_TRUE(test::sync_wait(world_.engine->seal(sealed)));
    const Delivery delivery = now();
    EXPECT_EQ(delivery.what, What::kRecords);
    EXPECT_EQ(data_of(delivery.batch), std::vector<std::string>{"one"});
    ask();
    for (int i = 0; i < 10; ++i) {
        world_.clock.advance(Millis(20));
        EXPECT_FALSE(came_);
    }
    world_.clock.advance(Millis(5'000));
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kRecords);
    EXPECT_EQ(came_->continuation, delivery.continuation);
}

TEST_F(SubscriptionTest, TheEndIsGivenInTheMomentTheCatalogNamesTheChildren) {
    world_.settings.update_delay = Millis(1'000);
    open();
    subscribe();
    world_.split(stream_, 0);
    const std::vector<storage::ShardKey> sealed = {log()};
    ASSERT_TRUE(test::sync_wait(world_.engine->seal(sealed)));
    ask();
    const std::size_t reads = world_.engine->reads;
    world_.clock.advance(Millis(999));
    EXPECT_FALSE(came_);
    EXPECT_EQ(world_.engine->reads, reads) << "it polls";
    world_.clock.advance(Millis(1));
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kLastOnes);
}

TEST_F(SubscriptionTest, DamageEndsIt) {
    open();
    subscribe();
    ask();
    const std::vector<storage::ShardKey> dropped = {log()};
    ASSERT_TRUE(test::sync_wait(world_.engine->drop(dropped)));
    ASSERT_TRUE(came_);
    EXPECT_EQ(came_->what, What::kNoShard);
}

}  // namespace
}  // namespace millrace::stream
