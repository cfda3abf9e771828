// Consumers as commands change them, and their way through the lifecycle of a broker.
#include "stream/consumer.h"

#include <gtest/gtest.h>

#include <string>

#include "stream/state_codec.h"
#include "unit/stream/commands.h"
#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

constexpr StreamUid kUid(1);

class ConsumerState : public ::testing::Test {
protected:
    ConsumerState() {
        state_.apply(command(create_action(1, "orders")));
        state_.apply(command(ActivateStream{kUid}));
    }
    Applied enroll(std::string name, WallTime time = kStart) {
        RegisterConsumer action;
        action.uid = kUid;
        action.name = std::move(name);
        action.due = time + Millis(10);
        action.consumers_max = 3;
        action.creating_consumers_max = 2;
        action.not_before_s = state_.find(kUid)->created_s;
        return state_.apply(command(action, time));
    }
    Outcome activate(const std::string& name, std::int64_t created_s = to_seconds(kStart)) {
        return state_.apply(command(ActivateConsumer{kUid, name, created_s})).outcome;
    }
    Outcome deregister(const std::string& name, std::int64_t created_s = to_seconds(kStart)) {
        return state_.apply(command(DeregisterConsumer{kUid, name, created_s, kStart})).outcome;
    }
    Outcome remove(const std::string& name, std::int64_t created_s = to_seconds(kStart)) {
        return state_.apply(command(RemoveConsumer{kUid, name, created_s})).outcome;
    }
    const Consumer* find(const std::string& name) {
        held_ = state_.find(kUid);
        return held_->consumers.find(name);
    }

    CatalogState state_;
    StreamPtr held_;
};

TEST_F(ConsumerState, GoesFromCreatingToActiveToDeletingToGone) {
    EXPECT_EQ(enroll("c").outcome, Outcome::kApplied);
    EXPECT_EQ(find("c")->status, Consumer::Status::kCreating);
    EXPECT_EQ(find("c")->created_s, to_seconds(kStart));
    EXPECT_EQ(find("c")->due, kStart + Millis(10));
    EXPECT_EQ(remove("c"), Outcome::kNotActive);
    EXPECT_EQ(activate("c"), Outcome::kApplied);
    EXPECT_EQ(find("c")->status, Consumer::Status::kActive);
    EXPECT_EQ(activate("c"), Outcome::kNotActive);
    EXPECT_EQ(deregister("c"), Outcome::kApplied);
    EXPECT_EQ(find("c")->status, Consumer::Status::kDeleting);
    EXPECT_EQ(deregister("c"), Outcome::kNotActive);
    EXPECT_EQ(remove("c"), Outcome::kApplied);
    EXPECT_EQ(find("c"), nullptr);
    EXPECT_EQ(remove("c"), Outcome::kNotFound);
}

TEST_F(ConsumerState, NamesAreTakenInEveryStatus) {
    enroll("c");
    EXPECT_EQ(enroll("c").outcome, Outcome::kExists);
    activate("c");
    EXPECT_EQ(enroll("c").outcome, Outcome::kExists);
    deregister("c");
    EXPECT_EQ(enroll("c").outcome, Outcome::kExists);
    remove("c");
    EXPECT_EQ(enroll("c").outcome, Outcome::kApplied);
}

TEST_F(ConsumerState, ANamesakeIsNeverBornInTheSameSecond) {
    enroll("c");
    deregister("c");
    remove("c");
    enroll("c");
    EXPECT_EQ(find("c")->created_s, to_seconds(kStart) + 1);
    EXPECT_EQ(activate("c"), Outcome::kNotFound) << "the former one's command";
    EXPECT_EQ(deregister("c", to_seconds(kStart) + 1), Outcome::kApplied);
    EXPECT_EQ(remove("c", to_seconds(kStart) + 1), Outcome::kApplied);
    enroll("c", kStart + Seconds(60));
    EXPECT_EQ(find("c")->created_s, to_seconds(kStart) + 60);
}

TEST_F(ConsumerState, QuotasCountTheStreamsConsumersAndTheOwnersCreating) {
    EXPECT_EQ(enroll("a").outcome, Outcome::kApplied);
    EXPECT_EQ(enroll("b").outcome, Outcome::kApplied);
    const Applied pending = enroll("c");
    EXPECT_EQ(pending.outcome, Outcome::kPendingQuota);
    EXPECT_EQ(pending.current, 2u);
    activate("a");
    activate("b");
    EXPECT_EQ(enroll("c").outcome, Outcome::kApplied);
    EXPECT_EQ(
        state_.totals(find("c") != nullptr ? held_->owner : model::Identity{}).creating_consumers,
        1u);
    const Applied full = enroll("d");
    EXPECT_EQ(full.outcome, Outcome::kConsumerQuota);
    EXPECT_EQ(full.current, 3u);
    deregister("a");
    EXPECT_EQ(enroll("d").outcome, Outcome::kApplied) << "a deregistered one does not count";
}

TEST_F(ConsumerState, OnlyStreamsThatCanBeWrittenTakeConsumers) {
    state_.apply(command(create_action(2, "young")));
    RegisterConsumer action;
    action.uid = StreamUid(2);
    action.name = "c";
    EXPECT_EQ(state_.apply(command(action)).outcome, Outcome::kNotActive);
    action.uid = StreamUid(3);
    EXPECT_EQ(state_.apply(command(action)).outcome, Outcome::kNotFound);
}

TEST_F(ConsumerState, AStreamWithConsumersIsDeletedOnlyWithThem) {
    enroll("c");
    EXPECT_EQ(state_.apply(command(DeleteStream{kUid, kStart})).outcome, Outcome::kHasConsumers);
    EXPECT_EQ(state_.apply(command(DeleteStream{kUid, kStart + Seconds(1), true})).outcome,
              Outcome::kApplied);
    EXPECT_EQ(find("c")->status, Consumer::Status::kDeleting);
    EXPECT_EQ(find("c")->due, kStart + Seconds(1));
}

TEST_F(ConsumerState, DeregisteredConsumersDoNotKeepAStream) {
    enroll("c");
    deregister("c");
    EXPECT_EQ(state_.apply(command(DeleteStream{kUid, kStart})).outcome, Outcome::kApplied);
}

TEST_F(ConsumerState, ComesBackFromASnapshot) {
    enroll("a");
    enroll("b");
    deregister("b");
    remove("b");
    const auto read = decode_state(encode_state(state_));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read.value(), state_);
}

// ---- in a broker

class ConsumerLife : public ::testing::Test {
protected:
    void open(Millis delay = Millis(0)) {
        world_.settings.consumer_delay = delay;
        world_.open();
        stream_ = world_.created("orders");
    }
    Applied enroll(const std::string& name) {
        auto applied =
            test::sync_wait(world_.broker->register_consumer(stream_->uid, name, {{"k", "v"}}));
        EXPECT_TRUE(applied);
        return std::move(applied).value();
    }
    const Consumer* find(const std::string& name) {
        held_ = world_.find("orders");
        return held_->consumers.find(name);
    }
    void deregister(const std::string& name) {
        const ConsumerKey key{stream_->uid, name, find(name)->created_s};
        ASSERT_TRUE(test::sync_wait(world_.broker->deregister_consumer(key)));
    }

    World world_;
    StreamPtr stream_;
    StreamPtr held_;
};

TEST_F(ConsumerLife, WithoutADelayItIsActiveAndGoneAtOnce) {
    open();
    const Applied applied = enroll("c");
    EXPECT_EQ(applied.stream->consumers.find("c")->status, Consumer::Status::kCreating)
        << "the answer is of the moment of registration";
    EXPECT_EQ(find("c")->status, Consumer::Status::kActive);
    EXPECT_EQ(find("c")->tags, (std::map<std::string, std::string>{{"k", "v"}}));
    deregister("c");
    EXPECT_EQ(find("c"), nullptr);
}

TEST_F(ConsumerLife, WithADelayItTakesItsTime) {
    open(Millis(5'000));
    enroll("c");
    world_.clock.advance(Millis(4'999));
    EXPECT_EQ(find("c")->status, Consumer::Status::kCreating);
    world_.clock.advance(Millis(1));
    EXPECT_EQ(find("c")->status, Consumer::Status::kActive);
    deregister("c");
    EXPECT_EQ(find("c")->status, Consumer::Status::kDeleting);
    world_.clock.advance(Millis(5'000));
    EXPECT_EQ(find("c"), nullptr);
}

TEST_F(ConsumerLife, ARestartTakesItUpWhereItWas) {
    open(Millis(5'000));
    enroll("c");
    world_.reopen();
    EXPECT_EQ(find("c")->status, Consumer::Status::kCreating);
    world_.clock.advance(Millis(5'000));
    EXPECT_EQ(find("c")->status, Consumer::Status::kActive);
    deregister("c");
    world_.reopen();
    world_.clock.advance(Millis(5'000));
    EXPECT_EQ(find("c"), nullptr);
}

TEST_F(ConsumerLife, DeregisteredWhileCreatingItIsDeletingForItsFullTime) {
    open(Millis(5'000));
    enroll("c");
    world_.clock.advance(Millis(3'000));
    deregister("c");
    world_.clock.advance(Millis(2'000));  // when it would have become ACTIVE
    ASSERT_NE(find("c"), nullptr);
    EXPECT_EQ(find("c")->status, Consumer::Status::kDeleting);
    world_.clock.advance(Millis(3'000));
    EXPECT_EQ(find("c"), nullptr);
}

TEST_F(ConsumerLife, AStepThatFailsIsTriedAgain) {
    open(Millis(5'000));
    enroll("c");
    world_.log->commits_left = 0;
    world_.clock.advance(Millis(5'000));
    EXPECT_EQ(find("c")->status, Consumer::Status::kCreating);
    world_.log->commits_left = 100;
    world_.clock.advance(Millis(1'000));
    EXPECT_EQ(find("c")->status, Consumer::Status::kActive);
}

TEST_F(ConsumerLife, TagsAndPolicySurviveARestartAndGoWithIt) {
    open();
    enroll("c");
    const auto configure = [&](ConfigureConsumer change) {
        change.uid = stream_->uid;
        change.name = "c";
        change.created_s = find("c")->created_s;
        const auto applied = test::sync_wait(world_.broker->configure_consumer(std::move(change)));
        return applied.value().outcome;
    };
    ConfigureConsumer change;
    change.put = {{"a", "1"}, {"b", "2"}};
    change.remove = {"k"};
    change.policy = "{\"Version\": \"2012-10-17\"}";
    EXPECT_EQ(configure(change), Outcome::kApplied);
    test::sync_wait(world_.broker->stop());  // writes a snapshot
    world_.reopen();
    EXPECT_EQ(find("c")->tags, (std::map<std::string, std::string>{{"a", "1"}, {"b", "2"}}));
    EXPECT_EQ(find("c")->policy, *change.policy);

    ConfigureConsumer unset;
    unset.policy = "";
    EXPECT_EQ(configure(unset), Outcome::kApplied);
    EXPECT_EQ(find("c")->policy, "");
    EXPECT_EQ(find("c")->tags.size(), 2U);
    ConfigureConsumer many;
    for (int i = 0; i < 49; ++i) {
        many.put["k" + std::to_string(i)] = "";
    }
    EXPECT_EQ(configure(many), Outcome::kTooManyTags);
    EXPECT_EQ(find("c")->tags.size(), 2U);

    deregister("c");
    const auto gone = test::sync_wait(world_.broker->register_consumer(stream_->uid, "c", {}));
    ASSERT_TRUE(gone);
    EXPECT_EQ(find("c")->tags.size(), 0U);
}

TEST_F(ConsumerLife, IsConfiguredWhileActiveOnly) {
    open(Millis(5'000));
    enroll("c");
    ConfigureConsumer change{stream_->uid, "c", find("c")->created_s, {{"a", "1"}}};
    const auto configure = [&] {
        return test::sync_wait(world_.broker->configure_consumer(change)).value().outcome;
    };
    EXPECT_EQ(configure(), Outcome::kNotActive);
    world_.clock.advance(Millis(5'000));
    EXPECT_EQ(configure(), Outcome::kApplied);
    deregister("c");
    EXPECT_EQ(configure(), Outcome::kNotActive);
    world_.clock.advance(Millis(5'000));
    EXPECT_EQ(configure(), Outcome::kNotFound);
}

// An ARN holds its name, the stream's name and the second.
TEST_F(ConsumerLife, IsNeverTakenForOneOfANamesakeOfItsStream) {
    world_.open();
    std::int64_t youngest = 0;
    for (int life = 0; life < 3; ++life) {
        StreamPtr stream = world_.created("orders");
        for (const char* name : {"a", "b", "a", "a"}) {
            const Consumer* const old = stream->consumers.find(name);
            if (old != nullptr) {
                ASSERT_TRUE(test::sync_wait(
                    world_.broker->deregister_consumer({stream->uid, name, old->created_s})));
            }
            const auto applied =
                test::sync_wait(world_.broker->register_consumer(stream->uid, name, {}));
            ASSERT_EQ(applied.value().outcome, Outcome::kApplied);
            stream = world_.find("orders");
            EXPECT_GT(stream->consumers.find(name)->created_s, youngest);
            EXPECT_GE(stream->consumers.find(name)->created_s, stream->created_s);
        }
        youngest = stream->consumers.last_created_s();
        ASSERT_TRUE(test::sync_wait(world_.broker->delete_stream(stream->uid, true)));
        if (life == 0) {
            world_.reopen();
        } else {
            world_.close();  // with a snapshot
            world_.open();
        }
    }
}

TEST_F(ConsumerLife, GoesWithItsStream) {
    open(Millis(5'000));
    enroll("c");
    auto refused = test::sync_wait(world_.broker->delete_stream(stream_->uid));
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused.value().outcome, Outcome::kHasConsumers);
    auto deleted = test::sync_wait(world_.broker->delete_stream(stream_->uid, true));
    ASSERT_TRUE(deleted);
    EXPECT_EQ(deleted.value().outcome, Outcome::kApplied);
    EXPECT_EQ(world_.find("orders"), nullptr);
    world_.clock.advance(Millis(10'000));
}

}  // namespace
}  // namespace millrace::stream
