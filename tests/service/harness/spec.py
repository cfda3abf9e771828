"""The request members of the operations with their constraints, written down from the
behaviour specification and not from the server: the tables of test_validation.py and test_cbor.py."""

import dataclasses

SIXTEEN = (
    "AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteStream",
    "DescribeLimits", "DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator",
    "IncreaseStreamRetentionPeriod", "ListShards", "ListStreams", "ListTagsForStream", "PutRecord",
    "PutRecords", "RemoveTagsFromStream")


@dataclasses.dataclass(frozen=True)
class Member:
    name: str
    kind: str                 # string integer boolean blob timestamp list map structure
    required: bool = False
    least: int | None = None  # value of numbers, length of everything else
    most: int | None = None
    pattern: str | None = None
    enum: tuple = ()
    bad: tuple = ()           # values of legal length that the pattern refuses
    good: object = None       # a legal value
    members: tuple = ()       # of a structure, or of a list's structures


def text(name, good, **more):
    return Member(name, "string", good=good, **more)


def integer(name, least, most, good=None):
    return Member(name, "integer", least=least, most=most, good=least if good is None else good)


def need(member):
    return dataclasses.replace(member, required=True)


def named(name):
    return text(name, "some.name_-9", least=1, most=128, pattern="[a-zA-Z0-9_.-]+",
                bad=("a b", "ä", "a/b", "a:b", "a\n"))


STREAM_NAME = named("StreamName")
STREAM_ARN = text("StreamARN", "arn:aws:kinesis:us-east-1:123456789012:stream/some.name_-9",
                  least=1, most=2048, pattern=r"arn:aws.*:kinesis:.*:\d{12}:stream/\S+",
                  bad=("x", "arn:aws:kinesis:us-east-1:12345678901:stream/a",
                       "arn:aws:kinesis:us-east-1:123456789012:stream/",
                       "arn:aws:kinesis:us-east-1:123456789012:stream/a b",
                       "arn:aws:s3:us-east-1:123456789012:stream/a"))
STREAM_ID = text("StreamId", "abcdefghij0123456789-abc", least=1, most=24,
                 pattern="[a-z0-9]{20}-[a-z0-9]{3}",
                 bad=("abc", "ABCDEFGHIJ0123456789-abc", "abcdefghij0123456789-ab"))
ADDRESS = (STREAM_NAME, STREAM_ARN, STREAM_ID)
SEQUENCE = dict(pattern=r"0|([1-9]\d{0,128})", bad=("", "00", "01", "-1", "1.0", "x", "1" * 130, "١"))


def hash_key(name):
    return text(name, "0", pattern=r"0|([1-9]\d{0,38})", bad=("", "00", "-1", "x", "1" * 40))


HASH_KEY = hash_key("ExplicitHashKey")
KEY = text("ExplicitHashKey", "0", pattern=r"0|([1-9]\d{0,38})",
                bad=("", "00", "-1", "x", "1" * 40))
KEY = text("PartitionKey", "k", least=1, most=256)  # needed or not: the stream decides
DRY_RUN = Member("DryRun", "boolean", good=False)
STRATEGY = text("RecordDistributionStrategy", "USER_PARTITION_KEY",
                enum=("AUTO", "USER_PARTITION_KEY"))
DATA = need(Member("Data", "blob", least=0, most=10485760, good="AA=="))
TOKEN = text("NextToken", "x", least=1, most=1048576)
TAGS = Member("Tags", "map", least=1, most=200, good={"a": "b"})
POSITIONS = ("AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON")
FILTERS = ("AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP",
           "FROM_TIMESTAMP")
MODE = Member("StreamModeDetails", "structure", good={"StreamMode": "PROVISIONED"}, members=(
    need(text("StreamMode", "PROVISIONED", enum=("PROVISIONED", "ON_DEMAND"))),))
HOURS = need(integer("RetentionPeriodHours", 1, None, good=24))
LIMIT = integer("Limit", 1, 10000)
TIMESTAMP = Member("Timestamp", "timestamp", good=1)

# In the order in which violations are reported.
MEMBERS = {
    "AddTagsToStream": (need(TAGS), *ADDRESS),
    "CreateStream": (
        integer("ShardCount", 1, 100000), need(STREAM_NAME), MODE, TAGS,
        integer("WarmThroughputMiBps", 0, None), integer("MaxRecordSizeInKiB", 1024, 10240), STRATEGY),
    "DecreaseStreamRetentionPeriod": (HOURS, *ADDRESS),
    "DeleteStream": (STREAM_NAME, Member("EnforceConsumerDeletion", "boolean", good=True),
                     STREAM_ARN, STREAM_ID),
    "DescribeLimits": (),
    "DescribeStream": (LIMIT, named("ExclusiveStartShardId"), *ADDRESS),
    "DescribeStreamSummary": ADDRESS,
    "GetRecords": (LIMIT, need(text("ShardIterator", "x", least=1, most=512)), STREAM_ARN, DRY_RUN,
                   STREAM_ID),
    "GetShardIterator": (
        need(named("ShardId")), need(text("ShardIteratorType", "LATEST", enum=POSITIONS)),
        text("StartingSequenceNumber", "5", **SEQUENCE), STREAM_NAME, STREAM_ARN, TIMESTAMP,
        DRY_RUN, STREAM_ID),
    "IncreaseStreamRetentionPeriod": (HOURS, *ADDRESS),
    "ListShards": (
        named("ExclusiveStartShardId"), integer("MaxResults", 1, 10000), TOKEN,
        Member("ShardFilter", "structure", good={"Type": "AT_LATEST"}, members=(
            need(text("Type", "AT_LATEST", enum=FILTERS)), named("ShardId"), TIMESTAMP)),
        Member("StreamCreationTimestamp", "timestamp", good=1), *ADDRESS),
    "ListStreams": (LIMIT, named("ExclusiveStartStreamName"), TOKEN),
    "ListTagsForStream": (integer("Limit", 1, 50),
                          text("ExclusiveStartTagKey", "k", least=1, most=128), *ADDRESS),
    "MergeShards": (need(named("ShardToMerge")), need(named("AdjacentShardToMerge")), *ADDRESS),
    "PutRecord": (text("SequenceNumberForOrdering", "5", **SEQUENCE), KEY, HASH_KEY, DATA,
                  STREAM_NAME, STREAM_ARN, DRY_RUN, STREAM_ID),
    "PutRecords": (
        need(Member("Records", "list", least=1, most=500, good=[{"PartitionKey": "k", "Data": ""}],
                    members=(KEY, HASH_KEY, DATA))), STREAM_NAME, STREAM_ARN, DRY_RUN, STREAM_ID),
    "RemoveTagsFromStream": (need(Member("TagKeys", "list", least=1, most=50, good=["a"])), *ADDRESS),
    "SplitShard": (need(hash_key("NewStartingHashKey")), STREAM_NAME, need(named("ShardToSplit")),
                   STREAM_ARN, STREAM_ID),
    "UpdateShardCount": (
        need(text("ScalingType", "UNIFORM_SCALING", enum=("UNIFORM_SCALING",))), STREAM_ARN,
        STREAM_NAME, need(integer("TargetShardCount", 1, None)), STREAM_ID),
    "UpdateStreamMode": (need(STREAM_ARN), need(MODE), integer("WarmThroughputMiBps", 0, None),
                         STREAM_ID),
}
assert list(MEMBERS) == sorted(MEMBERS) and set(SIXTEEN) <= set(MEMBERS)

METRICS = need(Member("ShardLevelMetrics", "list", least=1, most=7, good=["ALL"], enum=(
    "IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
    "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded",
    "IteratorAgeMilliseconds", "ALL")))
RESOURCE_ARN = need(text(
    "ResourceARN", "arn:aws:kinesis:us-east-1:123456789012:stream/some.name_-9", least=1, most=2048,
    pattern=r"arn:aws.*:kinesis:.*:\d{12}:.*(stream|channel)/\S+",
    bad=("x", "arn:aws:kinesis:us-east-1:123456789012:queue/a",
         "arn:aws:kinesis:us-east-1:123456789012:stream/")))
CHANNEL_ARN = need(text(
    "ChannelARN", "arn:aws:kinesis:us-east-1:123456789012:channel/a", least=1, most=2048,
    pattern=r"arn:aws.*:kinesis:.*:\d{12}:channel/\S+",
    bad=("x", "arn:aws:kinesis:us-east-1:123456789012:stream/a")))
TAG_KEYS = MEMBERS["RemoveTagsFromStream"][0]
BUCKET = (
    need(text("BucketARN", "arn:aws:s3:::records", pattern=r"arn:aws[-a-z0-9]*:s3:::[a-z0-9._-]{3,63}",
              bad=("x", "arn:aws:s3:::ab", "arn:aws:s3:::UPPER", "arn:aws:s3:::" + "a" * 64))),
    need(text("ExpectedBucketOwner", "123456789012", pattern=r"\d{12}", bad=("12345678901x",))))
DEAD_LETTERS = Member("DeadLetterQueueS3Configuration", "structure",
                      good={"BucketARN": "arn:aws:s3:::dead", "ExpectedBucketOwner": "123456789012"},
                      members=(*BUCKET, text("ErrorOutputPrefix", "errors/", least=1, most=512,
                                             pattern=r"[0-9A-Za-z!\-_'.*()\/]+", bad=("a b", "!{x}"))))
STORAGE = need(Member(
    "StorageConfiguration", "structure",
    good={"BucketARN": "arn:aws:s3:::records", "ExpectedBucketOwner": "123456789012",
          "CompressionType": "NONE"},
    members=(*BUCKET, need(text("CompressionType", "NONE", enum=("NONE", "GZIP", "ZSTD"))),
             text("OutputKeyTemplate", "k", least=1),
             text("StorageClass", "STANDARD", enum=("STANDARD", "INTELLIGENT_TIERING", "GLACIER_IR")))))
FRESHNESS = Member("DataFreshnessInSeconds", "integer", good=300)
LOGGING = Member("LoggingConfiguration", "structure", good={"CloudWatchLogs": {"Enabled": False}},
                 members=(need(Member(
                     "CloudWatchLogs", "structure", good={"Enabled": False}, members=(
                         need(Member("Enabled", "boolean", good=True)),
                         text("LogGroupName", "g", least=1, most=512, pattern=r"[\.\-_/#A-Za-z0-9]+",
                              bad=("a b",)),
                         text("LogStreamName", "s", least=1, most=512, pattern="[^:*]*",
                              bad=("a:b", "*"))))),))
SOURCE = need(Member(
    "StreamConfigurationList", "list", least=1,  # of the 10000 that the form allows, 1 is accepted
    good=[{"StreamARN": STREAM_ARN.good, "RecordConfiguration": {"RecordFormatType": "JSON"}}],
    members=(need(STREAM_ARN), need(Member(
        "RecordConfiguration", "structure", good={"RecordFormatType": "JSON"}, members=(
            need(text("RecordFormatType", "JSON", enum=("JSON", "STRING", "BYTE_ARRAY", "GSR_JSON"))),
            text("GSRSchemaARN", "x")))))))
ENCRYPTION = (need(text("EncryptionType", "KMS", enum=("NONE", "KMS"))),
              need(text("KeyId", "alias/k", least=1, most=2048)), *ADDRESS)
S3_UPDATE = dict(good={"DataFreshnessInSeconds": 300}, members=(need(FRESHNESS),))

MEMBERS |= {
    "CreateChannel": (
        need(named("ChannelName")),
        need(text("ServiceExecutionRoleARN", "arn:aws:iam::123456789012:role/r", least=1, most=512,
                  pattern=r"arn:aws[-a-z0-9]*:iam::\d{12}:role/[a-zA-Z_0-9+=,.@\-_/]+",
                  bad=("x", "arn:aws:iam::123456789012:user/r", "arn:aws:iam::1:role/r"))),
        SOURCE,
        Member("S3DestinationConfiguration", "structure", good={"StorageConfiguration": STORAGE.good},
               members=(STORAGE, FRESHNESS, DEAD_LETTERS)),
        Member("S3TablesDestinationConfiguration", "structure", good={
            "DeadLetterQueueS3Configuration": DEAD_LETTERS.good, "S3TablesConfigurationList": [{
                "TableBucketARN": "b", "Namespace": "n", "TableName": "t", "CompressionType": "NONE"}]},
               members=(need(DEAD_LETTERS),)),
        Member("EncryptionConfiguration", "structure", good={"EncryptionType": "KMS", "KeyId": "k"},
               members=(need(text("EncryptionType", "KMS", enum=("KMS",))),
                        need(text("KeyId", "k", least=1, most=2048)))),
        LOGGING, Member("Tags", "map", most=200, good={"a": "b"})),
    "DeleteChannel": (CHANNEL_ARN,),
    "DeleteResourcePolicy": (RESOURCE_ARN, STREAM_ID),
    "DescribeAccountSettings": (),
    "DescribeChannel": (CHANNEL_ARN,),
    "DisableEnhancedMonitoring": (METRICS, *ADDRESS),
    "EnableEnhancedMonitoring": (METRICS, *ADDRESS),
    "GetResourcePolicy": (RESOURCE_ARN, STREAM_ID),
    "ListChannels": (
        Member("StreamFilter", "list", good=[{"StreamARN": STREAM_ARN.good}], members=(
            need(STREAM_ARN), Member("StreamCreationTimestamp", "timestamp", good=1))),
        integer("MaxResults", 1, None), TOKEN),
    "ListTagsForResource": (RESOURCE_ARN, STREAM_ID),
    "PutResourcePolicy": (need(text("Policy", "{}")), RESOURCE_ARN, STREAM_ID),
    "StartStreamEncryption": ENCRYPTION,
    "StopStreamEncryption": ENCRYPTION,
    "TagResource": (RESOURCE_ARN, need(TAGS), STREAM_ID),
    "UntagResource": (RESOURCE_ARN, TAG_KEYS, STREAM_ID),
    "UpdateAccountSettings": (
        need(Member("MinimumThroughputBillingCommitment", "structure", good={"Status": "DISABLED"},
                    members=(need(text("Status", "DISABLED", enum=("ENABLED", "DISABLED"))),))),),
    "UpdateChannel": (
        CHANNEL_ARN, Member("S3DestinationConfiguration", "structure", **S3_UPDATE),
        Member("S3TablesDestinationConfiguration", "structure", **S3_UPDATE), LOGGING),
    "UpdateMaxRecordSize": (need(integer("MaxRecordSizeInKiB", 1024, 10240)), STREAM_ARN, STREAM_ID),
    "UpdateStreamRecordDistributionStrategy": (need(STREAM_ARN), need(STRATEGY), STREAM_ID),
    "UpdateStreamWarmThroughput": (
        STREAM_ARN, STREAM_NAME, need(integer("WarmThroughputMiBps", 0, None, good=1)), STREAM_ID),
}


def required_only(operation):
    """The smallest body the constraint stage lets pass."""
    return {m.name: m.good for m in MEMBERS[operation] if m.required}


def path(member, prefix=""):
    return prefix + member.name[0].lower() + member.name[1:]
