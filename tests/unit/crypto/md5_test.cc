#include "crypto/md5.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "base/hex.h"
#include "crypto/md5_lanes.h"

namespace millrace::crypto {
namespace {

TEST(Md5, MatchesTheVectorsOfItsRfc) {
    EXPECT_EQ(to_hex(md5(as_bytes(""))), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(to_hex(md5(as_bytes("a"))), "0cc175b9c0f1b6a831c399e269772661");
    EXPECT_EQ(to_hex(md5(as_bytes("message digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(to_hex(md5(as_bytes("1234567890123456789012345678901234567890"
                                  "1234567890123456789012345678901234567890"))),
              "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, OneDigestLeavesNoTraceInTheNext) {
    const std::string long_input(100'000, 'x');
    const Md5Digest first = md5(as_bytes("key"));
    md5(as_bytes(long_input));
    EXPECT_EQ(md5(as_bytes("key")), first);
}

TEST(Md5, WorksOnEveryThread) {
    const Md5Digest here = md5(as_bytes("key"));
    Md5Digest there{};
    std::thread([&] { there = md5(as_bytes("key")); }).join();
    EXPECT_EQ(there, here);
}

// Of every length around the blocks' ends, on their own and among others.
TEST(Md5, ManyAtOnceAreHashedAsOneByOne) {
    std::mt19937 random(1321);
    for (int round = 0; round < 2000; ++round) {
        const std::size_t longest = round % 4 == 0 ? 140 : kMd5LaneBytesMax;
        std::vector<std::string> texts(random() % 40);
        std::vector<Bytes> inputs;
        std::vector<Md5Digest> expected;
        for (std::string& text : texts) {
            text.resize(random() % (longest + 1));
            for (char& c : text)
                c = static_cast<char>(random());
            inputs.push_back(as_bytes(text));
            expected.push_back(md5(inputs.back()));
        }
        std::vector<Md5Digest> digests(inputs.size());
        md5(inputs, digests);
        ASSERT_EQ(digests, expected) << round;
    }
}

TEST(Md5, EveryLaneIsHashedAlone) {
    if (!md5_lanes_run_here())
        return;  // the digests of many are then those one by one
    for (std::size_t size = 0; size <= kMd5LaneBytesMax; ++size) {
        const std::string text(size, 'k');
        for (std::size_t lane = 0; lane < kMd5Lanes; ++lane) {
            std::array<Bytes, kMd5Lanes> inputs{};
            std::array<Md5Digest, kMd5Lanes> expected;
            expected.fill(md5({}));
            inputs[lane] = as_bytes(text);
            expected[lane] = md5(inputs[lane]);
            std::array<Md5Digest, kMd5Lanes> digests;
            md5_lanes(inputs, digests);
            ASSERT_EQ(digests, expected) << size << " in lane " << lane;
        }
    }
}

}  // namespace
}  // namespace millrace::crypto
