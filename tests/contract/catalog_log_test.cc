// The catalog's log.
#include <gtest/gtest.h>

#include <string>

#include "contract/engine_contract.h"

namespace millrace::test {

using storage::Position;
using Commands = std::vector<std::string>;

TEST_P(EngineContract, ANewCatalogLogIsEmpty) {
    EXPECT_EQ(replay_.snapshot, "");
    EXPECT_TRUE(replay_.commands.empty());
    reopen();
    EXPECT_EQ(replay_.snapshot, "");
    EXPECT_TRUE(replay_.commands.empty());
}

TEST_P(EngineContract, CommandsComeBackInTheirOrder) {
    Commands expected;
    std::vector<Position> positions;
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 10; ++i) {
            expected.push_back(std::string(1, static_cast<char>(i)) + std::to_string(round) +
                               std::string(static_cast<std::size_t>(i) * 1000, '\xfe'));
            positions.push_back(commit(expected.back()));
            if (positions.size() > 1) {
                ASSERT_GT(positions.back(), positions[positions.size() - 2]);
            }
        }
        reopen();
        ASSERT_EQ(commands(), expected);
        for (std::size_t i = 0; i < positions.size(); ++i)
            ASSERT_EQ(replay_.commands[i].position, positions[i]);
    }
}

TEST_P(EngineContract, ASnapshotStandsForTheCommandsItCovers) {
    commit("1");
    const Position second = commit("2");
    commit("3");
    ASSERT_TRUE(run([&] { return catalog_log().snapshot(second, "state of 2"); }));
    const Position fourth = commit("4");
    reopen();
    EXPECT_EQ(replay_.snapshot, "state of 2");
    EXPECT_EQ(commands(), (Commands{"3", "4"}));
    const std::string large = std::string(1, '\0') + std::string(3 << 20, 's');
    ASSERT_TRUE(run([&] { return catalog_log().snapshot(fourth, large); }));
    reopen();
    EXPECT_TRUE(replay_.snapshot == large);
    EXPECT_EQ(commands(), Commands{});
    EXPECT_GT(commit("5"), fourth) << "positions go on after a snapshot of everything";
    reopen();
    EXPECT_TRUE(replay_.snapshot == large);
    EXPECT_EQ(commands(), Commands{"5"});
}

TEST_P(EngineContract, ManySnapshotsLeaveTheLast) {
    for (int i = 0; i < 30; ++i) {
        const Position at = commit(std::to_string(i));
        ASSERT_TRUE(run([&] { return catalog_log().snapshot(at, "s" + std::to_string(i)); }));
    }
    commit("last");
    reopen();
    EXPECT_EQ(replay_.snapshot, "s29");
    EXPECT_EQ(commands(), Commands{"last"});
}

TEST_P(EngineContract, TheCatalogAndTheShardsDoNotMix) {
    ASSERT_TRUE(create({kShard}));
    for (int i = 0; i < 10; ++i) {
        commit("command " + std::to_string(i));
        append(kShard, "k", "record " + std::to_string(i));
    }
    reopen();
    ASSERT_EQ(replay_.commands.size(), 10U);
    const auto found = all(kShard);
    ASSERT_EQ(found.size(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(replay_.commands[i].payload, "command " + std::to_string(i));
        EXPECT_EQ(found[i].data, "record " + std::to_string(i));
    }
}

}  // namespace millrace::test
