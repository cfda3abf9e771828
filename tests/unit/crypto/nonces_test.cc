#include "crypto/nonces.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <thread>
#include <vector>

namespace millrace::crypto {
namespace {

TEST(Nonces, CountUpFromTheirStart) {
    Nonces nonces(0x01020304, 0xfe);
    const Aead::Nonce first = nonces.next();
    EXPECT_EQ(load_le<std::uint32_t>(first.data()), 0x01020304u);
    EXPECT_EQ(load_le<std::uint64_t>(first.data() + 4), 0xfeu);
    EXPECT_EQ(load_le<std::uint64_t>(nonces.next().data() + 4), 0xffu);
    EXPECT_EQ(load_le<std::uint64_t>(nonces.next().data() + 4), 0x100u);
}

TEST(Nonces, NeverRepeatNotEvenPastTheEndOrBetweenThreads) {
    constexpr int kEach = 1000;
    Nonces nonces(7, std::numeric_limits<std::uint64_t>::max() - kEach);
    std::vector<std::vector<Aead::Nonce>> drawn(4);
    std::vector<std::thread> threads;
    for (auto& mine : drawn) {
        threads.emplace_back([&] {
            for (int i = 0; i < kEach; ++i) {
                mine.push_back(nonces.next());
            }
        });
    }
    std::set<Aead::Nonce> all;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        threads[i].join();
        all.insert(drawn[i].begin(), drawn[i].end());
    }
    EXPECT_EQ(all.size(), drawn.size() * kEach);
}

}  // namespace
}  // namespace millrace::crypto
