#include "stream/catalog_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "unit/stream/commands.h"

namespace millrace::stream {
namespace {

const model::Identity kOwner{"000000000000", "us-east-1"};
constexpr std::chrono::hours kDay{24};

class CatalogStateTest : public testing::Test {
protected:
    Applied apply(Action action, WallTime time = kStart) {
        return state_.apply(command(std::move(action), time));
    }
    Outcome outcome(Action action, WallTime time = kStart) {
        return apply(std::move(action), time).outcome;
    }
    void make_active(std::uint64_t uid, std::string_view name, std::uint32_t shards = 1) {
        ASSERT_EQ(outcome(create_action(uid, name, shards)), Outcome::kApplied);
        ASSERT_EQ(outcome(ActivateStream{StreamUid(uid)}), Outcome::kApplied);
    }
    Outcome retain(std::uint64_t uid, int hours, SetRetention::Direction direction,
                   WallTime time = kStart) {
        return outcome(SetRetention{StreamUid(uid), std::chrono::hours(hours), direction}, time);
    }
    const Stream& stream(std::uint64_t uid) const { return *state_.find(StreamUid(uid)); }

    static constexpr auto kIncrease = SetRetention::Direction::kIncrease;
    static constexpr auto kDecrease = SetRetention::Direction::kDecrease;
    CatalogState state_;
};

TEST_F(CatalogStateTest, AStreamIsCreatedWithoutShardsUntilItIsActive) {
    const Applied applied = apply(create_action(1, "orders", 3), kStart + Millis(999));
    ASSERT_EQ(applied.outcome, Outcome::kApplied);
    EXPECT_EQ(applied.stream->status, Status::kCreating);
    EXPECT_EQ(applied.stream->created_s, to_seconds(kStart));
    EXPECT_TRUE(applied.stream->shards.empty());
    EXPECT_TRUE(applied.stream->pending.has_value());

    const Applied active = apply(ActivateStream{StreamUid(1)});
    ASSERT_EQ(active.outcome, Outcome::kApplied);
    EXPECT_EQ(active.stream->status, Status::kActive);
    EXPECT_FALSE(active.stream->pending.has_value());
    ASSERT_EQ(active.stream->shards.size(), 3U);
    EXPECT_EQ(active.stream->open_shards(), 3U);
    EXPECT_EQ(active.stream->shards[2].created_s, active.stream->created_s);
    EXPECT_EQ(state_.find(kOwner, model::StreamName("orders")), active.stream);
    EXPECT_EQ(applied.stream->status, Status::kCreating) << "published entries do not change";
}

TEST_F(CatalogStateTest, ANameIsTakenInEveryStatus) {
    ASSERT_EQ(outcome(create_action(1, "a")), Outcome::kApplied);
    EXPECT_EQ(outcome(create_action(2, "a")), Outcome::kExists);
    ASSERT_EQ(outcome(ActivateStream{StreamUid(1)}), Outcome::kApplied);
    const Applied again = apply(create_action(2, "a"));
    EXPECT_EQ(again.outcome, Outcome::kExists);
    EXPECT_EQ(again.stream->uid, StreamUid(1));
    ASSERT_EQ(outcome(DeleteStream{StreamUid(1), kStart}), Outcome::kApplied);
    EXPECT_EQ(outcome(create_action(2, "a")), Outcome::kExists);
    ASSERT_EQ(outcome(RemoveStream{StreamUid(1)}), Outcome::kApplied);
    EXPECT_EQ(outcome(create_action(2, "a")), Outcome::kApplied);
}

TEST_F(CatalogStateTest, NamesAreScopedByAccountAndRegion) {
    CreateStream other = create_action(2, "a");
    other.owner.account = "111111111111";
    CreateStream abroad = create_action(3, "a");
    abroad.owner.region = "eu-west-1";
    EXPECT_EQ(outcome(create_action(1, "a")), Outcome::kApplied);
    EXPECT_EQ(outcome(other), Outcome::kApplied);
    EXPECT_EQ(outcome(abroad), Outcome::kApplied);
    EXPECT_EQ(state_.find(other.owner, other.name)->uid, StreamUid(2));
    EXPECT_EQ(state_.list(abroad.owner, model::StreamName(), 10).size(), 1U);
}

TEST_F(CatalogStateTest, AUidIsNeverGivenTwice) {
    ASSERT_EQ(outcome(create_action(1, "a")), Outcome::kApplied);
    EXPECT_EQ(outcome(create_action(1, "b")), Outcome::kUidTaken);
    EXPECT_EQ(outcome(create_action(0, "b")), Outcome::kUidTaken);
}

TEST_F(CatalogStateTest, ANamesakeIsBornInALaterSecond) {
    const WallTime late = kStart + Millis(400);
    for (std::uint64_t life = 1; life <= 5; ++life) {
        const Applied applied = apply(create_action(life, "a"), late);
        ASSERT_EQ(applied.outcome, Outcome::kApplied);
        EXPECT_EQ(applied.stream->created_s,
                  to_seconds(kStart) + static_cast<std::int64_t>(life) - 1);
        ASSERT_EQ(outcome(DeleteStream{StreamUid(life), late}, late), Outcome::kApplied);
        ASSERT_EQ(outcome(RemoveStream{StreamUid(life)}, late), Outcome::kApplied);
    }
    // Once the clock has passed all of them, nothing has to be remembered any more.
    const WallTime later = kStart + Seconds(100);
    EXPECT_EQ(apply(create_action(9, "a"), later).stream->created_s, to_seconds(later));
    EXPECT_TRUE(state_.deleted().empty());
}

TEST_F(CatalogStateTest, DeletionIsAdmittedWhileCreatingOrActiveOnly) {
    ASSERT_EQ(outcome(create_action(1, "a")), Outcome::kApplied);
    EXPECT_EQ(outcome(RemoveStream{StreamUid(1)}), Outcome::kNotActive) << "not DELETING yet";
    ASSERT_EQ(outcome(DeleteStream{StreamUid(1), kStart}), Outcome::kApplied);
    EXPECT_EQ(stream(1).status, Status::kDeleting);
    EXPECT_EQ(outcome(DeleteStream{StreamUid(1), kStart}), Outcome::kNotActive);
    EXPECT_EQ(outcome(ActivateStream{StreamUid(1)}), Outcome::kNotActive);
    const Applied removed = apply(RemoveStream{StreamUid(1)});
    EXPECT_EQ(removed.outcome, Outcome::kApplied);
    EXPECT_EQ(removed.stream, nullptr);
    EXPECT_EQ(state_.find(StreamUid(1)), nullptr);
    EXPECT_EQ(outcome(DeleteStream{StreamUid(1), kStart}), Outcome::kNotFound);
}

TEST_F(CatalogStateTest, ActivationHappensOnce) {
    make_active(1, "a");
    EXPECT_EQ(outcome(ActivateStream{StreamUid(1)}), Outcome::kNotActive);
    EXPECT_EQ(outcome(ActivateStream{StreamUid(2)}), Outcome::kNotFound);
}

TEST_F(CatalogStateTest, RetentionMovesInTheSaidDirectionOrStays) {
    make_active(1, "a");
    EXPECT_EQ(retain(1, 48, kIncrease), Outcome::kApplied);
    EXPECT_EQ(retain(1, 48, kIncrease), Outcome::kApplied);
    EXPECT_EQ(retain(1, 48, kDecrease), Outcome::kApplied);
    EXPECT_EQ(retain(1, 47, kIncrease), Outcome::kRetentionTooShort);
    EXPECT_EQ(retain(1, 49, kDecrease), Outcome::kRetentionTooLong);
    EXPECT_EQ(stream(1).retention, std::chrono::hours(48));
    EXPECT_EQ(retain(1, 24, kDecrease), Outcome::kApplied);
    EXPECT_EQ(retain(2, 24, kDecrease), Outcome::kNotFound);
}

TEST_F(CatalogStateTest, AnIncreaseResurrectsNothing) {
    make_active(1, "a");
    const WallTime now = kStart + 10 * kDay;
    const WallTime old_horizon = stream(1).horizon(now);
    ASSERT_EQ(retain(1, 100 * 24, kIncrease, now), Outcome::kApplied);
    EXPECT_EQ(stream(1).horizon(now), old_horizon);
    EXPECT_EQ(stream(1).horizon(now + 5 * kDay), old_horizon) << "from then on nothing ages out";

    // Down and up again: what was cut off in between stays cut off.
    const WallTime later = now + 6 * kDay;
    ASSERT_EQ(retain(1, 24, kDecrease, later), Outcome::kApplied);
    EXPECT_EQ(stream(1).horizon(later), later - kDay);
    ASSERT_EQ(retain(1, 8760, kIncrease, later), Outcome::kApplied);
    EXPECT_EQ(stream(1).horizon(later), later - kDay);
}

TEST_F(CatalogStateTest, TagsAreRemovedThenPutAndBounded) {
    make_active(1, "a");
    ChangeTags change{StreamUid(1), {{"a", "1"}, {"b", "2"}}, {}, 3};
    ASSERT_EQ(outcome(change), Outcome::kApplied);
    change.put = {{"b", "3"}, {"c", "4"}, {"d", "5"}};
    const Applied refused = apply(change);
    EXPECT_EQ(refused.outcome, Outcome::kTooManyTags);
    EXPECT_EQ(stream(1).tags.at("b"), "2") << "nothing of it was done";
    change.remove = {"a", "absent"};
    ASSERT_EQ(outcome(change), Outcome::kApplied);
    EXPECT_EQ(stream(1).tags,
              (std::map<std::string, std::string>{{"b", "3"}, {"c", "4"}, {"d", "5"}}));
    // Removing goes however many there are.
    EXPECT_EQ(outcome(ChangeTags{StreamUid(1), {}, {"b"}, 0}), Outcome::kApplied);
}

TEST_F(CatalogStateTest, ChangesNeedAnActiveStream) {
    ASSERT_EQ(outcome(create_action(1, "a")), Outcome::kApplied);
    for (const Status status : {Status::kCreating, Status::kDeleting}) {
        EXPECT_EQ(stream(1).status, status);
        const Applied tags = apply(ChangeTags{StreamUid(1), {{"a", "1"}}, {}, 50});
        EXPECT_EQ(tags.outcome, Outcome::kNotActive);
        EXPECT_EQ(tags.stream->status, status);
        EXPECT_EQ(retain(1, 48, kIncrease), Outcome::kNotActive);
        if (status == Status::kCreating) {
            ASSERT_EQ(outcome(DeleteStream{StreamUid(1), kStart}), Outcome::kApplied);
        }
    }
}

TEST_F(CatalogStateTest, ShardQuotaCountsOpenAndPlannedShardsOfProvisionedRequests) {
    make_active(1, "a", 4);
    ASSERT_EQ(outcome(create_action(2, "b", 3)), Outcome::kApplied);
    CreateStream create = create_action(3, "c", 4);
    create.shards_max = 10;
    const Applied refused = apply(create);
    EXPECT_EQ(refused.outcome, Outcome::kShardQuota);
    EXPECT_EQ(refused.current, 7U);
    create.shards = 3;
    EXPECT_EQ(outcome(create), Outcome::kApplied);
    create = create_action(4, "d", 4);
    create.shards_max = 10;
    create.mode = Mode::kOnDemand;
    EXPECT_EQ(outcome(create), Outcome::kApplied) << "on-demand streams have their own quota";
}

TEST_F(CatalogStateTest, ExistenceIsToldBeforeQuotas) {
    make_active(1, "a");
    CreateStream create = create_action(2, "a");
    create.shards_max = 0;
    create.pending_streams_max = 0;
    EXPECT_EQ(outcome(create), Outcome::kExists);
    create.name = model::StreamName("b");
    EXPECT_EQ(outcome(create), Outcome::kPendingQuota) << "and pending streams before shards";
}

TEST_F(CatalogStateTest, OnDemandAndPendingQuotasCount) {
    CreateStream create = create_action(1, "a", 4);
    create.mode = Mode::kOnDemand;
    create.on_demand_streams_max = 1;
    ASSERT_EQ(outcome(create), Outcome::kApplied);
    create.uid = StreamUid(2);
    create.name = model::StreamName("b");
    const Applied refused = apply(create);
    EXPECT_EQ(refused.outcome, Outcome::kOnDemandQuota);
    EXPECT_EQ(refused.current, 1U);

    CreateStream plain = create_action(3, "c");
    plain.pending_streams_max = 1;
    EXPECT_EQ(outcome(plain), Outcome::kPendingQuota);
    ASSERT_EQ(outcome(ActivateStream{StreamUid(1)}), Outcome::kApplied);
    EXPECT_EQ(outcome(plain), Outcome::kApplied);
}

TEST_F(CatalogStateTest, ListsByBytesOfTheNameInPages) {
    std::uint64_t uid = 0;
    for (const std::string_view name : {"b", "B", "a.1", "a", "a-1", "_"}) {
        ASSERT_EQ(outcome(create_action(++uid, name)), Outcome::kApplied);
    }
    const auto names = [this](std::string_view after, std::size_t max) {
        std::vector<std::string> found;
        for (const StreamPtr& s : state_.list(kOwner, model::StreamName(after), max)) {
            found.push_back(s->name.text());
        }
        return found;
    };
    EXPECT_EQ(names("", 10), (std::vector<std::string>{"B", "_", "a", "a-1", "a.1", "b"}));
    EXPECT_EQ(names("a", 2), (std::vector<std::string>{"a-1", "a.1"}));
    EXPECT_EQ(names("a.", 10), (std::vector<std::string>{"a.1", "b"})) << "it need not exist";
    EXPECT_TRUE(names("b", 10).empty());
}

// The sums kept up to date against the sums counted anew.
Totals recount(const CatalogState& state, const model::Identity& owner) {
    Totals sums;
    for (const StreamPtr& s : state.all()) {
        if (s->owner != owner) {
            continue;
        }
        ++sums.streams;
        const bool on_demand = s->mode == Mode::kOnDemand;
        (on_demand ? sums.on_demand_open_shards : sums.provisioned_open_shards) += s->open_shards();
        sums.on_demand_streams +=
            on_demand || (s->pending && s->pending->mode == Mode::kOnDemand) ? 1 : 0;
        sums.planned_shards += s->status == Status::kCreating ? s->initial_shards : 0;
        if (s->pending && !s->pending->steps.empty()) {
            Stream done = *s;
            const std::vector<storage::Position> ends(closed_by(s->pending->steps).size());
            EXPECT_TRUE(reshard(done.shards, s->pending->steps, kStart, ends));
            rebuild_routes(done);
            sums.planned_shards +=
                std::max(done.routes.size(), s->routes.size()) - s->routes.size();
        }
        sums.pending_streams +=
            s->status == Status::kCreating || s->status == Status::kDeleting ? 1 : 0;
        sums.creating_consumers += s->consumers.creating();
    }
    return sums;
}

TEST(CatalogFold, ReplayingWhatAppliedGivesTheSameState) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        RandomCommands commands(seed);
        CatalogState live;
        std::vector<Command> log;
        std::map<Outcome, int> seen;
        for (int i = 0; i < 900; ++i) {
            const Command next = commands.next(live);
            const CatalogState before = live;
            const Applied decided = live.decide(next);
            ASSERT_EQ(live, before) << "deciding changes nothing";
            const Applied applied = live.apply(next);
            ++seen[applied.outcome];
            ASSERT_EQ(applied.outcome, decided.outcome);
            ASSERT_EQ(applied.current, decided.current);
            if (applied.outcome == Outcome::kApplied) {
                log.push_back(next);
            } else {
                ASSERT_EQ(live, before) << "a refusal changes nothing";
            }
            for (const char* account : {"000000000000", "111111111111"}) {
                const model::Identity owner{account, "us-east-1"};
                ASSERT_EQ(live.totals(owner), recount(live, owner));
            }
        }
        CatalogState replayed;
        for (const Command& entry : log) {
            ASSERT_EQ(replayed.apply(entry).outcome, Outcome::kApplied);
        }
        EXPECT_EQ(replayed, live);
        EXPECT_GT(seen[Outcome::kApplied], 100);
        EXPECT_GT(seen[Outcome::kExists], 0);
        EXPECT_GT(seen[Outcome::kNotFound], 0);
        EXPECT_GT(seen[Outcome::kNotActive], 0);
        EXPECT_GT(seen[Outcome::kStale], 0);
    }
}

TEST(CatalogFold, StatesThatDifferAreNotEqual) {
    CatalogState a;
    CatalogState b;
    a.apply(command(create_action(1, "a")));
    EXPECT_FALSE(a == b);
    b.apply(command(create_action(1, "a")));
    EXPECT_EQ(a, b);
    b.apply(command(ActivateStream{StreamUid(1)}));
    EXPECT_FALSE(a == b);
}

}  // namespace
}  // namespace millrace::stream
