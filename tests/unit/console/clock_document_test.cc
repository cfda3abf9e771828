#include "console/clock_document.h"

#include <gtest/gtest.h>

namespace millrace::console {
namespace {

TEST(ClockDocument, TellsTheTimeInSeconds) {
    EXPECT_EQ(write_clock({wall_time(1'795'778'483'007), true, Millis(3'600'000)}),
              "{\"now\":1795778483.007,\"frozen\":true,\"ahead\":3600.0}\n");
}

TEST(ClockDocument, ReadsWhatThereIs) {
    const auto none = read_clock_order("{}");
    ASSERT_TRUE(none);
    EXPECT_FALSE(none.value().frozen || none.value().now);
    EXPECT_EQ(none.value().advance, Millis(0));
    const auto all = read_clock_order(R"({"advance":0.0015,"now":0,"frozen":false})");
    ASSERT_TRUE(all);
    EXPECT_EQ(all.value().frozen, false);
    EXPECT_EQ(all.value().now, wall_time(0));
    EXPECT_EQ(all.value().advance, Millis(2)) << "to the nearest millisecond";
}

TEST(ClockDocument, RefusesWhatItDoesNotKnow) {
    for (const std::string_view wrong :
         {"", "{", "null", "1", "[{}]", "{\"advance\":-0.001}", "{\"advance\":1e300}",
          "{\"advance\":10000000001}", "{\"advance\":true}", "{\"now\":\"2026-01-01\"}",
          "{\"frozen\":null}", "{\"Frozen\":true}", "{\"advance\":1} {}"}) {
        const auto order = read_clock_order(wrong);
        ASSERT_FALSE(order) << wrong;
        EXPECT_EQ(order.error().code, Errc::kInvalid);
        EXPECT_EQ(order.error().message.find('\n'), std::string::npos);
    }
}

}  // namespace
}  // namespace millrace::console
