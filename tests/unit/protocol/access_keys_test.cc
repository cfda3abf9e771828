#include "protocol/access_keys.h"

#include <gtest/gtest.h>

namespace millrace::protocol {
namespace {

TEST(AccessKeys, AreFoundById) {
    const AccessKeys keys({{"b", "2", "", ""}, {"a", "1", "", ""}});
    EXPECT_EQ(keys.find("a")->secret, "1");
    EXPECT_EQ(keys.find("b")->secret, "2");
    for (const char* const other : {"", "A", "aa", "c"})
        EXPECT_EQ(keys.find(other), nullptr) << other;
}

}  // namespace
}  // namespace millrace::protocol
