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
#include "model/hash_range.h"
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
// The same of operations that would change it.
ClientError consumer_not_changeable(const model::ConsumerArn& consumer);
ClientError consumers_present(const model::StreamArn& stream);
ClientError subscription_active(const model::ConsumerArn& consumer, model::ShardNo shard_no);
ClientError access_denied(const model::Identity& caller, std::string_view operation,
                          std::string_view arn);

ClientError shard_limit(const model::Identity& owner, std::uint64_t open, std::uint64_t limit,
                        std::uint64_t added);
ClientError stream_on_demand(const model::StreamArn& stream);
ClientError shard_already_resharded(model::ShardNo shard_no, const model::StreamArn& stream);
ClientError split_key_outside(std::string_view key, const model::HashRange& range,
                              model::ShardNo shard_no, const model::StreamArn& stream);
ClientError shards_not_adjacent(model::ShardNo low, model::ShardNo high,
                                const model::StreamArn& stream);
ClientError shard_count_too_large(std::uint64_t limit, std::uint64_t current, std::uint64_t target);
ClientError shard_count_over_double(std::uint64_t current, std::uint64_t target);
ClientError shard_count_below_half(std::uint64_t current, std::uint64_t target);
ClientError stream_rate_exceeded(const model::StreamArn& stream);
ClientError account_rate_exceeded(std::string_view account);

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
ClientError read_rate_exceeded(model::ShardNo shard_no, const model::StreamArn& stream);
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

// What has tags, as the texts call it: "stream orders under account 123456789012".
struct Tagged {
    std::string_view kind;
    std::string_view name;
    std::string_view account;
    Tagged(const model::StreamArn& stream)
        : kind("stream"), name(stream.name.text()), account(stream.owner.account) {}
    Tagged(std::string_view k, std::string_view n, std::string_view a)
        : kind(k), name(n), account(a) {}
};
enum class TagChange : std::uint8_t { kAdd, kRemove };
ClientError tag_characters_invalid();
ClientError tag_characters_illegal(TagChange change, const Tagged& tagged);

ClientError consumer_not_found(std::string_view consumer, std::string_view account);
ClientError no_policy(std::string_view arn);
// Of the client's key `arn`; what the key service says is passed on.
ClientError key_disabled(std::string_view arn);
ClientError key_pending_deletion(std::string_view arn);
ClientError key_not_found(std::string_view arn);
ClientError key_denied(const model::Identity& caller, std::string_view arn);
ClientError decryption_denied(const model::Identity& caller, const model::StreamArn& stream,
                              std::int64_t created_s);
ClientError key_service_opt_in_required();
ClientError key_service_throttles();
// As constraint violations, though found later: which stream it is decides about them. Paths and
// count as of data_too_long().
ClientError partition_keys_missing(const std::vector<std::string>& paths, std::size_t count);

// ---- Our own words, until the service's are known.

ClientError no_stream_given();
ClientError name_and_arn_differ(std::string_view arn, std::string_view name);
ClientError arn_of_other_region(std::string_view arn, std::string_view region);
ClientError arn_malformed(std::string_view arn);
ClientError shard_count_required();
ClientError shard_count_superfluous();
ClientError warm_throughput_not_available();
ClientError mode_changes_exceeded(const model::StreamArn& stream);
ClientError records_too_large();
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
ClientError too_many_tags(const Tagged& tagged, std::uint64_t limit);
ClientError dry_run();
ClientError resource_arn_malformed(std::string_view arn);
ClientError resource_arn_of_other_region(std::string_view member, std::string_view arn,
                                         std::string_view region);
ClientError policy_malformed();
ClientError policy_not_for_channels(std::string_view arn);
ClientError warm_throughput_unsupported();
ClientError warm_throughput_limit(std::int64_t mibps, std::int64_t limit);
ClientError strategy_needs_on_demand();
ClientError mode_held_by_strategy(const model::StreamArn& stream);
ClientError mode_held_by_channels(const model::StreamArn& stream);
ClientError strategy_of_provisioned(const model::StreamArn& stream);
ClientError ordering_number_unsupported(const model::StreamArn& stream);

ClientError key_id_invalid(std::string_view key_id);
ClientError stream_not_encrypted(const model::StreamArn& stream);
ClientError key_of_other_stream(std::string_view key_id, const model::StreamArn& stream);
ClientError encryption_type_invalid(std::string_view type, std::string_view operation);
// `change`: "started" or "stopped".
ClientError encryption_changes_exceeded(const model::StreamArn& stream, std::string_view change);

ClientError channels_refused();
ClientError channel_not_found(std::string_view id, std::string_view account);
ClientError channel_exists(std::string_view name, std::string_view account);
ClientError channel_not_active(std::string_view name, std::string_view account,
                               std::string_view status);
ClientError channel_limit(const model::StreamArn& stream, std::uint64_t limit);
ClientError channel_needs_on_demand(const model::StreamArn& stream);
ClientError stream_has_channels(const model::StreamArn& stream);
ClientError channel_streams_count();
ClientError channel_destinations();
ClientError s3_tables_unsupported();
ClientError record_format_unsupported(std::string_view format);
ClientError freshness_out_of_range(std::int64_t seconds);
ClientError role_of_other_account(std::string_view role, std::string_view account);
ClientError service_key_not_allowed(std::string_view key);
ClientError key_template_invalid(std::string_view rule);
ClientError channel_unchanged();

}  // namespace millrace::api
