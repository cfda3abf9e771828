#include "stream/throttle.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "env/manual_clock.h"

namespace millrace::stream {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

class ThrottleTest : public ::testing::Test {
protected:
    ThrottleTest() {
        rates_.enforced = true;
        stream_.uid = StreamUid(7);
    }
    // Of 100 records to shard 0, those that are admitted now.
    int records(std::uint64_t bytes, std::uint32_t shard = 0) {
        int admitted = 0;
        for (int i = 0; i < 100; ++i) {
            admitted += throttle_.admits_record(stream_, model::ShardNo(shard), bytes) ? 1 : 0;
        }
        return admitted;
    }
    int reads() {
        int admitted = 0;
        for (int i = 0; i < 100; ++i) {
            admitted += throttle_.admits_read(key_) ? 1 : 0;
        }
        return admitted;
    }
    static CallKey call(std::string operation, std::string stream = "") {
        CallKey key;
        key.operation = std::move(operation);
        key.caller = {"123456789012", "us-east-1"};
        key.stream = model::StreamName(std::move(stream));
        return key;
    }
    int calls(const CallKey& key, std::uint64_t per_second) {
        int admitted = 0;
        for (int i = 0; i < 100; ++i) {
            admitted += throttle_.admits_call(key, per_second) ? 1 : 0;
        }
        return admitted;
    }

    env::ManualClock clock_;
    Rates rates_;
    Stream stream_;
    const storage::ShardKey key_{7, 0};
    Throttle throttle_{rates_, clock_};
};

TEST_F(ThrottleTest, AShardTakesAMebibyteASecond) {
    EXPECT_EQ(records(kMiB), 1);
    clock_.advance(Millis(999));
    EXPECT_EQ(records(kMiB), 0);
    clock_.advance(Millis(1));
    EXPECT_EQ(records(kMiB), 1);
    EXPECT_EQ(records(kMiB, 1), 1) << "each shard has its own";
}

TEST_F(ThrottleTest, AShardTakesAThousandRecordsASecond) {
    int admitted = 0;
    for (int i = 0; i < 11; ++i) {
        admitted += records(10);
    }
    EXPECT_EQ(admitted, 1000);
    clock_.advance(Millis(50));
    EXPECT_EQ(records(10), 50);
}

TEST_F(ThrottleTest, WhatIsRefusedForItsBytesDoesNotCountAsARecord) {
    rates_.write_records = 3;
    EXPECT_EQ(records(kMiB), 1);
    clock_.advance(Millis(10));
    EXPECT_EQ(records(1), 2);
}

TEST_F(ThrottleTest, AStreamOfLargeRecordsTakesTenMebibytesAtOnce) {
    stream_.record_max_kib = 10240;
    EXPECT_EQ(records(10 * kMiB), 1);
    clock_.advance(Millis(9'999));
    EXPECT_EQ(records(10 * kMiB), 0);
    clock_.advance(Millis(1));
    EXPECT_EQ(records(kMiB), 10);
}

TEST_F(ThrottleTest, FiveReadsASecond) {
    EXPECT_EQ(reads(), 5);
    clock_.advance(Millis(400));
    EXPECT_EQ(reads(), 2);
}

TEST_F(ThrottleTest, TenMebibytesAreOwedForFiveSeconds) {
    EXPECT_TRUE(throttle_.admits_read(key_));
    throttle_.did_read(key_, 10 * kMiB);
    clock_.advance(Millis(4'999));
    EXPECT_FALSE(throttle_.admits_read(key_));
    clock_.advance(Millis(1));
    EXPECT_TRUE(throttle_.admits_read(key_));
}

TEST_F(ThrottleTest, ARefusedReadDoesNotCount) {
    throttle_.did_read(key_, 10 * kMiB);
    EXPECT_EQ(reads(), 0);
    clock_.advance(Millis(5'000));
    EXPECT_EQ(reads(), 5);
}

TEST_F(ThrottleTest, IteratorsAndReadsAndRecordsDoNotShare) {
    EXPECT_EQ(reads(), 5);
    EXPECT_EQ(records(kMiB), 1);
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(throttle_.admits_iterator(key_));
    }
    EXPECT_FALSE(throttle_.admits_iterator(key_));
}

TEST_F(ThrottleTest, CallsAreCountedByOperationCallerAndStream) {
    EXPECT_EQ(calls(call("ListStreams"), 5), 5);
    EXPECT_EQ(calls(call("CreateStream"), 5), 5);
    EXPECT_EQ(calls(call("ListShards", "a"), 10), 10);
    EXPECT_EQ(calls(call("ListShards", "b"), 10), 10);
    CallKey other = call("ListStreams");
    other.caller.region = "eu-west-1";
    EXPECT_EQ(calls(other, 5), 5);
    clock_.advance(Millis(200));
    EXPECT_EQ(calls(call("ListStreams"), 5), 1);
}

TEST_F(ThrottleTest, ZeroIsNoLimit) {
    rates_.write_bytes = 0;
    rates_.write_records = 0;
    rates_.read_bytes = 0;
    rates_.read_calls = 0;
    EXPECT_EQ(records(kMiB), 100);
    throttle_.did_read(key_, 100 * kMiB);
    EXPECT_EQ(reads(), 100);
}

TEST_F(ThrottleTest, OffItAdmitsAllAndKeepsNothing) {
    rates_.enforced = false;
    EXPECT_EQ(records(kMiB), 100);
    throttle_.did_read(key_, 100 * kMiB);
    EXPECT_EQ(reads(), 100);
    EXPECT_EQ(calls(call("ListStreams"), 1), 100);
    EXPECT_EQ(throttle_.size(), 0U);
}

TEST_F(ThrottleTest, WhatIsIdleIsForgotten) {
    for (int i = 0; i < 100'000; ++i) {
        EXPECT_TRUE(throttle_.admits_call(call("ListShards", std::to_string(i)), 1000));
        if (i % 1'000 == 0) {
            clock_.advance(Millis(1'000));
        }
    }
    EXPECT_LT(throttle_.size(), 10'000U);
}

TEST_F(ThrottleTest, ManyThreadsShareOneLimit) {
    std::atomic<int> admitted = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&] {
            for (int i = 0; i < 5'000; ++i) {
                admitted += throttle_.admits_record(stream_, model::ShardNo(0), 1) ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    EXPECT_EQ(admitted, 1000);
}

}  // namespace
}  // namespace millrace::stream
