#include "api/reshard.h"

#include <algorithm>
#include <random>

#include "stream/reshard.h"
#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

using Texts = std::vector<std::string>;

constexpr const char* kMiddle = "170141183460469231731687303715884105728";
constexpr const char* kQuarter = "85070591730234615865843651857942052864";
constexpr const char* kThreeQuarters = "255211775190703847597530955573826158592";

class ReshardTest : public ApiTest {
protected:
    Answer<Nothing> split(std::string_view shard, std::string_view key,
                          std::string_view name = "orders") {
        SplitShardRequest request;
        request.stream_name = name;
        request.shard_to_split = shard;
        request.new_starting_hash_key = key;
        return call(split_shard, request);
    }
    Answer<Nothing> merge(std::string_view low, std::string_view high,
                          std::string_view name = "orders") {
        MergeShardsRequest request;
        request.stream_name = name;
        request.shard_to_merge = low;
        request.adjacent_shard_to_merge = high;
        return call(merge_shards, request);
    }
    Answer<UpdateShardCountResponse> scale(std::int32_t target, std::string_view name = "orders") {
        UpdateShardCountRequest request;
        request.stream_name = name;
        request.scaling_type = "UNIFORM_SCALING";
        request.target_shard_count = target;
        return call(update_shard_count, request);
    }
    void make_on_demand(std::string_view name) {
        CreateStreamRequest request;
        request.stream_name = name;
        ASSERT_TRUE(call(create_stream, request));
    }
    std::vector<ShardMember> shards(std::string_view name = "orders") {
        ListShardsRequest request;
        request.stream_name = name;
        const auto answer = call(list_shards, request);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? answer.value().shards : std::vector<ShardMember>{};
    }
    StreamDescription describe(std::string_view name = "orders") {
        DescribeStreamRequest request;
        request.stream_name = name;
        return call(describe_stream, request).value().stream_description;
    }
    template <class T>
    void expect_invalid(const Answer<T>& answer, std::string_view message) {
        expect_error(answer, ErrorType::kInvalidArgument, message);
    }
    template <class T>
    void expect_limit(const Answer<T>& answer, std::string_view message) {
        expect_error(answer, ErrorType::kLimitExceeded, message);
    }
    template <class T>
    void expect_missing(const Answer<T>& answer, std::string_view shard) {
        expect_error(answer, ErrorType::kResourceNotFound,
                     "Could not find shard " + std::string(shard) +
                         " in stream orders under account 123456789012.");
    }
    static stream::Settings with_quotas(std::uint32_t shards_max) {
        stream::Settings settings;
        settings.quotas.enforced = true;
        settings.quotas.shards_max = shards_max;
        return settings;
    }
};

TEST_F(ReshardTest, ASplitShowsItsLineage) {
    create("orders");
    clock_.advance(Millis(5500));
    ASSERT_TRUE(split("shardId-000000000000", kMiddle));
    const auto all = shards();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[1].parent_shard_id->view(), "shardId-000000000000");
    EXPECT_EQ(all[2].parent_shard_id->view(), "shardId-000000000000");
    EXPECT_FALSE(all[1].adjacent_parent_shard_id);
    EXPECT_EQ(all[1].hash_key_range.starting_hash_key, "0");
    EXPECT_EQ(all[1].hash_key_range.ending_hash_key, "170141183460469231731687303715884105727");
    EXPECT_EQ(all[2].hash_key_range.starting_hash_key, kMiddle);
    EXPECT_EQ(all[2].hash_key_range.ending_hash_key, "340282366920938463463374607431768211455");
    EXPECT_EQ(all[0].sequence_number_range.ending_sequence_number->view(),
              model::SequenceNumber::ending(kStartSeconds, model::ShardNo(0), kStartSeconds + 5)
                  .text()
                  .view());
    EXPECT_FALSE(all[1].sequence_number_range.ending_sequence_number);
    EXPECT_EQ(all[1].sequence_number_range.starting_sequence_number.view(),
              model::SequenceNumber::starting(kStartSeconds + 6, model::ShardNo(1)).text().view());
    EXPECT_EQ(describe().stream_status, "ACTIVE");
    EXPECT_EQ(describe().shards.size(), 3u);
}

TEST_F(ReshardTest, AMergeNamesBothParents) {
    create("orders", 2);
    ASSERT_TRUE(merge("shardId-000000000000", "shardId-000000000001"));
    const auto all = shards();
    ASSERT_EQ(all.size(), 3u);
    EXPECT_EQ(all[2].parent_shard_id->view(), "shardId-000000000000");
    EXPECT_EQ(all[2].adjacent_parent_shard_id->view(), "shardId-000000000001");
    EXPECT_EQ(all[2].hash_key_range.starting_hash_key, "0");
    EXPECT_EQ(all[2].hash_key_range.ending_hash_key, "340282366920938463463374607431768211455");
    EXPECT_TRUE(all[0].sequence_number_range.ending_sequence_number);
    EXPECT_TRUE(all[1].sequence_number_range.ending_sequence_number);
}

TEST_F(ReshardTest, ReadersFindTheChildrenWhereTheParentEnds) {
    create("orders", 2);
    put("orders", "a", "one");  // shard 0
    const std::string before = iterator("orders");
    const std::string latest = iterator("orders", "LATEST");
    ASSERT_TRUE(merge("0", "1"));
    ASSERT_TRUE(split("2", kQuarter));
    put("orders", "a", "two");  // shard 3
    const auto last = get(before);
    ASSERT_TRUE(last);
    EXPECT_EQ(last.value().records.size(), 1u);
    EXPECT_FALSE(last.value().next_shard_iterator);
    ASSERT_EQ(last.value().child_shards->size(), 1u);
    const ChildShard& child = last.value().child_shards->front();
    EXPECT_EQ(child.shard_id.view(), "shardId-000000000002");
    EXPECT_EQ(child.parent_shards, (Texts{"shardId-000000000000", "shardId-000000000001"}));
    EXPECT_EQ(child.hash_key_range.ending_hash_key, "340282366920938463463374607431768211455");
    const auto at_once = get(latest);
    EXPECT_TRUE(at_once.value().records.empty());
    EXPECT_FALSE(at_once.value().next_shard_iterator);
    EXPECT_EQ(at_once.value().child_shards->size(), 1u);

    GetShardIteratorRequest middle = iterator_request("orders", "TRIM_HORIZON");
    middle.shard_id = "shardId-000000000002";
    const auto grandchildren = get(iterator(middle));
    EXPECT_EQ(grandchildren.value().millis_behind_latest, 0);
    ASSERT_EQ(grandchildren.value().child_shards->size(), 2u);
    EXPECT_EQ((*grandchildren.value().child_shards)[1].parent_shards,
              (Texts{"shardId-000000000002"}));
    GetShardIteratorRequest tail = iterator_request("orders", "TRIM_HORIZON");
    tail.shard_id = "shardId-000000000003";
    EXPECT_EQ(data_at(iterator(tail)), (Texts{"two"}));
}

TEST_F(ReshardTest, NextIteratorAndChildrenExcludeEachOtherThroughoutAReshard) {
    stream::Settings settings;
    settings.update_delay = Millis(1000);
    open(settings);
    create("orders");
    std::string at = iterator("orders");
    ASSERT_TRUE(split("0", kMiddle));
    for (int i = 0; i < 4; ++i) {
        const auto answer = get(at);
        ASSERT_TRUE(answer);
        const bool over = i >= 2;
        EXPECT_EQ(answer.value().next_shard_iterator.has_value(), !over) << i;
        EXPECT_EQ(answer.value().child_shards.has_value(), over) << i;
        if (!over) {
            at = *answer.value().next_shard_iterator;
            clock_.advance(Millis(500));
        }
    }
}

TEST_F(ReshardTest, WhileUpdatingTheParentLooksOpen) {
    stream::Settings settings;
    settings.update_delay = Millis(1000);
    open(settings);
    create("orders");
    ASSERT_TRUE(split("0", kMiddle));
    EXPECT_EQ(describe().stream_status, "UPDATING");
    EXPECT_EQ(describe().shards.size(), 1u);
    EXPECT_FALSE(describe().shards[0].sequence_number_range.ending_sequence_number);
    EXPECT_EQ(shards().size(), 1u) << "listed while UPDATING";
    EXPECT_EQ(put("orders", "k", "v").shard_id.view(), "shardId-000000000000");
    const char* const in_use =
        "Stream orders under account 123456789012 not ACTIVE, instead in state UPDATING";
    expect_error(split("0", kMiddle), ErrorType::kResourceInUse, in_use);
    expect_error(merge("0", "0"), ErrorType::kResourceInUse, in_use);
    expect_error(scale(1), ErrorType::kResourceInUse, in_use);
    DeleteStreamRequest deletion;
    deletion.stream_name = "orders";
    expect_error(call(delete_stream, deletion), ErrorType::kResourceInUse, in_use);
    clock_.advance(Millis(1000));
    EXPECT_EQ(describe().stream_status, "ACTIVE");
    EXPECT_EQ(describe().shards.size(), 3u);
}

TEST_F(ReshardTest, ShardsThatAreNotThereAreNamed) {
    expect_missing(split("x", kMiddle), "x");
    expect_missing(split("2147483648", kMiddle), "2147483648");
    expect_missing(merge("0", "ABKLFD8"), "ABKLFD8");
    expect_missing(merge("2.14E4", "y"), "2.14E4");
    expect_error(split("0", kMiddle), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
    expect_error(merge("0", "1"), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
    create("orders", 2);
    expect_missing(split("shardId-7", kMiddle), "shardId-000000000007");
    expect_missing(merge("0", "x-2"), "shardId-000000000002");
    expect_missing(merge("3", "2"), "shardId-000000000003");
}

TEST_F(ReshardTest, OnDemandStreamsAreNotResharded) {
    make_on_demand("orders");
    const char* const text =
        "Request is invalid. Stream orders under account 123456789012 is in On-Demand mode.";
    expect_error(split("77", kMiddle), ErrorType::kValidation, text);
    expect_error(merge("77", "78"), ErrorType::kValidation, text);
    expect_error(scale(100'000), ErrorType::kValidation, text);
}

TEST_F(ReshardTest, ClosedShardsAreNotReshardedAgain) {
    create("orders", 2);
    ASSERT_TRUE(merge("0", "1"));
    const auto text = [](const char* shard) {
        return std::string("Shard ") + shard +
               " in stream orders under account 123456789012 has already been merged or split, and "
               "thus is not eligible for merging or splitting.";
    };
    expect_invalid(split("0", "1"), text("shardId-000000000000"));
    expect_invalid(merge("0", "1"), text("shardId-000000000000"));
    expect_invalid(merge("2", "1"), text("shardId-000000000001"));
}

TEST_F(ReshardTest, TheSplitKeyLiesWellInside) {
    create("orders", 2);
    const char* const end = "340282366920938463463374607431768211455";
    const char* const last = "340282366920938463463374607431768211454";
    const char* const second = "170141183460469231731687303715884105729";
    for (const std::string_view key :
         {"0", kQuarter, kMiddle, second, end, "340282366920938463463374607431768211456",
          "999999999999999999999999999999999999999"}) {
        expect_invalid(split("1", key),
                       "NewStartingHashKey " + std::string(key) +
                           " used in SplitShard() on shard shardId-000000000001 in stream orders "
                           "under account 123456789012 is not both greater than one plus the "
                           "shard's StartingHashKey " +
                           kMiddle + " and less than the shard's EndingHashKey " + end + ".");
    }
    EXPECT_TRUE(split("1", last));
    EXPECT_TRUE(split("2", "170141183460469231731687303715884105730"));
}

TEST_F(ReshardTest, OnlyNeighboursInOrderAreMerged) {
    create("orders", 3);
    const auto refused = [this](const char* low, const char* high, const char* text) {
        expect_invalid(merge(low, high),
                       std::string("Shards ") + text +
                           " in stream orders under account 123456789012 are not an adjacent pair "
                           "of shards eligible for merging");
    };
    refused("1", "0", "shardId-000000000001 and shardId-000000000000");
    refused("0", "2", "shardId-000000000000 and shardId-000000000002");
    refused("1", "1", "shardId-000000000001 and shardId-000000000001");
    EXPECT_TRUE(merge("1", "2"));
    EXPECT_TRUE(merge("0", "3"));
}

TEST_F(ReshardTest, TheShardQuotaComesBeforeTheShardsState) {
    open(with_quotas(3));
    create("orders", 2);
    ASSERT_TRUE(split("0", kQuarter));
    const char* const text =
        "This request would exceed the shard limit for the account 123456789012 in us-east-1. "
        "Current shard count for the account: 3. Limit: 3. Number of additional shards that would "
        "have resulted from this request: 1. Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits "
        "and how to request higher limits.";
    expect_limit(split("1", kThreeQuarters), text);
    expect_limit(split("0", kQuarter), text);
    expect_missing(split("9", kQuarter), "shardId-000000000009");
    EXPECT_TRUE(merge("2", "3"));
    EXPECT_TRUE(split("1", kThreeQuarters));
}

TEST_F(ReshardTest, WithoutQuotasThereIsNoLimitToSplits) {
    stream::Settings settings;
    settings.quotas.shards_max = 1;
    open(settings);
    create("orders");
    EXPECT_TRUE(split("0", kMiddle));
    EXPECT_TRUE(scale(4));
}

TEST_F(ReshardTest, TheStreamMayBeGivenByArn) {
    create("orders");
    SplitShardRequest request;
    request.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
    request.shard_to_split = "0";
    request.new_starting_hash_key = kMiddle;
    EXPECT_TRUE(call(split_shard, request));
    UpdateShardCountRequest scaling;
    scaling.stream_arn = request.stream_arn;
    scaling.target_shard_count = 3;
    EXPECT_TRUE(call(update_shard_count, scaling));
    MergeShardsRequest neither;
    neither.shard_to_merge = "x";
    neither.adjacent_shard_to_merge = "y";
    expect_invalid(call(merge_shards, neither),
                   "Either StreamName or StreamARN should be provided.");
}

TEST_F(ReshardTest, ScalingAnswersWithBothCounts) {
    create("orders", 4);
    const auto answer = scale(3);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer.value().stream_name, "orders");
    EXPECT_EQ(answer.value().stream_arn, "arn:aws:kinesis:us-east-1:123456789012:stream/orders");
    EXPECT_EQ(answer.value().current_shard_count, 4);
    EXPECT_EQ(answer.value().target_shard_count, 3);
    const auto all = shards();
    ASSERT_EQ(all.size(), 11u) << "the intermediate ones are listed";
    Texts open;
    for (const ShardMember& shard : all) {
        if (!shard.sequence_number_range.ending_sequence_number) {
            open.push_back(shard.shard_id.str());
        }
    }
    EXPECT_EQ(open,
              (Texts{"shardId-000000000006", "shardId-000000000009", "shardId-000000000010"}));
}

TEST_F(ReshardTest, ScalingToTheSameCountChangesNothing) {
    stream::Settings settings = with_quotas(100);
    settings.quotas.scalings_max = 1;
    settings.update_delay = Millis(1000);
    open(settings);
    create("orders", 3);
    for (int i = 0; i < 3; ++i) {
        const auto answer = scale(3);
        ASSERT_TRUE(answer);
        EXPECT_EQ(answer.value().current_shard_count, 3);
    }
    EXPECT_EQ(describe().stream_status, "ACTIVE");
    EXPECT_EQ(shards().size(), 3u);
}

TEST_F(ReshardTest, ScalingIsBounded) {
    create("orders", 5);
    expect_error(scale(5, "none"), ErrorType::kResourceNotFound,
                 "Stream none under account 123456789012 not found.");
    expect_limit(scale(11),
                 "UpdateShardCount cannot scale up over double your current open shard count. "
                 "Current open shard count: 5 Target shard count: 11");
    expect_limit(scale(2),
                 "UpdateShardCount cannot scale down below half your current open shard count. "
                 "Current open shard count: 5 Target shard count: 2");
    expect_limit(scale(10001),
                 "Target shard count or number of open shards cannot be greater than 10000. "
                 "Current open shard count: 5 Target shard count: 10001");
    EXPECT_TRUE(scale(10));
    EXPECT_TRUE(scale(5));
    EXPECT_TRUE(scale(3));
    create("wide", 10001);
    expect_limit(scale(10000, "wide"),
                 "Target shard count or number of open shards cannot be greater than 10000. "
                 "Current open shard count: 10001 Target shard count: 10000");
    EXPECT_TRUE(scale(9999, "wide"));
    EXPECT_TRUE(scale(10000, "wide"));
}

TEST_F(ReshardTest, ScalingUpIsHeldAgainstTheQuota) {
    open(with_quotas(7));
    create("orders", 4);
    expect_limit(
        scale(8),
        "This request would exceed the shard limit for the account 123456789012 in us-east-1. "
        "Current shard count for the account: 4. Limit: 7. Number of additional shards that would "
        "have resulted from this request: 4. Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits "
        "and how to request higher limits.");
    EXPECT_TRUE(scale(7));
    EXPECT_TRUE(scale(6));
}

TEST_F(ReshardTest, TenScalingsADayAreAllowed) {
    open(with_quotas(1000));
    create("orders", 2);
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(scale(i % 2 == 0 ? 3 : 2)) << i;
        clock_.advance(Millis(60'000));
    }
    expect_limit(scale(3), "Rate exceeded for stream orders under account 123456789012.");
    clock_.advance(std::chrono::hours(24) - std::chrono::minutes(10));
    EXPECT_TRUE(scale(3));
    expect_limit(scale(2), "Rate exceeded for stream orders under account 123456789012.");
}

TEST_F(ReshardTest, ExpiredShardsAreForgottenByName) {
    create("orders", 2);
    put("orders", "a", "one");
    const std::string old = iterator("orders");
    clock_.advance(Millis(1));
    ASSERT_TRUE(merge("0", "1"));
    clock_.advance(std::chrono::hours(24) + Millis(1));
    ASSERT_EQ(shards().size(), 1u);
    EXPECT_EQ(shards()[0].parent_shard_id->view(), "shardId-000000000000");
    EXPECT_EQ(shards()[0].adjacent_parent_shard_id->view(), "shardId-000000000001");
    EXPECT_EQ(describe().shards.size(), 1u);
    expect_error(call(get_shard_iterator, iterator_request("orders", "TRIM_HORIZON")),
                 ErrorType::kResourceNotFound,
                 "Shard shardId-000000000000 in stream orders under account 123456789012 does not "
                 "exist");
    expect_missing(split("0", kQuarter), "shardId-000000000000");
    expect_missing(merge("2", "1"), "shardId-000000000001");
    EXPECT_FALSE(get(old));
    clock_.advance(std::chrono::hours(1));
    ASSERT_TRUE(split("2", kMiddle)) << "after the sweeper dropped them, too";
    EXPECT_EQ(shards().back().shard_id.view(), "shardId-000000000004");
}

// Over any history of splits, merges and scalings: the shards at an instant, and those at the trim
// horizon, cover each hash key once.
TEST_F(ReshardTest, AtAnyInstantOfAnyHistoryTheShardsPartitionTheHashSpace) {
    stream::Settings settings;
    settings.sweep_interval = std::chrono::hours(7);
    open(settings);
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937_64 random(seed);
        const std::string name = "s" + std::to_string(seed);
        create(name, static_cast<std::int32_t>(1 + random() % 4));
        const WallTime begun = clock_.now();
        for (int i = 0; i < 60; ++i) {
            const auto open = broker_->catalog().find(model::Identity{kAccount, "us-east-1"},
                                                      model::StreamName(name));
            const stream::Shard& shard = *open->shard(open->routes[random() % open->routes.size()]);
            const model::Uint128 half = (shard.range.last.value() - shard.range.first.value()) / 2;
            switch (random() % 4) {
                case 0:
                    static_cast<void>(scale(static_cast<std::int32_t>(1 + random() % 7), name));
                    break;
                case 1:
                    static_cast<void>(merge(std::to_string(shard.no.value()),
                                            std::to_string(open->routes.back().value()), name));
                    break;
                default:
                    static_cast<void>(split(std::to_string(shard.no.value()),
                                            model::HashKey(shard.range.first.value() + half).text(),
                                            name));
            }
            clock_.advance(random() % 2 == 0 ? Millis(random() % 3000)
                                             : Millis(random() % 7'200'000));
            ListShardsRequest request;
            request.stream_name = name;
            request.max_results = 10000;
            for (int look = 0; look < 5; ++look) {
                const auto age = (clock_.now() - begun).count() + 2000;
                const WallTime time =
                    clock_.now() + Millis(1000) -
                    Millis(static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(age)));
                request.shard_filter = look == 0 ? ShardFilter{"AT_TRIM_HORIZON", {}, {}}
                                                 : ShardFilter{"AT_TIMESTAMP", {}, time};
                const auto listed = call(list_shards, request);
                ASSERT_TRUE(listed);
                std::vector<model::HashRange> ranges;
                for (const ShardMember& member : listed.value().shards) {
                    ranges.push_back(
                        {*model::HashKey::parse(member.hash_key_range.starting_hash_key),
                         *model::HashKey::parse(member.hash_key_range.ending_hash_key)});
                }
                std::ranges::sort(ranges);
                model::Uint128 next = 0;
                for (const model::HashRange& range : ranges) {
                    ASSERT_EQ(range.first, model::HashKey(next));
                    next = range.last.value() + 1;
                }
                ASSERT_TRUE(!ranges.empty() && next == 0);
            }
        }
    }
}

}  // namespace
}  // namespace millrace::api
