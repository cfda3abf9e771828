#include "wire/http_date.h"

#include <gtest/gtest.h>

namespace millrace::wire {
namespace {

TEST(HttpDate, IsWrittenAsTheStandardWantsIt) {
    EXPECT_EQ(http_date(wall_time(784887151'999)), "Tue, 15 Nov 1994 08:12:31 GMT");
    EXPECT_EQ(http_date(wall_time(0)), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(wall_time(1709208000'000)), "Thu, 29 Feb 2024 12:00:00 GMT");
}

}  // namespace
}  // namespace millrace::wire
