// The header compiles alone: nothing is included before it.
#include "millrace/broker.h"

#include <gtest/gtest.h>

#include <type_traits>

TEST(PublicHeader, BrokerStandsAloneAndIsNotCopied) {
    EXPECT_FALSE(std::is_copy_constructible_v<millrace::Broker>);
}
