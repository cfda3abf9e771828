#include "stream/bucket.h"

#include <gtest/gtest.h>

namespace millrace::stream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr SteadyTime kStart{std::chrono::hours(1)};
constexpr std::uint64_t kMiB = 1 << 20;

// Takes as long as there is something to take, at most 100 times.
int takes(Bucket& bucket, Rate rate, std::uint64_t amount, SteadyTime now) {
    int taken = 0;
    while (taken < 100 && bucket.has(rate, amount, now)) {
        bucket.take(rate, amount, now);
        ++taken;
    }
    return taken;
}

TEST(Bucket, BeginsFullAndRefillsContinuously) {
    Bucket bucket;
    const Rate five = Rate::of(5);
    EXPECT_EQ(takes(bucket, five, 1, kStart), 5);
    EXPECT_EQ(takes(bucket, five, 1, kStart + milliseconds(199)), 0);
    EXPECT_EQ(takes(bucket, five, 1, kStart + milliseconds(200)), 1);
    EXPECT_EQ(takes(bucket, five, 1, kStart + milliseconds(800)), 3);
    EXPECT_FALSE(bucket.full(kStart + milliseconds(1'799)));
    EXPECT_TRUE(bucket.full(kStart + milliseconds(1'800)));
    EXPECT_EQ(takes(bucket, five, 1, kStart + seconds(1'000)), 5) << "it holds one second's worth";
}

TEST(Bucket, BytesAreExact) {
    Bucket bucket;
    const Rate rate = Rate::of(kMiB);
    EXPECT_EQ(takes(bucket, rate, kMiB, kStart), 1);
    EXPECT_FALSE(bucket.has(rate, 1, kStart));
    EXPECT_TRUE(bucket.has(rate, kMiB / 2, kStart + milliseconds(500)));
    EXPECT_FALSE(bucket.has(rate, kMiB / 2 + 1, kStart + milliseconds(500)));
    EXPECT_FALSE(bucket.has(rate, kMiB, kStart + milliseconds(999)));
    EXPECT_TRUE(bucket.has(rate, kMiB, kStart + milliseconds(1'000)));
}

TEST(Bucket, ABurstIsMoreThanASecondsWorth) {
    Bucket bucket;
    const Rate rate{kMiB, 10 * kMiB};
    EXPECT_EQ(takes(bucket, rate, kMiB, kStart), 10);
    EXPECT_EQ(takes(bucket, rate, kMiB, kStart + seconds(3)), 3);
    EXPECT_EQ(takes(bucket, rate, kMiB, kStart + seconds(300)), 10);
}

TEST(Bucket, WhatIsLargerThanItNeedsItFull) {
    Bucket bucket;
    const Rate rate = Rate::of(kMiB);
    bucket.take(rate, 1, kStart);
    EXPECT_FALSE(bucket.has(rate, 3 * kMiB, kStart));
    EXPECT_EQ(takes(bucket, rate, 3 * kMiB, kStart + milliseconds(1)), 1);
    EXPECT_FALSE(bucket.has(rate, 1, kStart + milliseconds(2'000)));
    EXPECT_TRUE(bucket.has(rate, 1, kStart + milliseconds(2'002)));
}

TEST(Bucket, WhatIsOverdrawnIsOwedWhole) {
    Bucket bucket;
    const Rate rate = Rate::of(2 * kMiB);
    EXPECT_LE(bucket.free_of_debt(rate), kStart);
    bucket.overdraw(rate, 2 * kMiB, kStart);
    EXPECT_LE(bucket.free_of_debt(rate), kStart) << "it was there";
    bucket.overdraw(rate, 10 * kMiB, kStart + seconds(1));
    EXPECT_EQ(bucket.free_of_debt(rate), kStart + seconds(6));
    bucket.overdraw(rate, 2 * kMiB, kStart + seconds(2));
    EXPECT_EQ(bucket.free_of_debt(rate), kStart + seconds(7)) << "debts add up";
}

TEST(Bucket, WithoutALimitNothingCounts) {
    Bucket bucket;
    const Rate none = Rate::of(0);
    EXPECT_EQ(takes(bucket, none, ~std::uint64_t{0}, kStart), 100);
    bucket.overdraw(none, kMiB, kStart);
    EXPECT_LE(bucket.free_of_debt(none), kStart);
    EXPECT_TRUE(bucket.full(kStart));
}

TEST(Bucket, TheLargestRateFits) {
    Bucket bucket;
    const Rate rate = Rate::of(Rate::kPerSecondMax);
    EXPECT_EQ(takes(bucket, rate, Rate::kPerSecondMax / 4, kStart), 4);
    bucket.overdraw(rate, 16 * kMiB, kStart);
    EXPECT_GT(bucket.free_of_debt(rate), kStart);
}

}  // namespace
}  // namespace millrace::stream
