// Every text a handler answers with, one function each, in two groups: what the service was seen or
// is documented to say, and what is our own choice until its words are known. Correcting one of the
// latter against a recording changes nothing but its function.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/errors.h"
#include "base/time.h"
#include "model/arn.h"
#include "model/consumer_arn.h"
#include "model/shard_id.h"

namespace millrace::api {

// ---- As the service says it.

ClientError stream_not_found(const model::StreamArn& stream);
ClientError shard_not_found_as_given(std::string_view shard, const model::StreamArn& stream);
ClientError shard_does_not_exist(model::ShardNo shard_no, const model::StreamArn& stream);
ClientError stream_exists(const model::StreamArn& stream);
ClientError stream_not_active(const model::StreamArn& stream, std::string_view status);
ClientError internal_failure();
ClientError consumer_not_active(const model::ConsumerArn& consumer);
ClientError consumers_present(const model::StreamArn& stream);
ClientError subscription_active(const model::ConsumerArn& consumer, model::ShardNo shard_no);
ClientError access_denied(std::string_view account, std::string_view operation,
                          std::string_view arn);

ClientError shard_limit(const model::Identity& owner, std::uint64_t open, std::uint64_t limit,
                        std::uint64_t added);
ClientError on_demand_limit(const model::Identity& owner, std::uint64_t count, std::uint64_t limit);
ClientError concurrent_streams_limit(std::string_view account, std::uint64_t limit);

ClientError retention_too_short(std::int64_t hours);
ClientError retention_too_long(std::int64_t hours);
ClientError retention_below_current(std::int64_t hours, const model::StreamArn& stream,
                                    std::int64_t current);
ClientError retention_above_current(std::int64_t hours, const model::StreamArn& stream,
                                    std::int64_t current);

// One violation per path ("data", "records.3.member.data"); `count` of them, of which at most
// kViolationsMax paths are given.
inline constexpr std::size_t kViolationsMax = 10;
ClientError data_too_long(const std::vector<std::string>& paths, std::size_t count,
                          std::int64_t limit_bytes);
ClientError explicit_hash_key_out_of_range(std::string_view key);
ClientError ordering_number_invalid(std::string_view number, const model::StreamArn& stream);
ClientError write_rate_exceeded(model::ShardNo shard_no, const model::StreamArn& stream);
inline constexpr std::string_view kInternalFailureText = "Internal service failure.";

ClientError starting_number_superfluous(std::string_view type);
ClientError starting_number_missing(std::string_view type);
ClientError timestamp_missing();
ClientError timestamp_in_future(WallTime given, WallTime now);
ClientError starting_number_invalid(std::string_view number, std::string_view operation,
                                    model::ShardNo shard_no, const model::StreamArn& stream);
ClientError starting_number_of_other_shard(std::int32_t encoded, model::ShardNo used);
ClientError starting_number_of_other_stream(std::string_view number, std::string_view operation,
                                            model::ShardNo shard_no,
                                            const model::StreamArn& stream);
ClientError iterator_invalid();
ClientError iterator_expired(WallTime created, WallTime now);

ClientError no_shards_selector();
// The sentence for NextToken beside another selector of ListShards or ListStreams.
ClientError token_excludes(std::string_view member);

enum class TagChange : std::uint8_t { kAdd, kRemove };
ClientError tag_characters_invalid();
ClientError tag_characters_illegal(TagChange change, const model::StreamArn& stream);

// ---- Our own words, until the service's are known.

ClientError not_built(std::string_view operation);
ClientError no_stream_given();
ClientError name_and_arn_differ(std::string_view arn, std::string_view name);
ClientError arn_of_other_region(std::string_view arn, std::string_view region);
ClientError arn_malformed(std::string_view arn);
ClientError shard_count_required();
ClientError shard_count_superfluous();
ClientError warm_throughput_not_available();
ClientError records_too_large();
ClientError consumer_not_found(std::string_view as_given, std::string_view account);
ClientError no_consumer_given();
ClientError consumer_arn_and_other_differ(std::string_view arn, std::string_view member,
                                          std::string_view value);
ClientError consumer_arn_of_other_region(std::string_view arn, std::string_view region);
ClientError consumer_exists(std::string_view consumer, const model::StreamArn& stream);
ClientError consumer_limit(const model::StreamArn& stream, std::uint64_t limit);
ClientError creating_consumers_limit(std::string_view account, std::uint64_t limit);
ClientError subscription_rate_exceeded(const model::ConsumerArn& consumer, model::ShardNo shard_no);
ClientError iterator_of_other_stream(std::string_view arn);
ClientError filter_member_missing(std::string_view member, std::string_view type);
ClientError filter_member_superfluous(std::string_view member, std::string_view type);
ClientError filter_excludes_start();
ClientError token_invalid();
ClientError token_expired();
ClientError too_many_tags(const model::StreamArn& stream, std::uint64_t limit);

}  // namespace millrace::api
