// The header compiles alone: nothing is included before it.
#include "millrace/options.h"

#include <gtest/gtest.h>

TEST(PublicHeader, OptionsStandAlone) {
    EXPECT_EQ(millrace::Options{}.durability, millrace::Durability::kPower);
}
