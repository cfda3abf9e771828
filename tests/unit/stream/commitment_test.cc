#include "stream/commitment.h"

#include <gtest/gtest.h>

namespace millrace::stream {
namespace {

using Status = Commitment::Status;
using std::chrono::hours;

const WallTime kNow = wall_time(1'700'000'000'000);

TEST(Commitment, IsPromisedForADayAtLeast) {
    const Commitment promised = Commitment{}.enabled(kNow);
    EXPECT_EQ(promised.status, Status::kEnabled);
    EXPECT_EQ(promised.started, kNow);
    EXPECT_EQ(promised.earliest_end, kNow + hours(24));
    EXPECT_EQ(promised.ended, std::nullopt);
    EXPECT_TRUE(promised.active());
    EXPECT_EQ(promised.enabled(kNow + hours(5)), promised) << "a promise repeated changes nothing";
    EXPECT_EQ(promised.at(kNow + hours(1000)), promised) << "nor does it end by itself";
}

TEST(Commitment, WithdrawnEarlyItEndsWhenTheDayIsOver) {
    const Commitment ending = Commitment{}.enabled(kNow).disabled(kNow + hours(23));
    EXPECT_EQ(ending.status, Status::kEndsWhenAllowed);
    EXPECT_TRUE(ending.active());
    EXPECT_EQ(ending.ended, std::nullopt);
    EXPECT_EQ(ending.at(kNow + hours(24) - Millis(1)), ending);

    const Commitment over = ending.at(kNow + hours(24));
    EXPECT_EQ(over.status, Status::kDisabled);
    EXPECT_EQ(over.ended, kNow + hours(24));
    EXPECT_FALSE(over.active());
    EXPECT_EQ(ending.disabled(kNow + hours(23)), ending);
}

TEST(Commitment, AWithdrawalCanBeTakenBack) {
    const Commitment promised = Commitment{}.enabled(kNow);
    const Commitment again = promised.disabled(kNow + hours(1)).enabled(kNow + hours(2));
    EXPECT_EQ(again, promised);
    const Commitment late = promised.disabled(kNow + hours(1)).enabled(kNow + hours(25));
    EXPECT_EQ(late.started, kNow + hours(25)) << "it had ended: this is a new one";
    EXPECT_EQ(late.ended, std::nullopt);
}

TEST(Commitment, WithdrawnLateItEndsAtOnce) {
    const Commitment over = Commitment{}.enabled(kNow).disabled(kNow + hours(24));
    EXPECT_EQ(over.status, Status::kDisabled);
    EXPECT_EQ(over.ended, kNow + hours(24));
    EXPECT_EQ(over.disabled(kNow + hours(99)), over);
    EXPECT_EQ(Commitment{}.disabled(kNow), Commitment{});
}

}  // namespace
}  // namespace millrace::stream
