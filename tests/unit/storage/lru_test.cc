#include "storage/lru.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

TEST(Lru, ForgetsTheLeastRecentlyUsed) {
    Lru<int> lru(2);
    lru.put("/a", std::make_shared<int>(1), 1);
    lru.put("/b", std::make_shared<int>(2), 1);
    ASSERT_NE(lru.find("/a"), nullptr);
    lru.put("/c", std::make_shared<int>(3), 1);
    EXPECT_EQ(lru.find("/b"), nullptr);
    EXPECT_EQ(*lru.find("/a"), 1);
    EXPECT_EQ(*lru.find("/c"), 3);
}

TEST(Lru, GoesByWeightAndKeepsTheNewestWhateverItWeighs) {
    Lru<int> lru(10);
    lru.put("/a", std::make_shared<int>(1), 4);
    lru.put("/b", std::make_shared<int>(2), 4);
    lru.put("/c", std::make_shared<int>(3), 8);
    EXPECT_EQ(lru.find("/a"), nullptr);
    EXPECT_EQ(lru.find("/b"), nullptr);
    EXPECT_EQ(*lru.find("/c"), 3);
    lru.put("/d", std::make_shared<int>(4), 100);
    EXPECT_EQ(lru.find("/c"), nullptr);
    EXPECT_EQ(*lru.find("/d"), 4);
}

TEST(Lru, ReplacingAndForgettingGiveTheirWeightBack) {
    Lru<int> lru(3);
    for (int i = 0; i < 10; ++i) {
        lru.put("/a", std::make_shared<int>(i), 2);
        lru.put("/b", std::make_shared<int>(i), 1);
    }
    EXPECT_EQ(*lru.find("/a"), 9);
    EXPECT_EQ(*lru.find("/b"), 9);
    lru.forget("/a");
    lru.forget("/a");
    EXPECT_EQ(lru.find("/a"), nullptr);
    lru.put("/c", std::make_shared<int>(1), 2);
    EXPECT_NE(lru.find("/b"), nullptr);
}

TEST(Lru, WhatIsInUseOutlivesItsEviction) {
    Lru<int> lru(1);
    lru.put("/a", std::make_shared<int>(1), 1);
    const auto held = lru.find("/a");
    lru.put("/b", std::make_shared<int>(2), 1);
    EXPECT_EQ(*held, 1);
}

}  // namespace
}  // namespace millrace::storage
