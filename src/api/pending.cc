// Stands in for the handlers until each family's file lands (within this stretch of work).
#include "api/get.h"
#include "api/messages.h"
#include "api/put.h"
#include "api/retention.h"
#include "api/shards.h"
#include "api/streams.h"
#include "api/tags.h"

namespace millrace::api {
#define PENDING(response, name, request)                    \
    Task<Answer<response>> name(Context&, const request&) { \
        co_return internal_failure();                       \
    }
PENDING(Nothing, create_stream, CreateStreamRequest)
PENDING(Nothing, delete_stream, DeleteStreamRequest)
PENDING(DescribeStreamResponse, describe_stream, DescribeStreamRequest)
PENDING(DescribeStreamSummaryResponse, describe_stream_summary, DescribeStreamSummaryRequest)
PENDING(DescribeLimitsResponse, describe_limits, DescribeLimitsRequest)
PENDING(ListStreamsResponse, list_streams, ListStreamsRequest)
PENDING(ListShardsResponse, list_shards, ListShardsRequest)
PENDING(PutRecordResponse, put_record, PutRecordRequest)
PENDING(PutRecordsResponse, put_records, PutRecordsRequest)
PENDING(GetShardIteratorResponse, get_shard_iterator, GetShardIteratorRequest)
PENDING(GetRecordsResponse, get_records, GetRecordsRequest)
PENDING(Nothing, increase_stream_retention_period, RetentionRequest)
PENDING(Nothing, decrease_stream_retention_period, RetentionRequest)
PENDING(Nothing, add_tags_to_stream, AddTagsToStreamRequest)
PENDING(Nothing, remove_tags_from_stream, RemoveTagsFromStreamRequest)
PENDING(ListTagsForStreamResponse, list_tags_for_stream, ListTagsForStreamRequest)
}  // namespace millrace::api
