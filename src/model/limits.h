// The service's limits, with their units last. Those an operator may change are settings of
// `stream`; these here are fixed by the protocol.
#pragma once

#include <cstdint>

namespace millrace::model {

inline constexpr std::int64_t kKiB = 1024;

inline constexpr std::int64_t kRecordSizeDefaultKiB = 1024;
inline constexpr std::int64_t kRecordSizeMinKiB = 1024;
inline constexpr std::int64_t kRecordSizeMaxKiB = 10240;
inline constexpr std::int64_t kDataMaxBytes = 10485760;        // of one record, static
inline constexpr std::int64_t kPutRecordsMaxBytes = 10485760;  // data and keys of one call
inline constexpr std::int64_t kPutRecordsMaxRecords = 500;
inline constexpr std::int64_t kPartitionKeyMaxUnits = 256;  // UTF-16

inline constexpr std::int64_t kGetRecordsMaxBytes = 10485760;
inline constexpr std::int64_t kGetRecordsMaxRecords = 10000;
inline constexpr std::int64_t kSubscriptionEventMaxBytes = 1048576;  // but for one larger record
inline constexpr std::int64_t kSubscriptionEventMaxRecords = 10000;
inline constexpr std::int64_t kIteratorMaxChars = 512;
inline constexpr std::int64_t kIteratorAgeMaxMs = 300000;
inline constexpr std::int64_t kTokenMaxChars = 1048576;
inline constexpr std::int64_t kTokenAgeMaxMs = 300000;

inline constexpr std::int64_t kNameMaxUnits = 128;
inline constexpr std::int64_t kArnMaxUnits = 2048;
inline constexpr std::int64_t kStreamIdMaxUnits = 24;

inline constexpr std::int64_t kShardCountMax = 100000;  // of CreateStream
inline constexpr std::int64_t kUpdateShardCountMax = 10000;
inline constexpr std::int64_t kRetentionMinHours = 24;
inline constexpr std::int64_t kRetentionMaxHours = 8760;
inline constexpr std::int64_t kRetentionDefaultHours = 24;
inline constexpr std::int64_t kOnDemandInitialShards = 4;

inline constexpr std::int64_t kPageMax = 10000;  // the Limit and MaxResults members
inline constexpr std::int64_t kDescribeStreamPageShards = 100;
inline constexpr std::int64_t kListStreamsPageStreams = 100;
inline constexpr std::int64_t kListShardsPageShards = 1000;
inline constexpr std::int64_t kListTagsPageTags = 50;
inline constexpr std::int64_t kListConsumersPageConsumers = 100;

inline constexpr std::int64_t kListChannelsPageChannels = 100;

inline constexpr std::int64_t kShardMetricsMax = 7;  // names in one call
inline constexpr std::int64_t kWarmThroughputMaxMiBps = 10240;
inline constexpr std::int64_t kAccountChars = 12;

inline constexpr std::int64_t kChannelListMax = 10000;  // of which one entry is accepted today
inline constexpr std::int64_t kRoleArnMaxUnits = 512;
inline constexpr std::int64_t kKeyIdMaxUnits = 2048;
inline constexpr std::int64_t kLogNameMaxUnits = 512;
inline constexpr std::int64_t kErrorPrefixMaxUnits = 512;
inline constexpr std::int64_t kObjectKeyMaxChars = 986;  // 1024 but for a unique suffix
inline constexpr std::int64_t kFreshnessMinSeconds = 300;
inline constexpr std::int64_t kFreshnessMaxSeconds = 900;
inline constexpr std::int64_t kFreshnessDefaultSeconds = 300;

inline constexpr std::int64_t kTagsPerCallMax = 200;
inline constexpr std::int64_t kTagKeysPerCallMax = 50;
inline constexpr std::int64_t kTagKeyMaxUnits = 128;
inline constexpr std::int64_t kTagValueMaxUnits = 256;

static_assert(kRecordSizeMaxKiB * kKiB == kDataMaxBytes,
              "the largest stream limit is the static one");
static_assert(kGetRecordsMaxBytes >= kRecordSizeMaxKiB * kKiB, "one call can return any record");
static_assert(kPutRecordsMaxBytes >= kRecordSizeMaxKiB * kKiB, "one call can hold any record");
static_assert(kListTagsPageTags <= kTagsPerCallMax);

}  // namespace millrace::model
