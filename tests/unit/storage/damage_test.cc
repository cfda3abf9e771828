#include "storage/damage.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

TEST(DamageReport, HoldsEachStretchOnce) {
    DamageReport report;
    EXPECT_TRUE(report.all().empty());
    report.add({{1, 2}, "/a", 40, 10, Position(7)});
    report.add({{1, 2}, "/a", 40, 10, Position(7)});
    report.add({{1, 2}, "/a", 99, 10, Position(8)});
    report.add({{1, 2}, "/b", 40, 10, Position(7)});
    const auto found = report.all();
    ASSERT_EQ(found.size(), 3U);
    EXPECT_EQ(found[0].file, "/a");
    EXPECT_EQ(found[0].offset, 40U);
    EXPECT_EQ(found[0].bytes, 10U);
    EXPECT_EQ(found[0].first, Position(7));
    EXPECT_EQ(found[1].offset, 99U);
    EXPECT_EQ(found[2].file, "/b");
}

}  // namespace
}  // namespace millrace::storage
