#include "base/recycled.h"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace millrace {
namespace {

using Block = std::pair<void*, std::size_t>;

Block block(std::size_t bytes, int fill) {
    void* const memory = allocate_recycled(bytes);
    std::memset(memory, fill, bytes);
    return {memory, bytes};
}

TEST(Recycled, BlocksInUseNeverOverlap) {
    for (int round = 0; round < 3; ++round) {
        std::vector<Block> blocks;
        for (const std::size_t bytes :
             {1U, 127U, 128U, 129U, 1000U, 4095U, 4096U, 4097U, 100000U}) {
            for (int i = 0; i < 200; ++i) {  // more than is kept
                blocks.push_back(block(bytes, static_cast<int>(blocks.size() & 0x7F)));
            }
        }
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const auto* const bytes = static_cast<const unsigned char*>(blocks[i].first);
            ASSERT_EQ(bytes[0], i & 0x7F);
            ASSERT_EQ(bytes[blocks[i].second - 1], i & 0x7F);
            free_recycled(blocks[i].first, blocks[i].second);
        }
    }
}

TEST(Recycled, MayBeFreedOnAnotherThreadAndAfterItsOwnEnded) {
    std::vector<Block> blocks;
    std::thread([&] {
        for (int i = 0; i < 300; ++i) {
            blocks.push_back(block(500, i & 0x7F));
        }
        free_recycled(blocks.back().first, 500);
        blocks.pop_back();
    }).join();
    for (const auto& [memory, bytes] : blocks) {
        free_recycled(memory, bytes);
    }
    std::thread([] { free_recycled(allocate_recycled(64), 64); }).join();
}

TEST(Recycled, NothingCanBeAllocatedToo) {
    void* const memory = allocate_recycled(0);
    EXPECT_NE(memory, nullptr);
    free_recycled(memory, 0);
}

TEST(Recycled, ServesContainers) {
    std::vector<int, RecyclingAllocator<int>> numbers;
    for (int i = 0; i < 10000; ++i) {
        numbers.push_back(i);
    }
    const auto copy = numbers;
    numbers.clear();
    numbers.shrink_to_fit();
    for (int i = 0; i < 10000; ++i) {
        ASSERT_EQ(copy[static_cast<std::size_t>(i)], i);
    }
}

}  // namespace
}  // namespace millrace
