// Channels in the catalog: their life as commands, and as the broker leads it.
#include "stream/channel.h"

#include <gtest/gtest.h>

#include "unit/stream/commands.h"
#include "unit/stream/world.h"

namespace millrace::stream {
namespace {

class ChannelRules : public ::testing::Test {
protected:
    void SetUp() override {
        CreateStream create = create_action(1, "orders", 4);
        create.mode = Mode::kOnDemand;
        ASSERT_EQ(outcome(create), Outcome::kApplied);
        ASSERT_EQ(outcome(ActivateStream{StreamUid(1)}), Outcome::kApplied);
    }
    Applied apply(Action action) { return state_.apply(command(std::move(action))); }
    Outcome outcome(Action action) { return apply(std::move(action)).outcome; }
    Channel wanted(std::string id = "id", std::string name = "n", std::uint64_t stream = 1) {
        return channel_of(*state_.find(StreamUid(stream)), std::move(id), std::move(name));
    }
    ChannelPtr found(const std::string& id = "id") { return state_.channels().find(id); }

    CatalogState state_;
};

TEST_F(ChannelRules, AChannelGoesFromCreatingToActiveAndOverDeletingToGone) {
    const Applied created = apply(CreateChannel{wanted()});
    ASSERT_EQ(created.outcome, Outcome::kApplied);
    EXPECT_EQ(created.channel->status, Status::kCreating);
    EXPECT_EQ(state_.channels().count(StreamUid(1)), 1u);
    ASSERT_EQ(outcome(AdvanceChannel{"id"}), Outcome::kApplied);
    EXPECT_EQ(found()->status, Status::kActive);
    EXPECT_EQ(found()->due, std::nullopt);
    EXPECT_EQ(outcome(AdvanceChannel{"id"}), Outcome::kChannelNotActive) << "waits for nothing";

    ASSERT_EQ(outcome(DeleteChannel{"id", kStart}), Outcome::kApplied);
    EXPECT_EQ(found()->status, Status::kDeleting);
    EXPECT_EQ(outcome(DeleteChannel{"id", kStart}), Outcome::kChannelNotActive);
    EXPECT_EQ(state_.channels().count(StreamUid(1)), 1u) << "until it is gone";
    const Applied gone = apply(AdvanceChannel{"id"});
    EXPECT_EQ(gone.outcome, Outcome::kApplied);
    EXPECT_EQ(gone.channel, nullptr);
    EXPECT_EQ(found(), nullptr);
    EXPECT_EQ(state_.channels().count(StreamUid(1)), 0u);
    EXPECT_EQ(outcome(DeleteChannel{"id", kStart}), Outcome::kChannelNotFound);
}

TEST_F(ChannelRules, ItNeedsAnActiveOnDemandStreamWithoutAnother) {
    EXPECT_EQ(outcome(create_action(2, "plain")), Outcome::kApplied);
    EXPECT_EQ(outcome(CreateChannel{wanted("id", "n", 2)}), Outcome::kNotActive);
    ASSERT_EQ(outcome(ActivateStream{StreamUid(2)}), Outcome::kApplied);
    EXPECT_EQ(outcome(CreateChannel{wanted("id", "n", 2)}), Outcome::kWrongMode);
    Channel nowhere = wanted();
    nowhere.stream = StreamUid(99);
    EXPECT_EQ(outcome(CreateChannel{nowhere}), Outcome::kNotFound);
    ASSERT_EQ(outcome(CreateChannel{wanted()}), Outcome::kApplied);
    EXPECT_EQ(outcome(CreateChannel{wanted("other", "n")}), Outcome::kChannelExists);
    EXPECT_EQ(outcome(CreateChannel{wanted("id", "other")}), Outcome::kUidTaken);
    EXPECT_EQ(outcome(CreateChannel{wanted("other", "other")}), Outcome::kChannelQuota);
}

TEST_F(ChannelRules, AStreamWithChannelsStays) {
    ASSERT_EQ(outcome(CreateChannel{wanted()}), Outcome::kApplied);
    const Applied refused = apply(DeleteStream{StreamUid(1), kStart});
    EXPECT_EQ(refused.outcome, Outcome::kHasChannels);
    EXPECT_EQ(refused.stream->status, Status::kActive);
    ASSERT_EQ(outcome(DeleteChannel{"id", kStart}), Outcome::kApplied);
    EXPECT_EQ(outcome(DeleteStream{StreamUid(1), kStart}), Outcome::kHasChannels);
    ASSERT_EQ(outcome(AdvanceChannel{"id"}), Outcome::kApplied);
    EXPECT_EQ(outcome(DeleteStream{StreamUid(1), kStart}), Outcome::kApplied);
}

TEST_F(ChannelRules, AStreamWithChannelsStaysOnDemand) {
    ASSERT_EQ(outcome(CreateChannel{wanted()}), Outcome::kApplied);
    const BeginModeChange change{StreamUid(1), Mode::kProvisioned, kStart, {}, {}};
    EXPECT_EQ(outcome(change), Outcome::kHasChannels);
    ASSERT_EQ(outcome(DeleteChannel{"id", kStart}), Outcome::kApplied);
    ASSERT_EQ(outcome(AdvanceChannel{"id"}), Outcome::kApplied);
    EXPECT_EQ(outcome(change), Outcome::kApplied);
}

TEST_F(ChannelRules, OnlyAnActiveChannelChanges) {
    ASSERT_EQ(outcome(CreateChannel{wanted()}), Outcome::kApplied);
    UpdateChannel update{"id", 600, ChannelLogging{true, "g", "s"}, kStart};
    EXPECT_EQ(outcome(update), Outcome::kChannelNotActive);
    EXPECT_EQ(outcome(ChangeChannelTags{"id", {{"a", "1"}}, {}, 50}), Outcome::kChannelNotActive);
    ASSERT_EQ(outcome(AdvanceChannel{"id"}), Outcome::kApplied);
    ASSERT_EQ(outcome(update), Outcome::kApplied);
    EXPECT_EQ(found()->status, Status::kUpdating);
    EXPECT_EQ(found()->freshness_s, 600u);
    EXPECT_EQ(outcome(update), Outcome::kChannelNotActive);
    ASSERT_EQ(outcome(AdvanceChannel{"id"}), Outcome::kApplied);
    ASSERT_EQ(outcome(UpdateChannel{"id", {}, {}, kStart}), Outcome::kApplied);
    EXPECT_EQ(found()->freshness_s, 600u) << "what is not given stays";
    EXPECT_EQ(found()->logging.group, "g");
    EXPECT_EQ(outcome(UpdateChannel{"none", {}, {}, kStart}), Outcome::kChannelNotFound);
}

TEST_F(ChannelRules, TagsAreCountedAfterTheChange) {
    ASSERT_EQ(outcome(CreateChannel{wanted()}), Outcome::kApplied);
    ASSERT_EQ(outcome(AdvanceChannel{"id"}), Outcome::kApplied);
    EXPECT_EQ(outcome(ChangeChannelTags{"id", {{"a", "1"}, {"b", ""}}, {}, 2}), Outcome::kApplied);
    EXPECT_EQ(outcome(ChangeChannelTags{"id", {{"c", "1"}}, {}, 2}), Outcome::kTooManyTags);
    EXPECT_EQ(outcome(ChangeChannelTags{"id", {{"c", "1"}}, {"a"}, 2}), Outcome::kApplied);
    EXPECT_EQ(found()->tags, (std::map<std::string, std::string>{{"b", ""}, {"c", "1"}}));
}

TEST_F(ChannelRules, ListsAreByNameOfOneOwner) {
    for (std::uint64_t uid = 2; uid < 6; ++uid) {
        CreateStream create = create_action(uid, "s" + std::to_string(uid), 1);
        create.mode = Mode::kOnDemand;
        create.owner.account = uid == 5 ? "111111111111" : create.owner.account;
        ASSERT_EQ(outcome(create), Outcome::kApplied);
        ASSERT_EQ(outcome(ActivateStream{StreamUid(uid)}), Outcome::kApplied);
        const std::string name(1, static_cast<char>('e' - uid));
        ASSERT_EQ(outcome(CreateChannel{wanted("id" + name, name, uid)}), Outcome::kApplied);
    }
    const auto names = [&](const std::string& after) {
        std::string text;
        for (const ChannelPtr& channel : state_.channels().list(kOwner, after)) {
            text += channel->name;
        }
        return text;
    };
    EXPECT_EQ(names(""), "abc");
    EXPECT_EQ(names("a"), "bc");
    EXPECT_EQ(names("c"), "");
    EXPECT_EQ(state_.channels().all().size(), 4u);
}

class ChannelLife : public ::testing::Test {
protected:
    void open(Millis delay) {
        world_.settings.create_delay = Millis(0);
        world_.open();
        NewStream spec = stream_named("orders", 4);
        spec.mode = Mode::kOnDemand;
        stream_ = world_.create(std::move(spec)).stream;
        world_.close();
        world_.settings.create_delay = delay;
        world_.settings.update_delay = delay;
        world_.settings.delete_delay = delay;
        world_.open();
    }
    Applied create() {
        auto answer = test::sync_wait(
            world_.broker->create_channel(channel_of(*stream_, world_.broker->channel_id(), "n")));
        EXPECT_TRUE(answer);
        id_ = answer.value().channel ? answer.value().channel->id : "";
        return std::move(answer).value();
    }
    ChannelPtr found() { return world_.broker->catalog().channel(id_); }
    void advance(Millis time) { world_.clock.advance(time); }

    World world_;
    StreamPtr stream_;
    std::string id_;
};

TEST_F(ChannelLife, WithoutDelayTheAnswerStillSaysCreating) {
    open(Millis(0));
    const Applied created = create();
    EXPECT_EQ(created.channel->status, Status::kCreating);
    EXPECT_EQ(id_.size(), 20u);
    EXPECT_EQ(found()->status, Status::kActive);
    const auto updated =
        test::sync_wait(world_.broker->update_channel(UpdateChannel{id_, 400, {}, {}}));
    EXPECT_EQ(updated.value().channel->status, Status::kUpdating);
    EXPECT_EQ(found()->status, Status::kActive);
    EXPECT_EQ(found()->freshness_s, 400u);
    const auto deleted = test::sync_wait(world_.broker->delete_channel(id_));
    EXPECT_EQ(deleted.value().channel->status, Status::kDeleting);
    EXPECT_EQ(found(), nullptr);
}

TEST_F(ChannelLife, DelaysAreWaitedForAndSurviveACrash) {
    open(Millis(1000));
    create();
    advance(Millis(999));
    EXPECT_EQ(found()->status, Status::kCreating);
    world_.reopen();
    EXPECT_EQ(found()->status, Status::kCreating);
    advance(Millis(1));
    EXPECT_EQ(found()->status, Status::kActive);
    ASSERT_TRUE(test::sync_wait(world_.broker->delete_channel(id_)));
    world_.reopen();
    EXPECT_EQ(found()->status, Status::kDeleting);
    advance(Millis(1000));
    EXPECT_EQ(found(), nullptr);
}

TEST_F(ChannelLife, DeletedWhileCreatingItWaitsForItsOwnDelay) {
    open(Millis(1000));
    create();
    advance(Millis(500));
    ASSERT_TRUE(test::sync_wait(world_.broker->delete_channel(id_)));
    advance(Millis(500));  // when it would have become ACTIVE
    ASSERT_NE(found(), nullptr);
    EXPECT_EQ(found()->status, Status::kDeleting);
    advance(Millis(500));
    EXPECT_EQ(found(), nullptr);
}

TEST_F(ChannelLife, AFailedStepIsTriedAgain) {
    open(Millis(1000));
    create();
    world_.log->commits_left = 0;
    advance(Millis(1000));
    EXPECT_EQ(found()->status, Status::kCreating);
    world_.log->commits_left = 9;
    advance(Millis(1000));
    EXPECT_EQ(found()->status, Status::kActive);
}

}  // namespace
}  // namespace millrace::stream
