#include "storage/failures.h"

#include <gtest/gtest.h>

#include "unit/storage/store.h"

namespace millrace::storage {
namespace {

class FailuresTest : public Store {
protected:
    Failures failures{*parts};
    const Error why{Errc::kIo, "injected"};
};

TEST_F(FailuresTest, WhatFailedIsTriedAgainInTime) {
    EXPECT_TRUE(failures.may_retry()) << "nothing failed yet";
    failures.retry_later();
    EXPECT_FALSE(failures.may_retry());
    clock.advance(options.reopen_interval - Millis(1));
    EXPECT_FALSE(failures.may_retry());
    clock.advance(Millis(1));
    EXPECT_TRUE(failures.may_retry());
}

TEST_F(FailuresTest, AreRememberedUntilAllIsMended) {
    EXPECT_TRUE(failures.none());
    failures.complain(why);
    EXPECT_FALSE(failures.none());
    failures.mended();
    EXPECT_TRUE(failures.none());
    failures.complain(why);  // too soon to be told again
    EXPECT_FALSE(failures.none());
}

}  // namespace
}  // namespace millrace::storage
