#include "crypto/md5.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace millrace::crypto {
namespace {

std::string hex(const Md5Digest& digest) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const std::byte b : digest) {
        text += kDigits[std::to_integer<unsigned>(b) >> 4];
        text += kDigits[std::to_integer<unsigned>(b) & 15];
    }
    return text;
}

TEST(Md5, MatchesTheVectorsOfItsRfc) {
    EXPECT_EQ(hex(md5(as_bytes(""))), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex(md5(as_bytes("a"))), "0cc175b9c0f1b6a831c399e269772661");
    EXPECT_EQ(hex(md5(as_bytes("message digest"))), "f96b697d7cb7938d525a2f31aaf161d0");
    EXPECT_EQ(hex(md5(as_bytes("1234567890123456789012345678901234567890"
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

}  // namespace
}  // namespace millrace::crypto
