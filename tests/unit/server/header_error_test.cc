// The header compiles alone: nothing is included before it.
#include "millrace/error.h"

#include <gtest/gtest.h>

TEST(PublicHeader, ErrorStandsAlone) {
    EXPECT_EQ(millrace::StartError{}.kind, millrace::StartError::Kind::kInternal);
}
