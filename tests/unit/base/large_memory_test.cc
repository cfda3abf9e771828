#include "base/large_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace millrace {
namespace {

class LargeMemory : public testing::Test {
protected:
    ~LargeMemory() override { free_large_memory(); }

    static constexpr std::size_t kBytes = 3 * kLargeBytes;
};

TEST_F(LargeMemory, MemoryOfOneThatIsDoneWithServesTheNext) {
    std::string text = text_with_room(kBytes);
    EXPECT_GE(text.capacity(), kBytes);
    text.assign(kBytes, 'x');
    const char* const memory = text.data();
    release_text(text);
    EXPECT_TRUE(text.empty());
    EXPECT_LT(text.capacity(), kLargeBytes);
    const std::string smaller = text_with_room(kBytes - 1);
    EXPECT_EQ(smaller.data(), memory);
    EXPECT_EQ(smaller, "");
    EXPECT_NE(text_with_room(kBytes).data(), memory) << "it is in use";
}

TEST_F(LargeMemory, WhatIsTooSmallIsNotTaken) {
    std::string text = text_with_room(kLargeBytes);
    release_text(text);
    EXPECT_GE(text_with_room(kBytes).capacity(), kBytes);
}

TEST_F(LargeMemory, SmallOnesAreNotKept) {
    std::string text = text_with_room(1000);
    EXPECT_GE(text.capacity(), 1000U);
    release_text(text);
    EXPECT_LT(text.capacity(), 1000U);
    EXPECT_EQ(text_with_room(0).capacity(), std::string().capacity());
}

TEST_F(LargeMemory, AFewOfTheLargestAreKeptUntilAllAreFreed) {
    std::vector<std::string> texts;
    for (std::size_t i = 1; i <= 8; ++i)
        texts.push_back(text_with_room(i * kLargeBytes));
    for (std::string& text : texts)
        release_text(text);
    std::vector<std::string> again;
    for (int i = 0; i < 5; ++i)
        again.push_back(text_with_room(kLargeBytes));
    for (int i = 0; i < 4; ++i)
        EXPECT_GE(again[static_cast<std::size_t>(i)].capacity(), 5 * kLargeBytes);
    EXPECT_LT(again[4].capacity(), 5 * kLargeBytes);
    for (std::string& text : again)
        release_text(text);
    free_large_memory();
    EXPECT_LT(text_with_room(kLargeBytes).capacity(), 5 * kLargeBytes);
}

TEST_F(LargeMemory, ABlockThatIsDoneWithServesTheNextOfItsSize) {
    auto block = large_block(kLargeBytes);
    const std::byte* const memory = block.get();
    std::fill_n(block.get(), kLargeBytes, std::byte{1});
    const auto other = large_block(kLargeBytes);
    EXPECT_NE(other.get(), memory);
    block = nullptr;
    EXPECT_NE(large_block(kLargeBytes - 1).get(), memory);
    EXPECT_EQ(large_block(kLargeBytes).get(), memory);
}

TEST_F(LargeMemory, BlocksOutliveTheirMakersAndWhatIsKept) {
    std::vector<std::shared_ptr<std::byte[]>> blocks;
    for (int i = 0; i < 40; ++i) {  // more than is kept
        blocks.push_back(large_block(kLargeBytes));
        std::fill_n(blocks.back().get(), kLargeBytes, static_cast<std::byte>(i));
    }
    free_large_memory();
    for (int i = 0; i < 40; ++i)
        EXPECT_EQ(blocks[static_cast<std::size_t>(i)][kLargeBytes - 1], static_cast<std::byte>(i));
    blocks.clear();
    free_large_memory();
}

TEST_F(LargeMemory, ThreadsNeverShareOne) {
    const auto work = [](char mine) {
        for (int i = 0; i < 200; ++i) {
            std::string text = text_with_room(kLargeBytes);
            text.assign(64, mine);
            std::this_thread::yield();
            EXPECT_EQ(text, std::string(64, mine));
            release_text(text);
        }
    };
    std::vector<std::thread> threads;
    for (const char mine : {'a', 'b', 'c', 'd', 'e', 'f'})
        threads.emplace_back(work, mine);
    for (std::thread& thread : threads)
        thread.join();
}

}  // namespace
}  // namespace millrace
