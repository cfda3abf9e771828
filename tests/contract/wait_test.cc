// wait_beyond: how a reader at the tip learns that there is more.
#include <gtest/gtest.h>

#include <memory>

#include "contract/engine_contract.h"

namespace millrace::test {

using storage::Locate;
using storage::Position;

TEST_P(EngineContract, RunsOnceWhenARecordComes) {
    ASSERT_TRUE(create({kShard, kOther}));
    Waiter waiter;
    wait(waiter, tip());
    append(kOther, "k", "x");
    EXPECT_EQ(ran(waiter), 0) << "another shard's record";
    append(kShard, "k", "x");
    EXPECT_TRUE(runs(waiter));
    append(kShard, "k", "y");
    settle();
    EXPECT_EQ(ran(waiter), 1);
    cancel(waiter);
}

TEST_P(EngineContract, RunsSoonButNotInsideTheCallIfTheTipIsBeyond) {
    ASSERT_TRUE(create({kShard}));
    append_row(kShard, 3);
    Waiter waiter;
    wait(waiter, Position(0));
    EXPECT_TRUE(runs(waiter));
    cancel(waiter);
}

TEST_P(EngineContract, TheTipItselfIsNotBeyondTheTip) {
    ASSERT_TRUE(create({kShard}));
    append_row(kShard, 3);
    Waiter at_tip;
    Waiter before;
    wait(at_tip, tip());
    wait(before, Position(tip().value() - 1));
    EXPECT_TRUE(runs(before));
    EXPECT_EQ(ran(at_tip), 0);
    cancel(at_tip);
    cancel(before);
}

TEST_P(EngineContract, WaitsForAPositionFarAhead) {
    ASSERT_TRUE(create({kShard}));
    const Position far(tip().value() + 20);
    Waiter waiter;
    wait(waiter, far);
    while (tip() <= far) {
        EXPECT_EQ(ran(waiter), 0);
        append(kShard, "k", "x");
    }
    EXPECT_TRUE(runs(waiter));
    cancel(waiter);
}

TEST_P(EngineContract, RunsWhenTheShardIsSealed) {
    ASSERT_TRUE(create({kShard}));
    append_row(kShard, 3);
    Waiter waiter;
    Waiter far;
    wait(waiter, tip());
    wait(far, Position(tip().value() + 1000));
    seal({kShard});
    EXPECT_TRUE(runs(waiter));
    EXPECT_TRUE(runs(far)) << "the end is known";
    Waiter late;
    wait(late, Position(tip().value() + 1000));
    EXPECT_TRUE(runs(late));
    cancel(waiter);
    cancel(far);
    cancel(late);
}

TEST_P(EngineContract, RunsWhenTheShardIsDropped) {
    ASSERT_TRUE(create({kShard}));
    Waiter waiter;
    wait(waiter, tip());
    ASSERT_TRUE(drop({kShard}));
    EXPECT_TRUE(runs(waiter)) << "the end is known: there is none any more";
    cancel(waiter);
}

TEST_P(EngineContract, DestroyingTheHandleCancels) {
    ASSERT_TRUE(create({kShard}));
    Waiter cancelled;
    Waiter other;
    wait(cancelled, tip());
    wait(other, tip());
    cancel(cancelled);
    append(kShard, "k", "x");
    EXPECT_TRUE(runs(other));
    settle();
    EXPECT_EQ(ran(cancelled), 0);
    cancel(other);
}

TEST_P(EngineContract, DestroyingTheHandleCancelsWhatIsAlreadyOnItsWay) {
    ASSERT_TRUE(create({kShard}));
    append_row(kShard, 3);
    Waiter waiter;
    executor_.run([&] {
        waiter.handle = engine().wait_beyond(kShard, Position(0), [&] { ++waiter.ran; });
        waiter.handle.reset();
    });
    settle();
    EXPECT_EQ(ran(waiter), 0);
}

TEST_P(EngineContract, TheCallbackMayLetItsHandleGoAndWaitAgain) {
    ASSERT_TRUE(create({kShard}));
    int ran = 0;
    std::unique_ptr<storage::WaitHandle> handle;
    Callback<void()> again = [&] {
        ++ran;
        handle = engine().wait_beyond(kShard, Position(1'000'000), [&] { ran += 100; });
    };
    executor_.run([&] { handle = engine().wait_beyond(kShard, Position(0), std::move(again)); });
    append(kShard, "k", "x");
    append(kShard, "k", "x");
    EXPECT_TRUE(becomes([&] { return ran > 0; }));
    settle();
    executor_.run([&] {
        EXPECT_EQ(ran, 1);
        handle.reset();
    });
}

TEST_P(EngineContract, ManyWaitForOneRecord) {
    ASSERT_TRUE(create({kShard}));
    std::vector<Waiter> waiters(100);
    for (Waiter& waiter : waiters)
        wait(waiter, tip());
    append(kShard, "k", "x");
    for (Waiter& waiter : waiters)
        EXPECT_TRUE(runs(waiter));
    for (Waiter& waiter : waiters)
        cancel(waiter);
}

}  // namespace millrace::test
