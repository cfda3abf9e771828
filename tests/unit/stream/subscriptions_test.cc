#include "stream/subscriptions.h"

#include <gtest/gtest.h>

#include <utility>

#include "support/sync_wait.h"

namespace millrace::stream {
namespace {

using Admission = Subscriptions::Admission;

const SubscriptionKey kKey{{StreamUid(1), "c", 5}, model::ShardNo(0)};

// Becomes true with the next ring.
void listen(Subscriptions::Place& place, bool& rung) {
    rung = false;
    start(place.bell().wait(), Callback<void(bool)>([&rung](bool) { rung = true; }));
}

class SubscriptionsTest : public ::testing::Test {
protected:
    Subscriptions::Claim claim(SubscriptionKey key = kKey) { return all_.claim(key, now_); }

    Subscriptions all_{false};
    SteadyTime now_{std::chrono::hours(1)};
};

TEST_F(SubscriptionsTest, APairHasOneReader) {
    const auto first = claim();
    EXPECT_EQ(first.admission, Admission::kGranted);
    EXPECT_EQ(claim().admission, Admission::kActive);
    EXPECT_EQ(claim().place, nullptr);
    EXPECT_EQ(all_.size(), 1u);
}

TEST_F(SubscriptionsTest, OtherPairsAreIndependent) {
    const auto first = claim();
    SubscriptionKey key = kKey;
    key.shard_no = model::ShardNo(1);
    const auto other_shard = claim(key);
    key = kKey;
    key.consumer.name = "d";
    const auto other_consumer = claim(key);
    key = kKey;
    key.consumer.created_s = 6;
    const auto later_namesake = claim(key);
    EXPECT_EQ(all_.size(), 4u);
}

TEST_F(SubscriptionsTest, APlaceThatIsLeftIsFreeAtOnce) {
    auto first = claim();
    first.place.reset();
    EXPECT_EQ(claim().admission, Admission::kGranted);
}

TEST_F(SubscriptionsTest, AfterFiveSecondsItMayBeTakenOver) {
    const auto first = claim();
    bool rung = false;
    listen(*first.place, rung);
    now_ += Millis(4'999);
    EXPECT_EQ(claim().admission, Admission::kActive);
    EXPECT_FALSE(first.place->taken_over());
    EXPECT_FALSE(rung);
    now_ += Millis(1);
    const auto second = claim();
    EXPECT_EQ(second.admission, Admission::kGranted);
    EXPECT_TRUE(first.place->taken_over());
    EXPECT_TRUE(rung);
    EXPECT_EQ(claim().admission, Admission::kActive) << "the time counts from the second's start";
}

TEST_F(SubscriptionsTest, WhoWasTakenOverLeavesTheSuccessorAlone) {
    auto first = claim();
    now_ += Millis(5'000);
    const auto second = claim();
    first.place.reset();
    EXPECT_EQ(all_.size(), 1u);
    EXPECT_EQ(claim().admission, Admission::kActive);
}

TEST_F(SubscriptionsTest, AChangeOfAStreamRingsForItsReadersOnly) {
    const auto mine = claim();
    SubscriptionKey key = kKey;
    key.consumer.stream = StreamUid(2);
    const auto others = claim(key);
    bool rung = false;
    bool others_rung = false;
    listen(*mine.place, rung);
    listen(*others.place, others_rung);
    all_.stream_changed(StreamUid(1));
    EXPECT_TRUE(rung);
    EXPECT_FALSE(others_rung);
    all_.stream_changed(StreamUid(2));
    EXPECT_TRUE(others_rung);
}

TEST(SubscriptionsLimited, OneCallASecondIsAdmitted) {
    Subscriptions all(true);
    SteadyTime now{std::chrono::hours(1)};
    EXPECT_EQ(all.claim(kKey, now).admission, Admission::kGranted);
    now += Millis(999);
    EXPECT_EQ(all.claim(kKey, now).admission, Admission::kTooOften);
    SubscriptionKey other = kKey;
    other.shard_no = model::ShardNo(1);
    EXPECT_EQ(all.claim(other, now).admission, Admission::kGranted);
    now += Millis(1);
    EXPECT_EQ(all.claim(kKey, now).admission, Admission::kGranted);
    EXPECT_EQ(all.claim(other, now).admission, Admission::kTooOften);
}

TEST(Bell, KeepsARingUntilSomebodyWaits) {
    Bell bell;
    auto rope = bell.rope();
    rope();
    rope();
    bool heard = false;
    start(bell.wait(), Callback<void(bool)>([&heard](bool) { heard = true; }));
    EXPECT_TRUE(heard);
    heard = false;
    start(bell.wait(), Callback<void(bool)>([&heard](bool) { heard = true; }));
    EXPECT_FALSE(heard) << "two rings count as one";
    rope();
    EXPECT_TRUE(heard);
}

TEST(Bell, ARopeMayOutliveIt) {
    Callback<void()> rope;
    {
        const Bell bell;
        rope = bell.rope();
    }
    rope();
}

}  // namespace
}  // namespace millrace::stream
