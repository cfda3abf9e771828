#include "wire/address.h"

#include <gtest/gtest.h>

namespace millrace::wire {
namespace {

TEST(Address, IsReadAndWrittenBack) {
    for (const char* text : {"127.0.0.1:4567", "0.0.0.0:0", "[::]:65535", "[fe80::1]:1"}) {
        const Result<Address> address = parse_address(text);
        ASSERT_TRUE(address.has_value()) << text;
        EXPECT_EQ(to_string(address.value()), text);
    }
    EXPECT_EQ(parse_address("localhost:1").value(), (Address{"127.0.0.1", 1}));
}

TEST(Address, RefusesWhatIsNotOneAndSaysHowToWriteIt) {
    for (const char* text : {"", "4567", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:80",
                             "[127.0.0.1]:80", "example.com:80", "127.0.0.1:80x", "[]:1"}) {
        const Result<Address> address = parse_address(text);
        ASSERT_TRUE(address.has_error()) << text;
        EXPECT_NE(address.error().message.find("write ADDRESS:PORT"), std::string::npos);
    }
}

TEST(Address, LoopbackIsReachedFromHereAlone) {
    for (const char* text : {"127.0.0.1:1", "localhost:1", "127.9.9.9:1", "[::1]:1"})
        EXPECT_TRUE(is_loopback(parse_address(text).value())) << text;
    for (const char* text : {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "[fe80::1]:1"})
        EXPECT_FALSE(is_loopback(parse_address(text).value())) << text;
}

}  // namespace
}  // namespace millrace::wire
