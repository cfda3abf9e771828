#include "stream/settings.h"

#include <gtest/gtest.h>

namespace millrace::stream {
namespace {

const WallTime kNow = wall_time(1'000'000);

TEST(Settings, TheRestOfADelayIsWhatIsLeftOfIt) {
    Settings settings;
    settings.update_delay = Millis(10'000);
    EXPECT_EQ(settings.rest(kNow + Millis(4'000), kNow), Millis(4'000));
    EXPECT_EQ(settings.rest(kNow - Millis(4'000), kNow), Millis(0));
}

TEST(Settings, NothingWaitsLongerThanTheLongestDelay) {
    Settings settings;
    settings.create_delay = Millis(2'000);
    settings.consumer_delay = Millis(3'000);
    EXPECT_EQ(settings.rest(kNow + std::chrono::hours(5), kNow), Millis(3'000));
    EXPECT_EQ(Settings().rest(kNow + std::chrono::hours(5), kNow), Millis(0));
}

}  // namespace
}  // namespace millrace::stream
