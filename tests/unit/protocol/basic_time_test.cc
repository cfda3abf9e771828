#include "protocol/basic_time.h"

#include <gtest/gtest.h>

namespace millrace::protocol {
namespace {

TEST(BasicTime, IsReadAndWritten) {
    for (const char* const text :
         {"20150830T123600Z", "20240229T235959Z", "19700101T000000Z", "99991231T000001Z"}) {
        const auto time = parse_basic_time(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(basic_time(*time), text);
    }
    EXPECT_EQ(parse_basic_time("20010909T014640Z"), WallSeconds(Seconds(1'000'000'000)));
}

TEST(BasicTime, IsNoOtherFormatAndOnTheCalendar) {
    for (const char* const text :
         {"", "20150830", "20150830T123600", "2015-08-30T12:36:00Z", "20150830t123600z",
          "20150830T1236000Z", "20151330T123600Z", "20150832T123600Z", "20150229T123600Z",
          "20150830T243600Z", "20150830T126000Z", "20150830T123660Z", "2015083 T123600Z",
          "-0150830T123600Z", "20150830T+23600Z"}) {
        EXPECT_FALSE(parse_basic_time(text)) << text;
    }
}

}  // namespace
}  // namespace millrace::protocol
