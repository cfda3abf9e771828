#include "api/reshard.h"

#include <utility>
#include <vector>

#include "api/addressing.h"
#include "api/failures.h"
#include "api/messages.h"
#include "base/result.h"
#include "model/limits.h"
#include "stream/broker.h"
#include "stream/reshard.h"
#include "stream/scaling.h"

namespace millrace::api {

namespace {

using Scaling = stream::Broker::Scaling;

Answer<model::ShardNo> parse_shard(std::string_view text, const model::StreamArn& where) {
    const std::optional<model::ShardNo> shard_no = model::parse_shard_id(text);
    if (!shard_no) {
        return shard_not_found_as_given(text, where);
    }
    return *shard_no;
}

// An ACTIVE stream whose shards its owner manages.
Answer<stream::StreamPtr> find_provisioned(const Context& context, const model::StreamArn& where,
                                           std::string_view operation) {
    MILLRACE_TRY(stream::StreamPtr stream, look_up(context, where, operation));
    if (!stream) {
        return stream_not_found(where);
    }
    if (stream->status != stream::Status::kActive) {
        return not_active(*stream);
    }
    if (stream->mode == stream::Mode::kOnDemand) {
        return stream_on_demand(where);
    }
    return stream;
}

// One that has expired is not there any more.
Answer<const stream::Shard*> find_shard(const stream::Stream& stream, model::ShardNo shard_no,
                                        WallTime now) {
    const stream::Shard* const shard = stream.shard(shard_no);
    if (shard == nullptr || stream.expired(*shard, now)) {
        return shard_not_found_as_given(model::shard_id(shard_no).view(), arn_of(stream));
    }
    return shard;
}

Answer<void> check_open(const stream::Stream& stream, const stream::Shard& shard) {
    if (!shard.open()) {
        return shard_already_resharded(shard.no, arn_of(stream));
    }
    return success();
}

Answer<void> check_shard_quota(const Context& context, const stream::Stream& stream,
                               std::uint64_t added) {
    const stream::Quotas& quotas = context.broker.settings().quotas;
    const std::uint64_t shards = context.broker.catalog().totals(stream.owner).shards();
    if (quotas.enforced && shards + added > quotas.shards_max) {
        return shard_limit(stream.owner, shards, quotas.shards_max, added);
    }
    return success();
}

// `added`: open shards, for the quota's text.
Task<Answer<Nothing>> reshard(Context& context, stream::StreamPtr stream,
                              std::vector<stream::ReshardStep> steps, Scaling scaling,
                              std::uint64_t added, std::string_view operation) {
    const auto applied = co_await context.broker.reshard(stream, std::move(steps), scaling);
    const model::StreamArn where = arn_of(*stream);
    const auto own = [&](const stream::Applied& refused) -> std::optional<ClientError> {
        switch (refused.outcome) {
            case stream::Outcome::kStale:
                // Since we looked, another change has begun and ended.
                return stream_not_active(where, status_name(stream::Status::kUpdating));
            case stream::Outcome::kShardQuota:
                return shard_limit(where.owner, refused.current,
                                   context.broker.settings().quotas.shards_max, added);
            case stream::Outcome::kDailyQuota:
                return stream_rate_exceeded(where);
            default:
                return std::nullopt;
        }
    };
    MILLRACE_CO_TRY(settled(applied, where, operation, own));
    co_return Nothing{};
}

// Whether `target` shards may follow `current` at all.
Answer<void> check_target(std::uint64_t current, std::uint64_t target) {
    constexpr std::uint64_t kMax = model::kUpdateShardCountMax;
    if (target > kMax || (current > kMax && target >= kMax)) {
        return shard_count_too_large(kMax, current, target);
    }
    if (target > 2 * current) {
        return shard_count_over_double(current, target);
    }
    if (2 * target < current) {
        return shard_count_below_half(current, target);
    }
    return success();
}

}  // namespace

Task<Answer<Nothing>> split_shard(Context& context, const SplitShardRequest& request) {
    constexpr std::string_view kOperation = "SplitShard";
    MILLRACE_CO_TRY(const model::StreamArn where,
                    address(context, request.stream_name, request.stream_arn));
    MILLRACE_CO_TRY(const model::ShardNo shard_no, parse_shard(*request.shard_to_split, where));
    MILLRACE_CO_TRY(const stream::StreamPtr stream, find_provisioned(context, where, kOperation));
    MILLRACE_CO_TRY(const stream::Shard* const shard,
                    find_shard(*stream, shard_no, context.broker.now()));
    MILLRACE_CO_TRY(check_shard_quota(context, *stream, 1));
    MILLRACE_CO_TRY(check_open(*stream, *shard));
    const auto key = model::HashKey::parse(*request.new_starting_hash_key);
    if (!key || !stream::splits(shard->range, *key)) {
        co_return split_key_outside(*request.new_starting_hash_key, shard->range, shard_no, where);
    }
    std::vector<stream::ReshardStep> steps = {{shard_no, *key}};
    co_return co_await reshard(context, stream, std::move(steps), Scaling::kByStep, 1, kOperation);
}

Task<Answer<Nothing>> merge_shards(Context& context, const MergeShardsRequest& request) {
    constexpr std::string_view kOperation = "MergeShards";
    MILLRACE_CO_TRY(const model::StreamArn where,
                    address(context, request.stream_name, request.stream_arn));
    MILLRACE_CO_TRY(const model::ShardNo low_no, parse_shard(*request.shard_to_merge, where));
    MILLRACE_CO_TRY(const model::ShardNo high_no,
                    parse_shard(*request.adjacent_shard_to_merge, where));
    MILLRACE_CO_TRY(const stream::StreamPtr stream, find_provisioned(context, where, kOperation));
    const WallTime now = context.broker.now();
    MILLRACE_CO_TRY(const stream::Shard* const low, find_shard(*stream, low_no, now));
    MILLRACE_CO_TRY(const stream::Shard* const high, find_shard(*stream, high_no, now));
    MILLRACE_CO_TRY(check_open(*stream, *low));
    MILLRACE_CO_TRY(check_open(*stream, *high));
    if (!stream::adjacent(*low, *high)) {
        co_return shards_not_adjacent(low_no, high_no, where);
    }
    std::vector<stream::ReshardStep> steps = {{low_no, high_no}};
    co_return co_await reshard(context, stream, std::move(steps), Scaling::kByStep, 0, kOperation);
}

Task<Answer<UpdateShardCountResponse>> update_shard_count(Context& context,
                                                          const UpdateShardCountRequest& request) {
    constexpr std::string_view kOperation = "UpdateShardCount";
    MILLRACE_CO_TRY(const model::StreamArn where,
                    address(context, request.stream_name, request.stream_arn));
    MILLRACE_CO_TRY(const stream::StreamPtr stream, find_provisioned(context, where, kOperation));
    const std::uint64_t current = stream->open_shards();
    const auto target = static_cast<std::uint32_t>(*request.target_shard_count);
    MILLRACE_CO_TRY(check_target(current, target));
    const std::uint64_t added = target > current ? target - current : 0;
    if (added > 0) {
        MILLRACE_CO_TRY(check_shard_quota(context, *stream, added));
    }
    if (target != current) {
        std::vector<stream::ReshardStep> steps = stream::uniform_scaling(*stream, target);
        MILLRACE_CO_TRY(co_await reshard(context, stream, std::move(steps), Scaling::kByCount,
                                         added, kOperation));
    }
    co_return UpdateShardCountResponse{stream->name.text(), where.text(),
                                       static_cast<std::int32_t>(current),
                                       *request.target_shard_count};
}

}  // namespace millrace::api
