#include "env/entropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace millrace::env {
namespace {

TEST(SystemEntropy, FillsAllOfIt) {
    SystemEntropy entropy;
    std::vector<std::byte> bytes(100'000);  // more than one call gives
    entropy.fill(bytes);
    for (auto at = bytes.begin(); at != bytes.end(); at += 1000)
        EXPECT_TRUE(std::any_of(at, at + 1000, [](std::byte b) { return b != std::byte{0}; }));
    entropy.fill({});
}

TEST(SystemEntropy, DoesNotRepeat) {
    SystemEntropy entropy;
    std::set<std::uint64_t> seen;
    for (int i = 0; i < 1000; ++i)
        seen.insert(entropy.u64());
    EXPECT_EQ(seen.size(), 1000U);
}

}  // namespace
}  // namespace millrace::env
