#include "storage/waiters.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

WishPtr wish_beyond(std::uint64_t position) {
    auto wish = std::make_shared<Wish>();
    wish->position = Position(position);
    return wish;
}

// Runs what was posted when told to.
class Later final : public env::Executor {
public:
    void post(Callback<void()> run) override { posted.push_back(std::move(run)); }
    std::vector<Callback<void()>> posted;
};

TEST(Waiters, ATipFulfilsTheWishesBelowItOnce) {
    Waiters waiters;
    const WishPtr low = wish_beyond(4);
    const WishPtr high = wish_beyond(5);
    waiters.add(low);
    waiters.add(high);
    std::vector<WishPtr> granted;
    waiters.take(Position(4), false, granted);
    EXPECT_TRUE(granted.empty());
    waiters.take(Position(5), false, granted);
    EXPECT_EQ(granted, std::vector{low});
    granted.clear();
    waiters.take(Position(6), false, granted);
    EXPECT_EQ(granted, std::vector{high});
}

TEST(Waiters, TheEndFulfilsAll) {
    Waiters waiters;
    waiters.add(wish_beyond(100));
    std::vector<WishPtr> granted;
    waiters.take(Position(1), true, granted);
    EXPECT_EQ(granted.size(), 1U);
}

TEST(Waiters, TheCancelledAreForgotten) {
    Waiters waiters;
    const WishPtr taken = wish_beyond(1);
    const WishPtr swept = wish_beyond(1);
    waiters.add(taken);
    taken->open = false;
    std::vector<WishPtr> granted;
    waiters.take(Position(9), true, granted);
    EXPECT_TRUE(granted.empty());
    EXPECT_EQ(taken.use_count(), 1);
    waiters.add(swept);
    swept->open = false;
    waiters.sweep();
    EXPECT_EQ(swept.use_count(), 1);
}

TEST(Waiters, AWishIsFulfilledOnItsExecutorAndNeverInsideTheCall) {
    env::DiskPool pool(1);
    Later home;
    int runs = 0;
    const WishPtr wish = wish_beyond(1);
    wish->home = &home;
    wish->ready = [&] { ++runs; };
    fulfil(wish, pool);
    EXPECT_EQ(runs, 0);
    ASSERT_EQ(home.posted.size(), 1U);
    home.posted.front()();
    EXPECT_EQ(runs, 1);
    EXPECT_FALSE(wish->open);
}

TEST(Waiters, AWishCancelledOnTheWayIsNotFulfilled) {
    env::DiskPool pool(1);
    Later home;
    int runs = 0;
    const WishPtr wish = wish_beyond(1);
    wish->home = &home;
    wish->ready = [&] { ++runs; };
    fulfil(wish, pool);
    wish->open = false;
    home.posted.front()();
    EXPECT_EQ(runs, 0);
}

TEST(Waiters, WithoutAnExecutorAWishIsFulfilledOnThePool) {
    std::atomic<int> runs = 0;
    {
        env::DiskPool pool(1);
        const WishPtr wish = wish_beyond(1);
        wish->ready = [&] { ++runs; };
        fulfil(wish, pool);
    }
    EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace millrace::storage
