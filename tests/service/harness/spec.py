"""The request members of the sixteen operations with their constraints, written down from the
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
KEY = need(text("PartitionKey", "k", least=1, most=256))
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
        integer("ShardCount", 1, 100000), need(STREAM_NAME), MODE, TAGS, integer("WarmThroughputMiBps", 0, None),
        integer("MaxRecordSizeInKiB", 1024, 10240)),
    "DecreaseStreamRetentionPeriod": (HOURS, *ADDRESS),
    "DeleteStream": (STREAM_NAME, Member("EnforceConsumerDeletion", "boolean", good=True),
                     STREAM_ARN, STREAM_ID),
    "DescribeLimits": (),
    "DescribeStream": (LIMIT, named("ExclusiveStartShardId"), *ADDRESS),
    "DescribeStreamSummary": ADDRESS,
    "GetRecords": (LIMIT, need(text("ShardIterator", "x", least=1, most=512)), STREAM_ARN, STREAM_ID),
    "GetShardIterator": (
        need(named("ShardId")), need(text("ShardIteratorType", "LATEST", enum=POSITIONS)),
        text("StartingSequenceNumber", "5", **SEQUENCE), STREAM_NAME, STREAM_ARN, TIMESTAMP,
        STREAM_ID),
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
    "PutRecord": (text("SequenceNumberForOrdering", "5", **SEQUENCE), KEY, HASH_KEY, DATA, *ADDRESS),
    "PutRecords": (
        need(Member("Records", "list", least=1, most=500, good=[{"PartitionKey": "k", "Data": ""}],
                    members=(KEY, HASH_KEY, DATA))), *ADDRESS),
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


def required_only(operation):
    """The smallest body the constraint stage lets pass."""
    return {m.name: m.good for m in MEMBERS[operation] if m.required}


def path(member, prefix=""):
    return prefix + member.name[0].lower() + member.name[1:]
