// The header compiles alone: nothing is included before it.
#include "millrace/version.h"

#include <gtest/gtest.h>

TEST(PublicHeader, VersionStandsAlone) {
    EXPECT_FALSE(millrace::kVersion.empty());
}
