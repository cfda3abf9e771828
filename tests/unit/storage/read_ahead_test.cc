#include "storage/read_ahead.h"

#include <gtest/gtest.h>

namespace millrace::storage {
namespace {

TEST(ReadAhead, KnowsAReaderByWhereItGoesOn) {
    ReadAhead ahead;
    EXPECT_FALSE(ahead.expects(Position(0)));
    ahead.note(Position(0), Position(10));
    EXPECT_FALSE(ahead.expects(Position(0)));
    EXPECT_TRUE(ahead.expects(Position(10)));
    ahead.note(Position(10), Position(25));
    EXPECT_FALSE(ahead.expects(Position(10)));
    EXPECT_TRUE(ahead.expects(Position(25)));
    ahead.note(Position(25), std::nullopt);
    EXPECT_FALSE(ahead.expects(Position(25)));
}

TEST(ReadAhead, WhoWasNotExpectedAndHasNoMoreToReadLeavesNoTrace) {
    ReadAhead ahead;
    ahead.note(Position(0), Position(10));
    for (std::uint64_t from = 20; from < 30; ++from) {
        ahead.note(Position(from), std::nullopt);
    }
    EXPECT_TRUE(ahead.expects(Position(10)));
}

TEST(ReadAhead, KnowsFourReadersAndThenTheNewest) {
    ReadAhead ahead;
    const auto known = [&](std::uint64_t reader) { return ahead.expects(Position(reader)); };
    for (std::uint64_t step = 0; step < 5; ++step) {
        for (std::uint64_t reader = 100; reader <= 400; reader += 100) {
            ahead.note(Position(reader + step), Position(reader + step + 1));
        }
    }
    EXPECT_TRUE(known(105) && known(205) && known(305) && known(405));
    ahead.note(Position(500), Position(505));
    EXPECT_TRUE(known(505));
    EXPECT_EQ(int{known(105)} + int{known(205)} + int{known(305)} + int{known(405)}, 3);
}

}  // namespace
}  // namespace millrace::storage
