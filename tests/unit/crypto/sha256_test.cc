#include "crypto/sha256.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hex.h"

namespace millrace::crypto {
namespace {

TEST(Sha256, MatchesTheVectorsOfItsStandard) {
    EXPECT_EQ(to_hex(sha256(as_bytes(""))),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(to_hex(sha256(as_bytes("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, ItsHmacMatchesTheVectorsOfRfc4231) {
    EXPECT_EQ(to_hex(hmac_sha256(as_bytes(std::string(20, '\x0b')), as_bytes("Hi There"))),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    // A key longer than a block, and one of a block.
    EXPECT_EQ(
        to_hex(hmac_sha256(as_bytes(std::string(131, '\xaa')),
                           as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(to_hex(hmac_sha256(as_bytes(std::string(64, 'k')), {})),
              "83026a325aaee70e36cfe607536aa1054104ad1077c36134810d4ccded1ccd3b");
}

TEST(Sha256, SecretsAreTheSameOrNot) {
    EXPECT_TRUE(same_secret(as_bytes("abc"), as_bytes("abc")));
    EXPECT_TRUE(same_secret({}, {}));
    for (const char* const other : {"", "ab", "abcd", "abd", "bbc"})
        EXPECT_FALSE(same_secret(as_bytes("abc"), as_bytes(other))) << other;
}

}  // namespace
}  // namespace millrace::crypto
