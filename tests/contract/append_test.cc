// Appending, creating and what a read gives back of it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "contract/engine_contract.h"

namespace millrace::test {

using storage::AppendResult;
using storage::AppendStatus;
using storage::NewRecord;
using storage::Position;
using storage::ShardKey;

TEST_P(EngineContract, CreateIsIdempotent) {
    ASSERT_TRUE(create({kShard, kOther}));
    ASSERT_EQ(append(kShard, "k", "one").status, AppendStatus::kCommitted);
    ASSERT_TRUE(create({kShard, kOther, kThird}));
    EXPECT_EQ(all(kShard).size(), 1U);
    EXPECT_EQ(append(kThird, "k", "x").status, AppendStatus::kCommitted);
    ASSERT_TRUE(create({}));
}

TEST_P(EngineContract, ANewShardIsEmptyAndOpen) {
    ASSERT_TRUE(create({kShard}));
    const auto result = read_from(Position(0));
    EXPECT_TRUE(result.records.empty());
    EXPECT_FALSE(result.at_end);
    EXPECT_GE(result.next, result.tip);
}

TEST_P(EngineContract, CallsOnAShardThatIsNotThereAreRefused) {
    EXPECT_EQ(append(kShard, "k", "x").status, AppendStatus::kRejected);
    const auto read = run([&] { return engine().read({kShard, Position(0), 1, 1, {}}); });
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, Errc::kNotFound);
    const auto located = run([&] { return engine().locate(kShard, {}); });
    ASSERT_FALSE(located);
    EXPECT_EQ(located.error().code, Errc::kNotFound);
}

TEST_P(EngineContract, EachShardOfACallKeepsItsOrder) {
    ASSERT_TRUE(create({kShard, kOther}));
    std::vector<NewRecord> records;
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i)
        texts.push_back(std::to_string(i));
    for (int i = 0; i < 300; ++i) {
        const auto shard = i % 10 == 3  ? kThird
                           : i % 3 == 0 ? kOther
                                        : kShard;  // kThird is not there
        records.push_back({shard, texts[static_cast<std::size_t>(i)], {}, wall_time(5), 0});
    }
    const auto results = append(records);
    ASSERT_EQ(results.size(), records.size());
    for (const auto shard : {kShard, kOther}) {
        std::vector<Found> expected;
        for (std::size_t i = 0; i < records.size(); ++i) {
            if (records[i].shard == kThird) {
                EXPECT_EQ(results[i].status, AppendStatus::kRejected);
                continue;
            }
            EXPECT_EQ(results[i].status, AppendStatus::kCommitted);
            if (records[i].shard != shard)
                continue;
            if (!expected.empty()) {
                EXPECT_GT(results[i].position, expected.back().position);
            }
            Found& one = expected.emplace_back();
            one.position = results[i].position;
            one.stamp = wall_time(5);
            one.key = texts[i];
        }
        EXPECT_EQ(all(shard), expected);
    }
}

TEST_P(EngineContract, PositionsIncreaseFromCallToCall) {
    ASSERT_TRUE(create({kShard}));
    Position last;
    for (int i = 0; i < 50; ++i) {
        const AppendResult result = append(kShard, "k", "x");
        ASSERT_EQ(result.status, AppendStatus::kCommitted);
        if (i > 0) {
            ASSERT_GT(result.position, last);
        }
        last = result.position;
        ASSERT_EQ(all(kShard).size(), static_cast<std::size_t>(i + 1)) << "readable at once";
    }
}

TEST_P(EngineContract, StampsNeverDecrease) {
    ASSERT_TRUE(create({kShard, kOther}));
    const auto results = append({{kShard, "a", {}, wall_time(1000), 0},
                                 {kShard, "b", {}, wall_time(900), 0},
                                 {kOther, "c", {}, wall_time(500), 0},
                                 {kShard, "d", {}, wall_time(1200), 0}});
    const auto later = append(kShard, "e", "", wall_time(10));
    reopen();
    const auto last = append(kShard, "f", "", wall_time(20));
    EXPECT_EQ(results[0].stamp, wall_time(1000));
    EXPECT_EQ(results[1].stamp, wall_time(1000));
    EXPECT_EQ(results[2].stamp, wall_time(500));
    EXPECT_EQ(results[3].stamp, wall_time(1200));
    EXPECT_EQ(later.stamp, wall_time(1200));
    EXPECT_EQ(last.stamp, wall_time(1200));
    std::vector<WallTime> stamps;
    for (const Found& found : all(kShard))
        stamps.push_back(found.stamp);
    EXPECT_EQ(stamps, (std::vector<WallTime>{wall_time(1000), wall_time(1000), wall_time(1200),
                                             wall_time(1200), wall_time(1200)}));
}

TEST_P(EngineContract, GivesBackTheVeryBytes) {
    ASSERT_TRUE(create({kShard}));
    std::string every;
    for (int i = 0; i < 256; ++i)
        every += static_cast<char>(i);
    const std::string long_key(1024, '\xff');
    const std::string large(10 << 20, 'L');
    std::vector<Found> expected;
    const auto put = [&](std::string_view key, std::string_view data, std::uint8_t attributes) {
        const auto result = append({{kShard, key, as_bytes(data), wall_time(9), attributes}}).at(0);
        ASSERT_EQ(result.status, AppendStatus::kCommitted);
        Found& one = expected.emplace_back();
        one.position = result.position;
        one.stamp = result.stamp;
        one.key = key;
        one.data = data;
        one.attributes = attributes;
    };
    put("k", "", 0);
    put(every, every, 255);
    put(std::string_view("\0", 1), std::string_view("\0\0", 2), 1);
    put(long_key, large, 0);
    put("k", "after", 0);
    EXPECT_TRUE(all(kShard) == expected);
    reopen();
    EXPECT_TRUE(all(kShard) == expected);
}

TEST_P(EngineContract, OneCallMayGoToManyShardsInTurns) {
    std::vector<ShardKey> shards;
    for (std::uint32_t number = 0; number < 40; ++number) {
        shards.push_back({77, number});
    }
    ASSERT_TRUE(create(shards));
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < shards.size() * 5; ++i) {
        texts.push_back(std::to_string(i));
    }
    std::vector<NewRecord> records;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        records.push_back({shards[i % shards.size()], "k", as_bytes(texts[i]), wall_time(9), 0});
    }
    const auto results = append(records);
    ASSERT_EQ(results.size(), records.size());
    for (std::size_t i = 0; i < results.size(); ++i) {
        EXPECT_EQ(results[i].status, AppendStatus::kCommitted);
        if (i >= shards.size()) {
            EXPECT_GT(results[i].position, results[i - shards.size()].position);
        }
    }
    for (std::size_t shard = 0; shard < shards.size(); ++shard) {
        const std::vector<Found> found = all(shards[shard]);
        ASSERT_EQ(found.size(), 5U);
        for (std::size_t round = 0; round < found.size(); ++round) {
            EXPECT_EQ(found[round].data, texts[round * shards.size() + shard]);
        }
    }
}

TEST_P(EngineContract, AnAppendOfNothingAnswersNothing) {
    EXPECT_TRUE(append(std::vector<NewRecord>{}).empty());
}

TEST_P(EngineContract, EverythingSurvivesAReopen) {
    ASSERT_TRUE(create({kShard, kOther, kThird}));
    std::vector<Found> before;
    for (int round = 0; round < 4; ++round) {
        const std::string data(50'000, static_cast<char>('a' + round));
        for (int i = 0; i < 5; ++i)
            ASSERT_EQ(append(kShard, "k", data).status, AppendStatus::kCommitted);
        const auto found = all(kShard);
        ASSERT_EQ(found.size(), before.size() + 5);
        ASSERT_TRUE(std::equal(before.begin(), before.end(), found.begin()));
        before = found;
        if (round == 1)
            seal({kOther});
        if (round == 2) {
            ASSERT_TRUE(drop({kThird}));
        }
        reopen();
        ASSERT_TRUE(all(kShard) == before);
        EXPECT_EQ(append(kOther, "k", "x").status,
                  round >= 1 ? AppendStatus::kClosed : AppendStatus::kCommitted);
        EXPECT_EQ(append(kThird, "k", "x").status,
                  round >= 2 ? AppendStatus::kRejected : AppendStatus::kCommitted);
    }
}

}  // namespace millrace::test
