// Sealing, dropping and trimming.
#include <gtest/gtest.h>

#include <string>

#include "contract/engine_contract.h"

namespace millrace::test {

using storage::AppendStatus;
using storage::Locate;
using storage::Position;

TEST_P(EngineContract, NothingIsCommittedAfterASeal) {
    ASSERT_TRUE(create({kShard, kOther}));
    const auto results = append_row(kShard, 5);
    const auto ends = seal({kShard});
    ASSERT_EQ(ends.size(), 1U);
    EXPECT_GT(ends[0], results.back().position);
    for (int round = 0; round < 2; ++round) {
        const auto mixed =
            append({{kShard, "k", {}, wall_time(2000), 0}, {kOther, "k", {}, wall_time(2000), 0}});
        EXPECT_EQ(mixed[0].status, AppendStatus::kClosed);
        EXPECT_EQ(mixed[1].status, AppendStatus::kCommitted);
        EXPECT_EQ(all(kShard).size(), 5U);
        reopen();
    }
}

TEST_P(EngineContract, SealIsIdempotent) {
    ASSERT_TRUE(create({kShard, kOther}));
    append_row(kShard, 5);
    const auto ends = seal({kShard});
    const auto both = seal({kOther, kShard});
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(both[1], ends[0]);
    reopen();
    EXPECT_EQ(seal({kOther, kShard}), both);
    ASSERT_TRUE(create({kShard, kOther}));
    EXPECT_EQ(append(kShard, "k", "x").status, AppendStatus::kClosed)
        << "create opens nothing again";
}

TEST_P(EngineContract, AtEndIsToldWithTheLastRecordsAndAfter) {
    ASSERT_TRUE(create({kShard, kOther}));
    const auto results = append_row(kShard, 5);
    EXPECT_FALSE(read_from(Position(0)).at_end);
    const auto ends = seal({kShard, kOther});
    for (int round = 0; round < 2; ++round) {
        const auto part = read_from(Position(0), 4);
        EXPECT_EQ(part.records.size(), 4U);
        EXPECT_FALSE(part.at_end);
        const auto rest = read_from(part.next, 4);
        EXPECT_EQ(rest.records.size(), 1U);
        // A seal may cost a position: then the end is told by the read that passes it.
        const auto end = rest.at_end ? rest : read_from(rest.next);
        EXPECT_TRUE(end.at_end);
        EXPECT_TRUE(read_from(end.next).at_end);
        EXPECT_TRUE(read_from(ends[0]).at_end);
        EXPECT_TRUE(read_from(Position(1'000'000)).at_end);
        EXPECT_TRUE(read_from(Position(0), 100, 1 << 20, wall_time(5000)).at_end);
        EXPECT_TRUE(read({kOther, Position(0), 10, 10, {}}).at_end) << "sealed empty";
        EXPECT_EQ(locate(kShard, {Locate::What::kAtTime, wall_time(9000)}),
                  locate(kShard, {Locate::What::kTip, {}}));
        reopen();
    }
}

TEST_P(EngineContract, DropIsIdempotentAndFinal) {
    ASSERT_TRUE(create({kShard, kOther}));
    append_row(kShard, 5, std::string(10'000, 'x'));
    append_row(kOther, 3);
    for (int round = 0; round < 2; ++round) {
        ASSERT_TRUE(drop({kShard}));
        ASSERT_TRUE(drop({kShard, kThird}));
        EXPECT_EQ(append(kShard, "k", "x").status, AppendStatus::kRejected);
        const auto gone = run([&] { return engine().read({kShard, Position(0), 1, 1, {}}); });
        ASSERT_FALSE(gone);
        EXPECT_EQ(gone.error().code, Errc::kNotFound);
        const auto located = run([&] { return engine().locate(kShard, {}); });
        ASSERT_FALSE(located);
        EXPECT_EQ(located.error().code, Errc::kNotFound);
        EXPECT_EQ(all(kOther).size(), 3U);
        reopen();
    }
}

TEST_P(EngineContract, ASealedShardCanBeDropped) {
    ASSERT_TRUE(create({kShard}));
    append_row(kShard, 5);
    seal({kShard});
    ASSERT_TRUE(drop({kShard}));
    reopen();
    EXPECT_EQ(append(kShard, "k", "x").status, AppendStatus::kRejected);
}

TEST_P(EngineContract, ShardsComeAndGoInGreatNumber) {
    for (std::uint64_t stream = 100; stream < 150; ++stream) {
        const std::vector<storage::ShardKey> shards = {{stream, 0}, {stream, 1}, {stream, 2}};
        ASSERT_TRUE(create(shards));
        ASSERT_EQ(append(shards[1], "k", "x").status, AppendStatus::kCommitted);
        if (stream % 3 != 0) {
            ASSERT_TRUE(drop(shards));
        }
    }
    reopen();
    for (std::uint64_t stream = 100; stream < 150; ++stream) {
        const auto result = run([&] {
            return engine().read({{stream, 1}, Position(0), 10, 10, {}});
        });
        ASSERT_EQ(result.has_value(), stream % 3 == 0) << stream;
    }
}

TEST_P(EngineContract, TrimKeepsWhatIsNotOlder) {
    ASSERT_TRUE(create({kShard}));
    const auto results = append_row(kShard, 200, std::string(2000, 'x'));
    ASSERT_TRUE(trim(kShard, wall_time(1100)));
    for (int round = 0; round < 2; ++round) {
        const auto found = all(kShard, Position(0), wall_time(1100));
        ASSERT_EQ(found.size(), 100U);
        for (std::size_t i = 0; i < found.size(); ++i)
            ASSERT_EQ(found[i].position, results[100 + i].position);
        const auto older = all(kShard);
        ASSERT_GE(older.size(), 100U);
        ASSERT_EQ(older.back().position, results.back().position);
        const auto first = read_from(locate(kShard, {Locate::What::kAtTime, wall_time(1100)}), 1);
        ASSERT_EQ(first.records.size(), 1U);
        ASSERT_EQ(first.records[0].position, results[100].position);
        reopen();
    }
}

TEST_P(EngineContract, TrimmingEverythingForgetsNeitherPositionNorStamp) {
    ASSERT_TRUE(create({kShard}));
    auto last = append_row(kShard, 100, std::string(2000, 'x')).back();
    const std::string data(2000, 'y');
    for (int round = 0; round < 4; ++round) {
        ASSERT_TRUE(trim(kShard, last.stamp + Millis(1)));
        if (round % 2 == 1)
            reopen();
        ASSERT_TRUE(all(kShard, Position(0), last.stamp + Millis(1)).empty());
        ASSERT_GT(locate(kShard, {Locate::What::kTip, {}}), last.position);
        const auto next = append(kShard, "k", data, wall_time(1));
        ASSERT_EQ(next.status, AppendStatus::kCommitted);
        ASSERT_GT(next.position, last.position);
        ASSERT_EQ(next.stamp, last.stamp);
        last = append(kShard, "k", data, last.stamp + Millis(10));
        ASSERT_EQ(all(kShard).back().position, last.position);
    }
}

TEST_P(EngineContract, TrimmingASealedShardLeavesItsEnd) {
    ASSERT_TRUE(create({kShard}));
    append_row(kShard, 50, std::string(5000, 'x'));
    const auto ends = seal({kShard});
    ASSERT_TRUE(trim(kShard, wall_time(9000)));
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(seal({kShard}), ends);
        EXPECT_TRUE(all(kShard, Position(0), wall_time(9000)).empty());
        EXPECT_TRUE(read_from(Position(0), 100, 1 << 20, wall_time(9000)).at_end);
        EXPECT_EQ(append(kShard, "k", "x").status, AppendStatus::kClosed);
        reopen();
    }
}

}  // namespace millrace::test
