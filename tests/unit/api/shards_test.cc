#include "api/shards.h"

#include <algorithm>

#include "unit/api/fixture.h"

namespace millrace::api {
namespace {

using std::chrono::hours;
using Numbers = std::vector<std::uint32_t>;

class Shards : public ApiTest {
protected:
    ListShardsRequest request() {
        ListShardsRequest made;
        made.stream_name = "family";
        return made;
    }
    ListShardsRequest filtered(std::string_view type, std::optional<WallTime> time = {},
                               std::optional<std::string_view> shard = {}) {
        ListShardsRequest made = request();
        made.shard_filter = ShardFilter{type, shard, time};
        return made;
    }
    ListShardsResponse list(const ListShardsRequest& given) {
        const auto answer = call(list_shards, given);
        EXPECT_TRUE(answer) << answer.error().message;
        return answer ? answer.value() : ListShardsResponse{};
    }
    static Numbers numbers(const std::vector<ShardMember>& shards) {
        Numbers found;
        for (const ShardMember& shard : shards) {
            found.push_back(model::parse_shard_id(shard.shard_id)->value());
        }
        return found;
    }
    Numbers shards(const ListShardsRequest& given) { return numbers(list(given).shards); }
    WallTime ago(Millis age) { return clock_.now() - age; }
    void expect_refused(const ListShardsRequest& given, std::string_view message) {
        expect_error(call(list_shards, given), ErrorType::kInvalidArgument, message);
    }
};

TEST_F(Shards, AreListedWithLineage) {
    plant_family();
    const ListShardsResponse all = list(request());
    EXPECT_EQ(numbers(all.shards), (Numbers{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_FALSE(all.next_token);
    const ShardMember& merged = all.shards[4];
    EXPECT_EQ(merged.parent_shard_id->view(), "shardId-000000000001");
    EXPECT_EQ(merged.adjacent_parent_shard_id->view(), "shardId-000000000002");
    EXPECT_FALSE(merged.sequence_number_range.ending_sequence_number);
    const ShardMember& orphan = all.shards[3];
    EXPECT_EQ(orphan.parent_shard_id->view(), "shardId-000000000000") << "kept though expired";
    EXPECT_FALSE(orphan.adjacent_parent_shard_id);
    const ShardMember& closed = all.shards[0];
    ASSERT_TRUE(closed.sequence_number_range.ending_sequence_number);
    const auto end =
        model::ParsedSequence::parse(*closed.sequence_number_range.ending_sequence_number);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->index, model::SequenceNumber::kIndexMax);
    EXPECT_EQ(end->time_s, to_seconds(ago(hours(10))));
}

TEST_F(Shards, FiltersSelectByTheShardsLives) {
    plant_family();
    EXPECT_EQ(shards(filtered("FROM_TRIM_HORIZON")), (Numbers{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(shards(filtered("AT_TRIM_HORIZON")), (Numbers{1, 2, 3, 4}));
    EXPECT_EQ(shards(filtered("AT_LATEST")), (Numbers{4, 5, 6, 7}));
    EXPECT_EQ(shards(filtered("AT_TIMESTAMP", ago(hours(5)))), (Numbers{3, 4, 5}));
    EXPECT_EQ(shards(filtered("FROM_TIMESTAMP", ago(hours(5)))), (Numbers{3, 4, 5, 6, 7}));
    EXPECT_EQ(shards(filtered("AFTER_SHARD_ID", {}, "shardId-000000000004")), (Numbers{5, 6, 7}));
}

TEST_F(Shards, FilterTimesAreBounded) {
    plant_family();
    EXPECT_EQ(shards(filtered("AT_TIMESTAMP", ago(hours(40)))), (Numbers{1, 2, 3, 4}))
        << "raised to the trim horizon";
    EXPECT_EQ(shards(filtered("FROM_TIMESTAMP", wall_time(0))), (Numbers{1, 2, 3, 4, 5, 6, 7}));
    EXPECT_EQ(shards(filtered("AT_TIMESTAMP", ago(-hours(1)))), (Numbers{4, 5, 6, 7}));
    EXPECT_EQ(shards(filtered("FROM_TIMESTAMP", ago(-hours(1)))), (Numbers{4, 5, 6, 7}));
}

TEST_F(Shards, AReshardingInstantBelongsToTheChildren) {
    plant_family();
    EXPECT_EQ(shards(filtered("AT_TIMESTAMP", ago(hours(10)))), (Numbers{3, 4, 5}));
    EXPECT_EQ(shards(filtered("AT_TIMESTAMP", ago(hours(10)) - Millis(1))), (Numbers{1, 2, 3, 4}));
}

TEST_F(Shards, AtAnyInstantTheShardsPartitionTheHashSpace) {
    plant_family();
    const auto stream = broker_->catalog().find(stream::StreamUid(77));
    for (Millis age = hours(25); age > -hours(1); age -= std::chrono::minutes(7)) {
        std::vector<model::HashRange> ranges;
        for (std::uint32_t no : shards(filtered("AT_TIMESTAMP", ago(age)))) {
            ranges.push_back(stream->shard(model::ShardNo(no))->range);
        }
        std::ranges::sort(ranges);
        ASSERT_FALSE(ranges.empty());
        EXPECT_EQ(ranges.front().first, model::HashKey());
        EXPECT_EQ(ranges.back().last, model::HashKey::max());
        for (std::size_t i = 1; i < ranges.size(); ++i) {
            EXPECT_EQ(ranges[i - 1].last.value() + 1, ranges[i].first.value());
        }
    }
}

TEST_F(Shards, InitialShardsOfAYoungStreamAreAtItsTrimHorizon) {
    create("young", 3);
    ListShardsRequest young = filtered("AT_TRIM_HORIZON");
    young.stream_name = "young";
    EXPECT_EQ(shards(young), (Numbers{0, 1, 2}));
}

TEST_F(Shards, ExclusiveStartIsComparedAsText) {
    plant_family();
    ListShardsRequest from = request();
    from.exclusive_start_shard_id = "shardId-000000000005";
    EXPECT_EQ(shards(from), (Numbers{6, 7}));
    from.exclusive_start_shard_id = "A";
    EXPECT_EQ(shards(from).size(), 7u);
    from.exclusive_start_shard_id = "zzz";
    EXPECT_TRUE(shards(from).empty());
    ListShardsRequest both = filtered("AT_LATEST");
    both.exclusive_start_shard_id = "shardId-000000000005";
    EXPECT_EQ(shards(both), (Numbers{6, 7}));
}

TEST_F(Shards, PagesKeepTheirFilter) {
    plant_family();
    for (const ListShardsRequest& start :
         {request(), filtered("AT_TRIM_HORIZON"), filtered("AT_TIMESTAMP", ago(hours(5))),
          filtered("FROM_TIMESTAMP", ago(hours(5))), filtered("AT_LATEST"),
          filtered("AFTER_SHARD_ID", {}, "shardId-000000000003")}) {
        const Numbers whole = shards(start);
        ListShardsRequest next = start;
        next.max_results = 2;
        Numbers paged;
        std::string token;
        for (int page = 0; page < 10; ++page) {
            const ListShardsResponse answer = list(next);
            EXPECT_LE(answer.shards.size(), 2u);
            const Numbers found = numbers(answer.shards);
            paged.insert(paged.end(), found.begin(), found.end());
            if (!answer.next_token) {
                break;
            }
            token = *answer.next_token;
            next = ListShardsRequest{};
            next.max_results = 2;
            next.next_token = token;
        }
        EXPECT_EQ(paged, whole);
    }
}

TEST_F(Shards, PageHoldsAThousandUnlessAskedForMore) {
    create("wide", 1500);
    ListShardsRequest wide;
    wide.stream_name = "wide";
    EXPECT_EQ(list(wide).shards.size(), 1000u);
    EXPECT_TRUE(list(wide).next_token);
    wide.max_results = 10000;
    EXPECT_EQ(list(wide).shards.size(), 1500u);
    EXPECT_FALSE(list(wide).next_token);
}

TEST_F(Shards, TokenStandsAlone) {
    ListShardsRequest with;
    with.next_token = "t";
    with.stream_name = "family";
    expect_refused(with, "NextToken and StreamName cannot be provided together.");
    with.stream_name.reset();
    with.stream_arn = "arn:aws:kinesis:us-east-1:123456789012:stream/family";
    expect_refused(with, "NextToken and StreamARN cannot be provided together.");
    with.stream_arn.reset();
    with.exclusive_start_shard_id = "shardId-0";
    expect_refused(with, "NextToken and ExclusiveStartShardId cannot be provided together.");
    with.exclusive_start_shard_id.reset();
    with.shard_filter = ShardFilter{"AT_LATEST", {}, {}};
    expect_refused(with, "NextToken and ShardFilter cannot be provided together.");
    with.shard_filter.reset();
    with.stream_creation_timestamp = clock_.now();
    expect_refused(with, "NextToken and StreamCreationTimestamp cannot be provided together.");
    with.stream_creation_timestamp.reset();
    expect_refused(with, "Invalid NextToken.");
    expect_refused(ListShardsRequest{}, "Either NextToken or StreamName should be provided.");
}

TEST_F(Shards, FilterMembersMustFitTheType) {
    plant_family();
    expect_refused(filtered("AFTER_SHARD_ID"),
                   "ShardId must be provided when ShardFilter type is AFTER_SHARD_ID.");
    for (const char* type : {"AT_TIMESTAMP", "FROM_TIMESTAMP"}) {
        expect_refused(
            filtered(type),
            std::string("Timestamp must be provided when ShardFilter type is ") + type + ".");
    }
    for (const char* type : {"AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST"}) {
        EXPECT_FALSE(call(list_shards, filtered(type, clock_.now()))) << type;
        EXPECT_FALSE(call(list_shards, filtered(type, {}, "shardId-0"))) << type;
    }
    EXPECT_FALSE(call(list_shards, filtered("AFTER_SHARD_ID", clock_.now(), "shardId-0")));
    EXPECT_FALSE(call(list_shards, filtered("AT_TIMESTAMP", clock_.now(), "shardId-0")));
    ListShardsRequest both = filtered("AFTER_SHARD_ID", {}, "shardId-000000000001");
    both.exclusive_start_shard_id = "shardId-000000000001";
    EXPECT_FALSE(call(list_shards, both));
}

TEST_F(Shards, FilterIsCheckedBeforeTheStreamIsLookedUp) {
    ListShardsRequest gone = filtered("AT_TIMESTAMP");
    gone.stream_name = "gone";
    expect_refused(gone, "Timestamp must be provided when ShardFilter type is AT_TIMESTAMP.");
}

TEST_F(Shards, TokensExpireAndDieWithTheirStream) {
    create("orders", 2);
    ListShardsRequest first;
    first.stream_name = "orders";
    first.max_results = 1;
    const std::string token = *list(first).next_token;
    ListShardsRequest next;
    next.next_token = token;
    EXPECT_EQ(shards(next), Numbers{1});
    clock_.advance(Millis(300'000));
    EXPECT_EQ(shards(next), Numbers{1});
    clock_.advance(Millis(1));
    expect_error(call(list_shards, next), ErrorType::kExpiredNextToken, "NextToken has expired.");

    const std::string fresh = *list(first).next_token;
    next.next_token = fresh;
    remove("orders");
    create("orders", 2);
    expect_error(call(list_shards, next), ErrorType::kResourceNotFound,
                 "Stream orders under account 123456789012 not found.");
}

TEST_F(Shards, TokensOfOtherListingsAndAccountsAreRefused) {
    create("a", 2);
    create("b");
    ListStreamsRequest streams;
    streams.limit = 1;
    const std::string foreign = *call(list_streams, streams).value().next_token;
    ListShardsRequest next;
    next.next_token = foreign;
    expect_refused(next, "Invalid NextToken.");
    ListShardsRequest first;
    first.stream_name = "a";
    first.max_results = 1;
    const std::string token = *list(first).next_token;
    next.next_token = token;
    expect_error(call_as(context("999999999999"), list_shards, next), ErrorType::kResourceNotFound,
                 "Stream a under account 999999999999 not found.");
}

TEST_F(Shards, CreationTimestampTellsNamesakesApart) {
    plant_family();
    ListShardsRequest dated = request();
    dated.stream_creation_timestamp = ago(hours(50)) + Millis(250);
    EXPECT_EQ(shards(dated).size(), 7u) << "compared to the second";
    dated.stream_creation_timestamp = ago(hours(50)) + Millis(1000);
    expect_error(call(list_shards, dated), ErrorType::kResourceNotFound,
                 "Stream family under account 123456789012 not found.");
}

}  // namespace
}  // namespace millrace::api
