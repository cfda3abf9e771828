// Reading and locating.
#include <gtest/gtest.h>

#include <string>

#include "contract/engine_contract.h"

namespace millrace::test {

using storage::AppendStatus;
using storage::Locate;
using storage::Position;

namespace {

Locate at_time(std::int64_t ms) {
    return {Locate::What::kAtTime, wall_time(ms)};
}
constexpr Locate kFirst{Locate::What::kFirst, {}};
constexpr Locate kTip{Locate::What::kTip, {}};

}  // namespace

TEST_P(EngineContract, ReturnsAtMostSoManyRecords) {
    ASSERT_TRUE(create({kShard}));
    const auto results = append_row(kShard, 10);
    Position from;
    std::size_t seen = 0;
    while (seen < 10) {
        const auto result = read_from(from, 3);
        ASSERT_FALSE(result.records.empty());
        ASSERT_LE(result.records.size(), 3U);
        for (const auto& record : result.records)
            ASSERT_EQ(record.position, results[seen++].position);
        ASSERT_GT(result.next, result.records.back().position);
        if (seen < 10) {
            ASSERT_LT(result.next, result.tip);
            ASSERT_LE(result.next, results[seen].position);
            ASSERT_EQ(result.next_stamp, results[seen].stamp);
        }
        from = result.next;
    }
    EXPECT_TRUE(read_from(from).records.empty());
}

TEST_P(EngineContract, ReturnsAtMostSoManyBytesButTheFirstRecordAlways) {
    ASSERT_TRUE(create({kShard}));
    append_row(kShard, 6, std::string(97, 'x'));  // 100 bytes with the key
    EXPECT_EQ(read_from(Position(0), 100, 300).records.size(), 3U);
    EXPECT_EQ(read_from(Position(0), 100, 299).records.size(), 2U);
    EXPECT_EQ(read_from(Position(0), 100, 99).records.size(), 1U);
    EXPECT_EQ(read_from(Position(0), 100, 0).records.size(), 1U);
}

TEST_P(EngineContract, TheHorizonIsExact) {
    ASSERT_TRUE(create({kShard}));
    const auto results = append_row(kShard, 10);
    for (int i = 0; i <= 10; ++i) {
        const auto result = read_from(Position(0), 1000, 1 << 20, wall_time(1000 + i));
        ASSERT_EQ(result.records.size(), static_cast<std::size_t>(10 - i));
        if (i < 10) {
            ASSERT_EQ(result.records.front().position,
                      results[static_cast<std::size_t>(i)].position);
        }
        ASSERT_GE(result.next, result.tip) << "skipped records are behind";
    }
}

TEST_P(EngineContract, ARecordSkippedByTheHorizonCostsNoLimit) {
    ASSERT_TRUE(create({kShard}));
    const auto results = append_row(kShard, 10);
    const auto result = read_from(Position(0), 1, 1 << 20, wall_time(1005));
    ASSERT_EQ(result.records.size(), 1U);
    EXPECT_EQ(result.records[0].position, results[5].position);
    EXPECT_EQ(result.next_stamp, results[6].stamp);
}

TEST_P(EngineContract, ReadsStartAtAnyPosition) {
    ASSERT_TRUE(create({kShard}));
    const auto results = append_row(kShard, 20);
    const auto tip = locate(kShard, kTip);
    for (std::uint64_t from = 0; from < tip.value() + 3; ++from) {
        const auto result = read_from(Position(from), 1);
        const auto due = std::find_if(results.begin(), results.end(), [&](const auto& one) {
            return one.position.value() >= from;
        });
        ASSERT_EQ(result.records.empty(), due == results.end()) << from;
        if (due != results.end()) {
            ASSERT_EQ(result.records[0].position, due->position);
        }
        ASSERT_GE(result.next.value(), from);
        ASSERT_EQ(result.tip, tip);
        ASSERT_FALSE(result.at_end);
    }
}

TEST_P(EngineContract, AReadPastTheTipFindsNothingAndStays) {
    ASSERT_TRUE(create({kShard}));
    append_row(kShard, 3);
    const auto result = read_from(Position(1'000'000));
    EXPECT_TRUE(result.records.empty());
    EXPECT_EQ(result.next, Position(1'000'000));
    EXPECT_FALSE(result.at_end);
}

TEST_P(EngineContract, WhatWasReadStaysValidAfterLaterCalls) {
    ASSERT_TRUE(create({kShard, kOther}));
    append_row(kShard, 5, std::string(10'000, 'x'));
    const auto result = read_from(Position(0));
    append_row(kShard, 100, std::string(10'000, 'y'));
    ASSERT_TRUE(drop({kShard}));
    ASSERT_EQ(result.records.size(), 5U);
    for (const auto& record : result.records)
        EXPECT_EQ(as_text(record.data), std::string(10'000, 'x'));
}

TEST_P(EngineContract, ReadsManyMoreRecordsThanACallReturns) {
    ASSERT_TRUE(create({kShard}));
    LogModel model;
    for (int round = 0; round < 40; ++round) {
        std::vector<const Sent*> sent;
        std::vector<storage::NewRecord> records;
        for (int i = 0; i < 100; ++i)
            sent.push_back(&model.send(kShard, std::string(static_cast<std::size_t>(i) * 7, 'd'),
                                       wall_time(1000 + round)));
        for (const Sent* one : sent)
            records.push_back(one->record());
        const auto results = append(records);
        for (std::size_t i = 0; i < results.size(); ++i)
            ASSERT_EQ(model.answered(*sent[i], results[i]), "");
    }
    EXPECT_EQ(model.committed(kShard), 4000U);
    EXPECT_EQ(model.check(kShard, all(kShard)), "");
    reopen();
    EXPECT_EQ(model.check(kShard, all(kShard)), "");
}

TEST_P(EngineContract, LocatesTheFirstRecordAndTheTip) {
    ASSERT_TRUE(create({kShard}));
    EXPECT_EQ(locate(kShard, kFirst), locate(kShard, kTip)) << "empty";
    const auto results = append_row(kShard, 5);
    const auto first = read_from(locate(kShard, kFirst), 1);
    ASSERT_EQ(first.records.size(), 1U);
    EXPECT_EQ(first.records[0].position, results[0].position);
    const Position tip = locate(kShard, kTip);
    EXPECT_GT(tip, results[4].position);
    EXPECT_EQ(read_from(Position(0)).tip, tip);
    const auto next = append(kShard, "k", "x");
    EXPECT_GE(next.position, tip) << "the tip is where the next record comes or before";
}

TEST_P(EngineContract, LocatesByTime) {
    ASSERT_TRUE(create({kShard}));
    EXPECT_EQ(locate(kShard, at_time(0)), locate(kShard, kTip)) << "empty";
    std::vector<storage::AppendResult> results;
    for (const int ms : {1000, 1000, 1010, 1010, 1010, 1030})
        results.push_back(append(kShard, "k", "x", wall_time(ms)));
    const auto first_from = [&](std::int64_t ms) {
        const auto found = read_from(locate(kShard, at_time(ms)), 1);
        return found.records.empty() ? Position(999'999) : found.records[0].position;
    };
    for (int round = 0; round < 2; ++round) {
        EXPECT_EQ(first_from(0), results[0].position);
        EXPECT_EQ(first_from(1000), results[0].position);
        EXPECT_EQ(first_from(1001), results[2].position);
        EXPECT_EQ(first_from(1010), results[2].position);
        EXPECT_EQ(first_from(1011), results[5].position);
        EXPECT_EQ(first_from(1030), results[5].position);
        EXPECT_EQ(locate(kShard, at_time(1031)), locate(kShard, kTip));
        reopen();
    }
}

TEST_P(EngineContract, LocatesByTimeAcrossMuchData) {
    ASSERT_TRUE(create({kShard}));
    std::vector<storage::AppendResult> results;
    const std::string data(3000, 'x');
    for (int i = 0; i < 300; ++i)
        results.push_back(append(kShard, "k", data, wall_time(1000 + 10 * i)));
    for (int round = 0; round < 2; ++round) {
        for (int i = 0; i < 300; i += 7) {
            for (const int early : {0, 3}) {
                const auto found = read_from(locate(kShard, at_time(1000 + 10 * i - early)), 1);
                ASSERT_EQ(found.records.size(), 1U);
                ASSERT_EQ(found.records[0].position, results[static_cast<std::size_t>(i)].position);
            }
        }
        reopen();
    }
}

}  // namespace millrace::test
