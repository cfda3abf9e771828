#include "wire/text.h"

#include <gtest/gtest.h>

#include <string>

namespace millrace::wire {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

TEST(Text, IsComparedWithoutRegardToCase) {
    EXPECT_TRUE(same_text("", ""));
    EXPECT_TRUE(same_text("Date", "dATE"));
    EXPECT_TRUE(same_text("x-amz-target", "X-Amz-Target"));
    EXPECT_TRUE(same_text("Transfer-Encoding", "transfer-encoding"));
    EXPECT_FALSE(same_text("Date", "Dates"));
    EXPECT_FALSE(same_text("x-amz-target", "x-amz-tarGex"));
}

// Any two bytes, at each place of short and long texts.
TEST(Text, OnlyLettersHaveACase) {
    for (std::size_t size = 1; size <= 20; ++size) {
        for (std::size_t at = 0; at < size; ++at) {
            std::string one(size, 'a');
            std::string other(size, 'A');
            for (int pair = 0; pair < 256 * 256; ++pair) {
                one[at] = static_cast<char>(pair & 255);
                other[at] = static_cast<char>(pair >> 8);
                ASSERT_EQ(same_text(one, other), lower(one[at]) == lower(other[at]))
                    << pair << " at " << at << " of " << size;
            }
        }
    }
}

}  // namespace
}  // namespace millrace::wire
