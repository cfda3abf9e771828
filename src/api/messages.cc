#include "api/messages.h"

#include <array>
#include <chrono>
#include <cstdio>

namespace millrace::api {

namespace {

std::string piece(std::string_view text) {
    return std::string(text);
}
std::string piece(std::int64_t number) {
    return std::to_string(number);
}
std::string piece(std::uint64_t number) {
    return std::to_string(number);
}

template <class... Parts>
std::string join(const Parts&... parts) {
    std::string text;
    ((text += piece(parts)), ...);
    return text;
}

template <class... Parts>
ClientError invalid_argument(const Parts&... parts) {
    return {ErrorType::kInvalidArgument, join(parts...)};
}
template <class... Parts>
ClientError not_found(const Parts&... parts) {
    return {ErrorType::kResourceNotFound, join(parts...)};
}
template <class... Parts>
ClientError in_use(const Parts&... parts) {
    return {ErrorType::kResourceInUse, join(parts...)};
}
template <class... Parts>
ClientError limit_exceeded(const Parts&... parts) {
    return {ErrorType::kLimitExceeded, join(parts...)};
}
template <class... Parts>
ClientError validation(const Parts&... parts) {
    return {ErrorType::kValidation, join(parts...)};
}

// "stream {S} under account {A}"
std::string stream_under_account(const model::StreamArn& stream) {
    return join("stream ", stream.name.text(), " under account ", stream.owner.account);
}

std::string shard_counts(std::uint64_t current, std::uint64_t target) {
    return join("Current open shard count: ", current, " Target shard count: ", target);
}

// "Thu Jan 22 01:22:02 UTC 2015"
std::string long_date(WallTime time) {
    static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
    static constexpr std::array<const char*, 12> kMonths = {
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<Seconds>(time - day));
    char text[64];
    const int size = std::snprintf(
        text, sizeof text, "%s %s %02u %02d:%02d:%02d UTC %d",
        kDays[std::chrono::weekday(day).c_encoding()],
        kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(date.year()));
    return {text, static_cast<std::size_t>(size)};
}

constexpr std::string_view kStartingNumberRule =
    "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
    "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request "
    "specified ";

// "StartingSequenceNumber {v} used in GetShardIterator on shard {Sh} in stream ... is invalid"
std::string starting_number_is_invalid(std::string_view number, std::string_view operation,
                                       model::ShardNo shard_no, const model::StreamArn& stream) {
    return join("StartingSequenceNumber ", number, " used in ", operation, " on shard ",
                model::shard_id(shard_no).view(), " in ", stream_under_account(stream),
                " is invalid");
}

// "{n} validation errors detected: Value{value} at '{path}' failed ...; ..."
ClientError violations(const std::vector<std::string>& paths, std::size_t count,
                       std::string_view value, std::string_view constraint) {
    std::string text =
        join(std::uint64_t{count}, " validation error", count == 1 ? "" : "s", " detected: ");
    for (std::size_t i = 0; i < paths.size(); ++i) {
        text += join(i == 0 ? "" : "; ", "Value", value, " at '", paths[i],
                     "' failed to satisfy constraint: ", constraint);
    }
    return validation(text);
}

std::string under_account(const Tagged& tagged) {
    return join(tagged.kind, " ", tagged.name, " under account ", tagged.account);
}

std::string_view verb(TagChange change) {
    return change == TagChange::kAdd ? "add tags to " : "remove tags from ";
}

}  // namespace

// ---- As the service says it.

ClientError stream_not_found(const model::StreamArn& stream) {
    return not_found("Stream ", stream.name.text(), " under account ", stream.owner.account,
                     " not found.");
}

ClientError shard_not_found_as_given(std::string_view shard, const model::StreamArn& stream) {
    return not_found("Could not find shard ", shard, " in ", stream_under_account(stream), ".");
}

ClientError shard_does_not_exist(model::ShardNo shard_no, const model::StreamArn& stream) {
    return not_found("Shard ", model::shard_id(shard_no).view(), " in ",
                     stream_under_account(stream), " does not exist");
}

ClientError stream_exists(const model::StreamArn& stream) {
    return in_use("Stream ", stream.name.text(), " under account ", stream.owner.account,
                  " already exists.");
}

ClientError stream_not_active(const model::StreamArn& stream, std::string_view status) {
    return in_use("Stream ", stream.name.text(), " under account ", stream.owner.account,
                  " not ACTIVE, instead in state ", status);
}

ClientError internal_failure() {
    return {ErrorType::kInternalFailure, ""};
}

ClientError consumer_not_active(const model::ConsumerArn& consumer) {
    return in_use("Consumer ", consumer.name, " with creation timestamp ", consumer.created_s,
                  " under stream: ", consumer.stream.name.text(), " , account ",
                  consumer.stream.owner.account, " is not in ACTIVE status.");
}

ClientError consumer_not_changeable(const model::ConsumerArn& consumer) {
    return in_use("Consumer ", consumer.name, " with creation timestamp ", consumer.created_s,
                  " under stream ", consumer.stream.name.text(), " and account ",
                  consumer.stream.owner.account, " is not in ACTIVE status.");
}

ClientError consumers_present(const model::StreamArn& stream) {
    const std::string& name = stream.name.text();
    return in_use("DeleteStream can\u2019t delete ", stream.owner.account, ":", name,
                  " because there are consumers associated with this data stream. To delete ", name,
                  " anyway, set the EnforceConsumerDeletion parameter to true to force the "
                  "deletion of all the consumers that are associated with it.");
}

ClientError subscription_active(const model::ConsumerArn& consumer, model::ShardNo shard_no) {
    return in_use("Another active subscription exists for this consumer: ",
                  consumer.stream.owner.account, ":", consumer.stream.name.text(), ":",
                  consumer.name, ":", consumer.created_s, ":", model::shard_id(shard_no).view());
}

ClientError access_denied(const model::Identity& caller, std::string_view operation,
                          std::string_view arn) {
    return {ErrorType::kAccessDenied,
            join("User: ", model::principal_arn(caller),
                 " is not authorized to perform: kinesis:", operation, " on resource: ", arn,
                 " because no resource-based policy allows the kinesis:", operation, " action")};
}

ClientError shard_limit(const model::Identity& owner, std::uint64_t open, std::uint64_t limit,
                        std::uint64_t added) {
    return limit_exceeded(
        "This request would exceed the shard limit for the account ", owner.account, " in ",
        owner.region, ". Current shard count for the account: ", open, ". Limit: ", limit,
        ". Number of additional shards that would have resulted from this request: ", added,
        ". Refer to the AWS Service Limits page "
        "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
        "limits and how to request higher limits.");
}

ClientError stream_on_demand(const model::StreamArn& stream) {
    return validation("Request is invalid. Stream ", stream.name.text(), " under account ",
                      stream.owner.account, " is in On-Demand mode.");
}

ClientError shard_already_resharded(model::ShardNo shard_no, const model::StreamArn& stream) {
    return invalid_argument("Shard ", model::shard_id(shard_no).view(), " in ",
                            stream_under_account(stream),
                            " has already been merged or split, and thus is not eligible for "
                            "merging or splitting.");
}

ClientError split_key_outside(std::string_view key, const model::HashRange& range,
                              model::ShardNo shard_no, const model::StreamArn& stream) {
    return invalid_argument("NewStartingHashKey ", key, " used in SplitShard() on shard ",
                            model::shard_id(shard_no).view(), " in ", stream_under_account(stream),
                            " is not both greater than one plus the shard's StartingHashKey ",
                            range.first.text(), " and less than the shard's EndingHashKey ",
                            range.last.text(), ".");
}

ClientError shards_not_adjacent(model::ShardNo low, model::ShardNo high,
                                const model::StreamArn& stream) {
    return invalid_argument("Shards ", model::shard_id(low).view(), " and ",
                            model::shard_id(high).view(), " in ", stream_under_account(stream),
                            " are not an adjacent pair of shards eligible for merging");
}

ClientError shard_count_too_large(std::uint64_t limit, std::uint64_t current,
                                  std::uint64_t target) {
    return limit_exceeded("Target shard count or number of open shards cannot be greater than ",
                          limit, ". ", shard_counts(current, target));
}

ClientError shard_count_over_double(std::uint64_t current, std::uint64_t target) {
    return limit_exceeded(
        "UpdateShardCount cannot scale up over double your current open shard count. ",
        shard_counts(current, target));
}

ClientError shard_count_below_half(std::uint64_t current, std::uint64_t target) {
    return limit_exceeded(
        "UpdateShardCount cannot scale down below half your current open shard count. ",
        shard_counts(current, target));
}

ClientError stream_rate_exceeded(const model::StreamArn& stream) {
    return limit_exceeded("Rate exceeded for ", stream_under_account(stream), ".");
}

ClientError account_rate_exceeded(std::string_view account) {
    return limit_exceeded("Rate exceeded for account ", account, ".");
}

ClientError on_demand_limit(const model::Identity& owner, std::uint64_t count,
                            std::uint64_t limit) {
    return limit_exceeded(
        "This request would exceed the limit on the number of On-Demand streams for the account ",
        owner.account, " in ", owner.region, ". Current On-Demand streams count: ", count,
        ". Limit: ", limit, ".");
}

ClientError concurrent_streams_limit(std::string_view account, std::uint64_t limit) {
    return limit_exceeded(
        "This request would have exceed the limit on the number of streams that can "
        "simultaneously be in CREATING or DELETING for the account ",
        account, ". Limit: ", limit, ".");
}

ClientError retention_too_short(std::int64_t hours) {
    return invalid_argument(
        "Minimum allowed retention period is 24 hours. Requested retention period (", hours,
        " hours) is too short.");
}

ClientError retention_too_long(std::int64_t hours) {
    return invalid_argument(
        "Maximum allowed retention period is 8760 hours. Requested retention period (", hours,
        " hours) is too long.");
}

ClientError retention_below_current(std::int64_t hours, const model::StreamArn& stream,
                                    std::int64_t current) {
    return invalid_argument("Requested retention period (", hours, " hours) for stream ",
                            stream.name.text(),
                            " can not be shorter than existing retention period (", current,
                            " hours). Use DecreaseRetentionPeriod API.");
}

ClientError retention_above_current(std::int64_t hours, const model::StreamArn& stream,
                                    std::int64_t current) {
    return invalid_argument("Requested retention period (", hours, " hours) for stream ",
                            stream.name.text(),
                            " can not be longer than existing retention period (", current,
                            " hours). Use IncreaseRetentionPeriod API.");
}

ClientError data_too_long(const std::vector<std::string>& paths, std::size_t count,
                          std::int64_t limit_bytes) {
    return violations(
        paths, count, "",
        join("Member must have length less than or equal to ", std::int64_t{limit_bytes}));
}

ClientError explicit_hash_key_out_of_range(std::string_view key) {
    return invalid_argument(
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified "
        "value was ",
        key);
}

ClientError ordering_number_invalid(std::string_view number, const model::StreamArn& stream) {
    return invalid_argument("ExclusiveMinimumSequenceNumber ", number, " used in PutRecord on ",
                            stream_under_account(stream), " is invalid.");
}

ClientError write_rate_exceeded(model::ShardNo shard_no, const model::StreamArn& stream) {
    return {ErrorType::kProvisionedThroughputExceeded,
            join("Rate exceeded for shard ", model::shard_id(shard_no).view(), " in ",
                 stream_under_account(stream), ".")};
}

ClientError read_rate_exceeded(model::ShardNo shard_no, const model::StreamArn& stream) {
    return {ErrorType::kProvisionedThroughputExceeded,
            join("Rate exceeded for Shard - ", stream.owner.account, "/", stream.name.text(), "/",
                 model::shard_id(shard_no).view())};
}

ClientError starting_number_superfluous(std::string_view type) {
    return invalid_argument(kStartingNumberRule, type, " and also a StartingSequenceNumber.");
}

ClientError starting_number_missing(std::string_view type) {
    return invalid_argument(kStartingNumberRule, type, " and no StartingSequenceNumber.");
}

ClientError timestamp_missing() {
    return invalid_argument(
        "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. Current "
        "request has no timestamp parameter.");
}

ClientError timestamp_in_future(WallTime given, WallTime now) {
    return invalid_argument(
        "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
        "timestampInMillis: ",
        to_ms(given), ", currentTimestampInMillis: ", to_ms(now));
}

ClientError starting_number_invalid(std::string_view number, std::string_view operation,
                                    model::ShardNo shard_no, const model::StreamArn& stream) {
    return invalid_argument(starting_number_is_invalid(number, operation, shard_no, stream), ".");
}

ClientError starting_number_of_other_shard(std::int32_t encoded, model::ShardNo used) {
    return invalid_argument(
        "Invalid StartingSequenceNumber. It encodes ", model::shard_id(encoded).view(),
        ", while it was used in a call to a shard with ", model::shard_id(used).view());
}

ClientError starting_number_of_other_stream(std::string_view number, std::string_view operation,
                                            model::ShardNo shard_no,
                                            const model::StreamArn& stream) {
    return invalid_argument(starting_number_is_invalid(number, operation, shard_no, stream),
                            " because it did not come from this stream.");
}

ClientError iterator_invalid() {
    return invalid_argument("Invalid ShardIterator.");
}

ClientError iterator_expired(WallTime created, WallTime now) {
    return {ErrorType::kExpiredIterator,
            join("Iterator expired. The iterator was created at time ", long_date(created),
                 " while right now it is ", long_date(now),
                 " which is further in the future than the tolerated delay of 300000 "
                 "milliseconds.")};
}

ClientError no_shards_selector() {
    return invalid_argument("Either NextToken or StreamName should be provided.");
}

ClientError token_excludes(std::string_view member) {
    return invalid_argument("NextToken and ", member, " cannot be provided together.");
}

ClientError tag_characters_invalid() {
    return invalid_argument(
        "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white "
        "space, _ . / = + - % @.");
}

ClientError tag_characters_illegal(TagChange change, const Tagged& tagged) {
    return invalid_argument("Failed to ", verb(change), under_account(tagged),
                            " because some tags contained illegal characters. The allowed "
                            "characters are Unicode letters, white-spaces, "
                            "'_',',','/','=','+','-','@'.");
}

ClientError consumer_not_found(std::string_view consumer, std::string_view account) {
    return not_found("Consumer ", consumer, ", account ", account, " not found.");
}

ClientError no_policy(std::string_view arn) {
    return not_found("No resource policy found for resource ARN ", arn, ".");
}

ClientError key_disabled(std::string_view arn) {
    return {ErrorType::kKmsDisabled, join(arn, " is disabled.")};
}

ClientError key_pending_deletion(std::string_view arn) {
    return {ErrorType::kKmsInvalidState, join(arn, " is pending deletion.")};
}

ClientError key_not_found(std::string_view arn) {
    const bool alias = arn.find(":alias/") != std::string_view::npos;
    return {ErrorType::kKmsNotFound,
            alias ? join("Alias ", arn, " is not found.") : join("Key '", arn, "' does not exist")};
}

ClientError key_denied(const model::Identity& caller, std::string_view arn) {
    return {ErrorType::kKmsAccessDenied,
            join("User: ", model::principal_arn(caller),
                 " is not authorized to perform: kms:GenerateDataKey on resource: ", arn)};
}

ClientError decryption_denied(const model::Identity& caller, const model::StreamArn& stream,
                              std::int64_t created_s) {
    return {ErrorType::kKmsAccessDenied,
            join("User ", model::principal_arn(caller),
                 " is not authorized to decrypt records in stream ", stream.owner.account, ":",
                 stream.name.text(), ":", created_s)};
}

ClientError key_service_opt_in_required() {
    return {ErrorType::kKmsOptInRequired,
            "The AWS Access Key Id needs a subscription for the service"};
}

ClientError key_service_throttles() {
    return {ErrorType::kKmsThrottling,
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your "
            "calls."};
}

ClientError partition_keys_missing(const std::vector<std::string>& paths, std::size_t count) {
    return violations(paths, count, " null", "Member must not be null");
}

// ---- Our own words, until the service's are known.

ClientError no_stream_given() {
    return invalid_argument("Either StreamName or StreamARN should be provided.");
}

ClientError name_and_arn_differ(std::string_view arn, std::string_view name) {
    return invalid_argument("StreamARN ", arn, " and StreamName ", name,
                            " do not refer to the same stream.");
}

ClientError arn_of_other_region(std::string_view arn, std::string_view region) {
    return invalid_argument("StreamARN ", arn, " is not in region ", region, ".");
}

ClientError arn_malformed(std::string_view arn) {
    return invalid_argument("StreamARN ", arn, " is not a valid stream ARN.");
}

ClientError shard_count_required() {
    return validation("Request is invalid. ShardCount is required for PROVISIONED stream mode.");
}

ClientError shard_count_superfluous() {
    return validation(
        "Request is invalid. ShardCount cannot be specified for ON_DEMAND stream mode.");
}

ClientError warm_throughput_not_available() {
    return validation(
        "Request is invalid. WarmThroughputMiBps can be specified only for ON_DEMAND stream mode "
        "in accounts with a minimum throughput billing commitment.");
}

ClientError mode_changes_exceeded(const model::StreamArn& stream) {
    return limit_exceeded("Stream ", stream.name.text(), " under account ", stream.owner.account,
                          " has exceeded the number of times its mode can be changed in 24 hours.");
}

ClientError records_too_large() {
    return invalid_argument("Records size exceeds 10 MB limit");
}

ClientError no_consumer_given() {
    return invalid_argument(
        "Either ConsumerARN or both StreamARN and ConsumerName should be provided.");
}

ClientError consumer_arn_and_other_differ(std::string_view arn, std::string_view member,
                                          std::string_view value) {
    return invalid_argument("ConsumerARN ", arn, " and ", member, " ", value,
                            " do not refer to the same consumer.");
}

ClientError consumer_arn_of_other_region(std::string_view arn, std::string_view region) {
    return invalid_argument("ConsumerARN ", arn, " is not in region ", region, ".");
}

ClientError consumer_exists(std::string_view consumer, const model::StreamArn& stream) {
    return in_use("Consumer ", consumer, " under stream ", stream.name.text(), " already exists.");
}

ClientError consumer_limit(const model::StreamArn& stream, std::uint64_t limit) {
    return limit_exceeded("You have reached the maximum number of registered consumers (", limit,
                          ") for ", stream_under_account(stream), ".");
}

ClientError creating_consumers_limit(std::string_view account, std::uint64_t limit) {
    return limit_exceeded(
        "This request would have exceeded the limit on the number of consumers that can "
        "simultaneously be in CREATING for the account ",
        account, ". Limit: ", limit, ".");
}

ClientError subscription_rate_exceeded(const model::ConsumerArn& consumer,
                                       model::ShardNo shard_no) {
    return limit_exceeded("Rate exceeded for consumer ", consumer.text(), " and shard ",
                          model::shard_id(shard_no).view(), ".");
}

ClientError iterator_of_other_stream(std::string_view arn) {
    return invalid_argument("StreamARN ", arn, " does not match the shard iterator.");
}

ClientError filter_member_missing(std::string_view member, std::string_view type) {
    return invalid_argument(member, " must be provided when ShardFilter type is ", type, ".");
}

ClientError filter_member_superfluous(std::string_view member, std::string_view type) {
    return invalid_argument(member, " cannot be provided when ShardFilter type is ", type, ".");
}

ClientError filter_excludes_start() {
    return invalid_argument(
        "ExclusiveStartShardId cannot be provided when ShardFilter type is AFTER_SHARD_ID.");
}

ClientError token_invalid() {
    return invalid_argument("Invalid NextToken.");
}

ClientError token_expired() {
    return {ErrorType::kExpiredNextToken, "NextToken has expired."};
}

ClientError too_many_tags(const Tagged& tagged, std::uint64_t limit) {
    return invalid_argument("Failed to add tags to ", under_account(tagged), " because a given ",
                            tagged.kind, " cannot have more than ", limit,
                            " tags associated with it.");
}

ClientError dry_run() {
    return {ErrorType::kDryRunOperation,
            "The request would have succeeded, but the DryRun parameter was set."};
}

ClientError resource_arn_malformed(std::string_view arn) {
    return invalid_argument("ResourceARN ", arn,
                            " is not the ARN of a stream, a consumer or a channel.");
}

ClientError resource_arn_of_other_region(std::string_view member, std::string_view arn,
                                         std::string_view region) {
    return invalid_argument(member, " ", arn, " is not in region ", region, ".");
}

ClientError policy_malformed() {
    return invalid_argument("Policy is not a valid JSON document.");
}

ClientError policy_not_for_channels(std::string_view arn) {
    return invalid_argument("ResourceARN ", arn,
                            " is a channel. Only streams and consumers have resource policies.");
}

ClientError warm_throughput_unsupported() {
    return validation(
        "Request is invalid. Warm throughput is only supported for On-Demand streams in accounts "
        "with MinimumThroughputBillingCommitment enabled.");
}

ClientError warm_throughput_limit(std::int64_t mibps, std::int64_t limit) {
    return limit_exceeded("This request would exceed the limit on warm throughput. Limit: ", limit,
                          " MiB/s. Requested: ", mibps, " MiB/s.");
}

ClientError strategy_needs_on_demand() {
    return invalid_argument(
        "RecordDistributionStrategy AUTO can be specified only for ON_DEMAND stream mode.");
}

ClientError mode_held_by_strategy(const model::StreamArn& stream) {
    return invalid_argument("Stream ", stream.name.text(), " under account ", stream.owner.account,
                            " cannot be changed to PROVISIONED stream mode while its "
                            "RecordDistributionStrategy is AUTO.");
}

ClientError mode_held_by_channels(const model::StreamArn& stream) {
    return in_use("Stream ", stream.name.text(), " under account ", stream.owner.account,
                  " cannot be changed to PROVISIONED stream mode while channels are associated "
                  "with it. Delete the channels first.");
}

ClientError strategy_of_provisioned(const model::StreamArn& stream) {
    return invalid_argument("Stream ", stream.name.text(), " under account ", stream.owner.account,
                            " is not in On-Demand mode. RecordDistributionStrategy can be updated "
                            "only for On-Demand streams.");
}

ClientError ordering_number_unsupported(const model::StreamArn& stream) {
    return invalid_argument("SequenceNumberForOrdering cannot be specified for ",
                            stream_under_account(stream),
                            " because its record distribution strategy is AUTO.");
}

ClientError key_id_invalid(std::string_view key_id) {
    return {ErrorType::kKmsNotFound, join("Invalid keyId ", key_id)};
}

ClientError stream_not_encrypted(const model::StreamArn& stream) {
    return invalid_argument("Stream ", stream.name.text(), " under account ", stream.owner.account,
                            " is not encrypted.");
}

ClientError key_of_other_stream(std::string_view key_id, const model::StreamArn& stream) {
    return invalid_argument("KeyId ", key_id, " is not the key of ", stream_under_account(stream),
                            ".");
}

ClientError encryption_type_invalid(std::string_view type, std::string_view operation) {
    return invalid_argument("EncryptionType ", type, " is not a valid value for ", operation, ".");
}

ClientError encryption_changes_exceeded(const model::StreamArn& stream, std::string_view change) {
    return limit_exceeded("Stream ", stream.name.text(), " under account ", stream.owner.account,
                          " has exceeded the number of times its encryption can be ", change,
                          " in 24 hours.");
}

ClientError channels_refused() {
    return invalid_argument(
        "CreateChannel is refused because this server does not deliver records to channels. With "
        "the server's option channels = accept, channels can be created; they deliver nothing.");
}

ClientError channel_not_found(std::string_view id, std::string_view account) {
    return not_found("Channel ", id, " under account ", account, " not found.");
}

ClientError channel_exists(std::string_view name, std::string_view account) {
    return in_use("Channel ", name, " under account ", account, " already exists.");
}

ClientError channel_not_active(std::string_view name, std::string_view account,
                               std::string_view status) {
    return in_use("Channel ", name, " under account ", account, " not ACTIVE, instead in state ",
                  status);
}

ClientError channel_limit(const model::StreamArn& stream, std::uint64_t limit) {
    return limit_exceeded("This request would exceed the limit on the channels of ",
                          stream_under_account(stream),
                          " that deliver to an S3 bucket. Limit: ", limit, ".");
}

ClientError channel_needs_on_demand(const model::StreamArn& stream) {
    return invalid_argument("Stream ", stream.name.text(), " under account ", stream.owner.account,
                            " is not in On-Demand mode. Channels are supported only for On-Demand "
                            "streams.");
}

ClientError stream_has_channels(const model::StreamArn& stream) {
    return in_use("DeleteStream can’t delete ", stream.owner.account, ":", stream.name.text(),
                  " because there are channels associated with this data stream. Delete the "
                  "channels first.");
}

ClientError channel_streams_count() {
    return invalid_argument("StreamConfigurationList must have exactly 1 entry.");
}

ClientError channel_destinations() {
    return invalid_argument(
        "Exactly one of S3DestinationConfiguration and S3TablesDestinationConfiguration must be "
        "provided.");
}

ClientError s3_tables_unsupported() {
    return invalid_argument(
        "S3TablesDestinationConfiguration is not supported by this server; use "
        "S3DestinationConfiguration");
}

ClientError record_format_unsupported(std::string_view format) {
    return invalid_argument("RecordFormatType ", format,
                            " cannot be used with S3DestinationConfiguration.");
}

ClientError freshness_out_of_range(std::int64_t seconds) {
    return invalid_argument("DataFreshnessInSeconds must be between 300 and 900, but is ", seconds,
                            ".");
}

ClientError role_of_other_account(std::string_view role, std::string_view account) {
    return invalid_argument("ServiceExecutionRoleARN ", role, " is not a role of account ", account,
                            ".");
}

ClientError service_key_not_allowed(std::string_view key) {
    return invalid_argument("KeyId ", key,
                            " is the service's own key. Channels need a customer managed key.");
}

ClientError key_template_invalid(std::string_view rule) {
    return invalid_argument("Invalid OutputKeyTemplate: ", rule, ".");
}

ClientError channel_unchanged() {
    return invalid_argument(
        "Either S3DestinationConfiguration or LoggingConfiguration must be provided.");
}

}  // namespace millrace::api
