// A real broker over the memory engine and a clock that stands, for tests of the handlers.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/context.h"
#include "api/errors.h"
#include "api/get.h"
#include "api/put.h"
#include "api/retention.h"
#include "api/shards.h"
#include "api/streams.h"
#include "api/tags.h"
#include "base/log.h"
#include "env/manual_clock.h"
#include "env/memory_file_system.h"
#include "stream/broker.h"
#include "stream/state_codec.h"
#include "support/memory_engine.h"
#include "support/sync_wait.h"

namespace millrace::api {

inline constexpr std::int64_t kStartSeconds = 1'700'000'000;

class ApiTest : public ::testing::Test {
protected:
    static constexpr const char* kAccount = "123456789012";

    // Begins anew over the same engine and files, as after a restart.
    void open(stream::Settings settings = {}) {
        if (broker_) {
            test::sync_wait(broker_->stop());
            broker_.reset();
        }
        EXPECT_TRUE(files_.create_directories("/data"));
        stream::Broker::Parts parts{engine_, engine_, clock_,  timers_, entropy_,
                                    files_,  "/data", nullptr, metrics_};
        auto opened = test::sync_wait(stream::Broker::open(parts, settings));
        ASSERT_TRUE(opened);
        broker_ = std::move(opened).value();
    }
    // Puts a stream of any form into the catalog, as if its history had led there.
    void plant(stream::Stream stream) {
        stream::rebuild_routes(stream);
        std::vector<storage::ShardKey> keys;
        for (const stream::Shard& shard : stream.shards) {
            keys.push_back(stream.key(shard.no));
        }
        ASSERT_TRUE(test::sync_wait(engine_.create(keys)));
        stream::CatalogState state;
        ASSERT_TRUE(state.restore(std::move(stream)));
        ASSERT_TRUE(
            test::sync_wait(engine_.snapshot(storage::Position(0), stream::encode_state(state))));
        open();
    }
    // "family": three initial shards, of which 0 was split 30 hours ago (and has expired since),
    // 1 and 2 were merged 10 hours ago, and 3, a child of 0, was split 2 hours ago. Open are 4, 5,
    // 6 and 7. Shards 1 and 3 hold three records each, "a", "b" and "c", from before their ends.
    void plant_family() {
        using std::chrono::hours;
        const WallTime now = clock_.now();
        stream::Stream family;
        family.uid = stream::StreamUid(77);
        family.owner = model::Identity{kAccount, "us-east-1"};
        family.name = model::StreamName("family");
        family.status = stream::Status::kActive;
        family.created_s = to_seconds(now - hours(50));
        family.initial_shards = 3;
        family.shards = stream::initial_shards(3, family.created_s);
        split(family, 0, now - hours(30));
        merge(family, 1, 2, now - hours(10));
        split(family, 3, now - hours(2));

        std::vector<storage::ShardKey> keys;
        std::vector<storage::ShardKey> closed;
        std::vector<storage::NewRecord> records;
        for (const stream::Shard& shard : family.shards) {
            keys.push_back(family.key(shard.no));
            if (shard.open()) {
                continue;
            }
            closed.push_back(keys.back());
            if (shard.no.value() == 1 || shard.no.value() == 3) {
                for (const char* data : {"a", "b", "c"}) {
                    records.push_back({keys.back(), "key", as_bytes(data), now - hours(11)});
                }
            }
        }
        ASSERT_TRUE(test::sync_wait(engine_.create(keys)));
        test::sync_wait(engine_.append(records));
        ASSERT_TRUE(test::sync_wait(engine_.seal(closed)));
        stream::rebuild_routes(family);
        plant(std::move(family));
    }
    void SetUp() override {
        ASSERT_TRUE(log::configure("error", log::Format::kText));
        open();
    }
    void TearDown() override { test::sync_wait(broker_->stop()); }

    Context context(std::string account = kAccount, std::string region = "us-east-1") {
        return Context{*broker_, std::move(account), std::move(region)};
    }
    template <class Handler, class Request>
    auto call(Handler handler, const Request& request) {
        Context here = context();
        return test::sync_wait(handler(here, request));
    }
    template <class Handler, class Request>
    auto call_as(Context caller, Handler handler, const Request& request) {
        return test::sync_wait(handler(caller, request));
    }

    void create(std::string_view name, std::int32_t shards = 1) {
        CreateStreamRequest request;
        request.stream_name = name;
        request.shard_count = shards;
        const auto answer = call(create_stream, request);
        ASSERT_TRUE(answer) << answer.error().message;
    }
    void remove(std::string_view name) {
        DeleteStreamRequest request;
        request.stream_name = name;
        ASSERT_TRUE(call(delete_stream, request));
    }
    PutRecordResponse put(std::string_view name, std::string_view key, std::string_view data) {
        PutRecordRequest request;
        request.stream_name = name;
        request.partition_key = key;
        request.data = as_bytes(data);
        const auto answer = call(put_record, request);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? answer.value() : PutRecordResponse{};
    }
    GetShardIteratorRequest iterator_request(std::string_view name, std::string_view type) {
        GetShardIteratorRequest request;
        request.stream_name = name;
        request.shard_id = "shardId-000000000000";
        request.shard_iterator_type = type;
        return request;
    }
    std::string iterator(const GetShardIteratorRequest& request) {
        const auto answer = call(get_shard_iterator, request);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? answer.value().shard_iterator : "";
    }
    std::string iterator(std::string_view name, std::string_view type = "TRIM_HORIZON") {
        return iterator(iterator_request(name, type));
    }
    Answer<GetRecordsResponse> get(std::string_view shard_iterator) {
        GetRecordsRequest request;
        request.shard_iterator = shard_iterator;
        return call(get_records, request);
    }
    std::vector<std::string> data_at(std::string_view shard_iterator) {
        const auto answer = get(shard_iterator);
        EXPECT_TRUE(answer) << answer.error().message;
        std::vector<std::string> data;
        if (answer) {
            for (const RecordMember& record : answer.value().records) {
                data.emplace_back(as_text(record.data));
            }
        }
        return data;
    }

    template <class T>
    static void expect_error(const Answer<T>& answer, ErrorType type, std::string_view message) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(type_name(answer.error().type), type_name(type));
        EXPECT_EQ(answer.error().message, message);
    }

    static stream::Shard& child(stream::Stream& stream, std::uint32_t parent, WallTime at) {
        stream.shards[parent].closed = at;
        stream.shards[parent].end = storage::Position(100);
        stream::Shard& shard = stream.shards.emplace_back();
        shard.no = model::ShardNo(static_cast<std::uint32_t>(stream.shards.size() - 1));
        shard.created_s = to_seconds(at) + 1;
        shard.parent = model::ShardNo(parent);
        shard.range = stream.shards[parent].range;
        return shard;
    }
    static void split(stream::Stream& stream, std::uint32_t parent, WallTime at) {
        const model::HashRange range = stream.shards[parent].range;
        const model::Uint128 middle =
            range.first.value() + (range.last.value() - range.first.value()) / 2;
        child(stream, parent, at).range.last = model::HashKey(middle);
        child(stream, parent, at).range.first = model::HashKey(middle + 1);
    }
    static void merge(stream::Stream& stream, std::uint32_t low, std::uint32_t high, WallTime at) {
        stream::Shard& shard = child(stream, low, at);
        shard.adjacent_parent = model::ShardNo(high);
        shard.range.last = stream.shards[high].range.last;
        stream.shards[high].closed = at;
        stream.shards[high].end = storage::Position(100);
    }

    env::ManualClock clock_{wall_time(kStartSeconds * 1000)};
    env::ManualTimers timers_{clock_};
    test::MemoryEngine engine_;
    env::MemoryFileSystem files_;
    env::SystemEntropy entropy_;
    Metrics metrics_;
    std::unique_ptr<stream::Broker> broker_;
};

}  // namespace millrace::api
