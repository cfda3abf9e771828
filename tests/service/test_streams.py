"""CreateStream, DeleteStream, DescribeStream, DescribeStreamSummary, DescribeLimits, ListStreams."""

import time

import botocore.exceptions
import pytest

from harness import aws, texts
from harness.aws import expect_refusal, ignore_metadata, make_stream, refused
from harness.process import ACCOUNT, REGION, eventually

SPACE = 2**128


def describe(kinesis, name):
    return kinesis.describe_stream(StreamName=name)["StreamDescription"]


def summary(kinesis, name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def gone(kinesis, name):
    def missing():
        try:
            kinesis.describe_stream_summary(StreamName=name)
            return False
        except kinesis.exceptions.ResourceNotFoundException:
            return True
    eventually(missing, message=f"{name} gone")


def test_create_answers_with_an_empty_body(kinesis, name):
    assert ignore_metadata(kinesis.create_stream(StreamName=name, ShardCount=1)) == {}


def test_provisioned_stream_is_described_in_full(kinesis, name):
    before = int(time.time())
    make_stream(kinesis, name, 2)
    found = describe(kinesis, name)
    created = found.pop("StreamCreationTimestamp")
    assert created.microsecond == 0 and before - 1 <= created.timestamp() <= time.time() + 1
    shards = found.pop("Shards")
    assert [s["ShardId"] for s in shards] == ["shardId-000000000000", "shardId-000000000001"]
    assert found == {
        "StreamName": name, "StreamARN": aws.arn(name), "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"}, "HasMoreShards": False,
        "RetentionPeriodHours": 24, "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE"}
    told = summary(kinesis, name)
    assert told.pop("StreamCreationTimestamp") == created
    del found["HasMoreShards"]
    assert told == found | {"OpenShardCount": 2, "ConsumerCount": 0, "ChannelCount": 0,
                            "MaxRecordSizeInKiB": 1024}


@pytest.mark.parametrize("more", [{}, {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}],
                         ids=["neither-count-nor-mode", "mode"])
def test_on_demand_stream_starts_with_four_shards(kinesis, name, more):
    kinesis.create_stream(StreamName=name, **more)
    aws.wait_active(kinesis, name)
    told = summary(kinesis, name)
    assert told["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    assert told["OpenShardCount"] == 4 and len(describe(kinesis, name)["Shards"]) == 4


# 4.1: end of the first shard(s) for n initial shards.
RANGE_ENDS = {
    1: [SPACE - 1],
    2: [170141183460469231731687303715884105727, SPACE - 1],
    3: [113427455640312821154458202477256070484, 226854911280625642308916404954512140969, SPACE - 1],
    4: [k * 85070591730234615865843651857942052864 - 1 for k in (1, 2, 3)] + [SPACE - 1],
    5: [68056473384187692692674921486353642290],
    7: [SPACE // 7 - 1],
    100: [SPACE // 100 - 1],
}


@pytest.mark.parametrize("count", RANGE_ENDS)
def test_initial_shards_partition_the_hash_space(kinesis, name, count):
    make_stream(kinesis, name, count)
    shards = describe(kinesis, name)["Shards"]
    ranges = [(int(s["HashKeyRange"]["StartingHashKey"]), int(s["HashKeyRange"]["EndingHashKey"]))
              for s in shards]
    assert len(ranges) == count and ranges[0][0] == 0 and ranges[-1][1] == SPACE - 1
    assert all(a[1] + 1 == b[0] for a, b in zip(ranges, ranges[1:]))
    assert [end for _, end in ranges][:len(RANGE_ENDS[count])] == RANGE_ENDS[count]
    assert all(end - start + 1 == SPACE // count for start, end in ranges[:-1])


def test_starting_sequence_numbers_follow_the_bit_layout(kinesis, name):
    make_stream(kinesis, name, 18)
    found = describe(kinesis, name)
    starts = [int(s["SequenceNumberRange"]["StartingSequenceNumber"]) for s in found["Shards"]]
    assert all("EndingSequenceNumber" not in s["SequenceNumberRange"] for s in found["Shards"])
    created = starts[0] >> 148 & 0xFFFFFFFFF
    for index, number in enumerate(starts):
        assert f"{number:x}" == (f"2{created:09x}{index & 15:x}{0:016x}00"
                                 f"{created:09x}{index:08x}2"), index
    assert starts[1] - starts[0] == 22300745198530623141535718272648361505980432
    assert 0 <= found["StreamCreationTimestamp"].timestamp() - created <= 10


@pytest.mark.parametrize("more, error, message", [
    ({"ShardCount": 2, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}, texts.VALIDATION,
     "Request is invalid. ShardCount cannot be specified for ON_DEMAND stream mode."),
    ({"StreamModeDetails": {"StreamMode": "PROVISIONED"}}, texts.VALIDATION,
     "Request is invalid. ShardCount is required for PROVISIONED stream mode."),
    ({"ShardCount": 1, "MaxRecordSizeInKiB": 1023}, texts.VALIDATION, texts.violations(
        texts.violation("'1023'", "maxRecordSizeInKiB", texts.value_at_least(1024)))),
    ({"ShardCount": 1, "MaxRecordSizeInKiB": 10241}, texts.VALIDATION, texts.violations(
        texts.violation("'10241'", "maxRecordSizeInKiB", texts.value_at_most(10240)))),
    ({"ShardCount": 100001}, texts.VALIDATION, texts.violations(
        texts.violation("'100001'", "shardCount", texts.value_at_most(100000)))),
])
def test_create_refuses(kinesis, name, more, error, message):
    expect_refusal(kinesis, "CreateStream", {"StreamName": name, **more}, error, message)
    with refused(texts.NOT_FOUND, texts.no_stream(name)):
        kinesis.describe_stream(StreamName=name)


@pytest.mark.parametrize("more", [
    {"ShardCount": 1, "WarmThroughputMiBps": 10},
    {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "WarmThroughputMiBps": 10}])
def test_create_refuses_warm_throughput(kinesis, name, more):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        kinesis.create_stream(StreamName=name, **more)
    assert caught.value.response["Error"]["Code"] == texts.VALIDATION


def test_create_refuses_an_existing_name(kinesis, stream):
    expect_refusal(kinesis, "CreateStream", {"StreamName": stream, "ShardCount": 1},
                   texts.IN_USE, texts.exists(stream))
    # Existence is judged before any limit.
    expect_refusal(kinesis, "CreateStream", {"StreamName": stream, "ShardCount": 100000},
                   texts.IN_USE, texts.exists(stream))


def test_create_takes_record_size_and_tags(kinesis, name):
    make_stream(kinesis, name, 1, MaxRecordSizeInKiB=10240, Tags={"team": "a", "empty": ""})
    assert summary(kinesis, name)["MaxRecordSizeInKiB"] == 10240
    assert kinesis.list_tags_for_stream(StreamName=name)["Tags"] == [
        {"Key": "empty", "Value": ""}, {"Key": "team", "Value": "a"}]


def test_names_are_scoped_by_account_and_region(server, kinesis, name):
    make_stream(kinesis, name, 1)
    for account, region in [("999999999999", REGION), (ACCOUNT, "eu-west-1")]:
        other = aws.client(server, account=account, region=region)
        with refused(texts.NOT_FOUND, texts.no_stream(name, account)):
            other.describe_stream_summary(StreamName=name)
        make_stream(other, name, 2)
        assert summary(other, name)["StreamARN"] == aws.arn(name, account, region)
        assert other.list_streams()["StreamNames"] == [name]
    assert summary(kinesis, name)["OpenShardCount"] == 1


def test_other_access_keys_belong_to_the_default_account(server, name):
    made = aws.client(server, account="AKIAIOSFODNN7EXAMPLE", region="cn-north-1")
    make_stream(made, name)
    assert summary(made, name)["StreamARN"] == f"arn:aws-cn:kinesis:cn-north-1:{0:012}:stream/{name}"


def test_delete_removes_stream_and_name(kinesis, stream):
    assert ignore_metadata(kinesis.delete_stream(StreamName=stream)) == {}
    gone(kinesis, stream)
    for operation in ("DescribeStream", "DeleteStream", "DescribeStreamSummary"):
        expect_refusal(kinesis, operation, {"StreamName": stream}, texts.NOT_FOUND,
                       texts.no_stream(stream))
    assert stream not in kinesis.list_streams(Limit=100)["StreamNames"]


def test_a_name_can_be_used_again(kinesis, stream):
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"old")
    kinesis.delete_stream(StreamName=stream, EnforceConsumerDeletion=True)
    gone(kinesis, stream)
    make_stream(kinesis, stream, 3)
    assert summary(kinesis, stream)["OpenShardCount"] == 3
    assert aws.read_all(kinesis, stream) == []


def test_describe_stream_pages_by_shard_id(kinesis, name):
    make_stream(kinesis, name, 105)
    first = describe(kinesis, name)
    assert len(first["Shards"]) == 100 and first["HasMoreShards"] is True
    second = kinesis.describe_stream(
        StreamName=name, Limit=10000, ExclusiveStartShardId=first["Shards"][-1]["ShardId"])
    ids = [s["ShardId"] for s in first["Shards"] + second["StreamDescription"]["Shards"]]
    assert ids == [texts.SHARD_ID.format(i) for i in range(105)]
    assert second["StreamDescription"]["HasMoreShards"] is False
    page = kinesis.describe_stream(StreamName=name, Limit=2,
                                   ExclusiveStartShardId="shardId-000000000050-x")
    assert [s["ShardId"][-3:] for s in page["StreamDescription"]["Shards"]] == ["051", "052"]
    pages = kinesis.get_paginator("describe_stream").paginate(
        StreamName=name, PaginationConfig={"PageSize": 40})
    assert [s["ShardId"] for p in pages for s in p["StreamDescription"]["Shards"]] == ids
    beyond = kinesis.describe_stream(StreamName=name, ExclusiveStartShardId="z")
    assert beyond["StreamDescription"]["Shards"] == []


def test_waiters_see_creation_and_deletion(kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    quick = {"Delay": 1, "MaxAttempts": 3}
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig=quick)
    kinesis.delete_stream(StreamName=name)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=name, WaiterConfig=quick)


def test_describe_limits_counts_open_shards_and_on_demand_streams(server):
    own = aws.client(server, account="111111111111")
    assert ignore_metadata(own.describe_limits()) == {
        "ShardLimit": 20000, "OpenShardCount": 0,
        "OnDemandStreamCount": 0, "OnDemandStreamCountLimit": 50,
        "ChannelCount": 0, "ChannelCountLimit": 100}
    make_stream(own, "provisioned", 3)
    own.create_stream(StreamName="on-demand")
    aws.wait_active(own, "on-demand")
    found = own.describe_limits()
    assert (found["OpenShardCount"], found["OnDemandStreamCount"]) == (3, 1)
    own.delete_stream(StreamName="provisioned")
    gone(own, "provisioned")
    assert own.describe_limits()["OpenShardCount"] == 0


@pytest.fixture(scope="module")
def many(server):
    """An account of its own with 104 streams."""
    own = aws.client(server, account="222222222222")
    names = sorted(["Z", "a.b", "a-b", "a_b"] + [f"m{i:03}" for i in range(100)])
    for each in names:
        own.create_stream(StreamName=each, ShardCount=1)
    for each in names:
        aws.wait_active(own, each)
    return own, names


def test_list_streams_goes_by_byte_order(many):
    own, names = many
    first = own.list_streams()
    assert first["StreamNames"] == names[:100] and first["HasMoreStreams"] is True
    second = own.list_streams(NextToken=first["NextToken"], Limit=10000)
    assert second["StreamNames"] == names[100:] and second["HasMoreStreams"] is False
    assert "NextToken" not in second
    assert [s["StreamName"] for s in first["StreamSummaries"]] == names[:100]
    one = first["StreamSummaries"][0]
    created = one.pop("StreamCreationTimestamp")
    assert created.microsecond == 0
    assert one == {"StreamName": names[0], "StreamARN": aws.arn(names[0], "222222222222"),
                   "StreamStatus": "ACTIVE", "StreamModeDetails": {"StreamMode": "PROVISIONED"}}


@pytest.mark.parametrize("params, start, stop, more", [
    ({"Limit": 3}, 0, 3, True),
    ({"Limit": 10000}, 0, 100, True),
    ({"ExclusiveStartStreamName": "m050", "Limit": 1}, "m051", "m052", True),
    ({"ExclusiveStartStreamName": "m0505"}, "m051", None, False),
    ({"ExclusiveStartStreamName": "zzz"}, 104, 104, False),
])
def test_list_streams_starts_and_stops(many, params, start, stop, more):
    own, names = many

    def place(at):
        return names.index(at) if isinstance(at, str) else at
    found = own.list_streams(**params)
    assert found["StreamNames"] == names[place(start):place(stop)]
    assert found["HasMoreStreams"] is more and ("NextToken" in found) is more


def test_list_streams_paginator(many):
    own, names = many
    pages = own.get_paginator("list_streams").paginate(PaginationConfig={"PageSize": 30})
    assert [n for page in pages for n in page["StreamNames"]] == names


@pytest.mark.parametrize("tamper", [lambda t: "x", lambda t: t[:-4], lambda t: "A" + t[1:]])
def test_list_streams_refuses_foreign_tokens(many, tamper):
    own, _ = many
    token = own.list_streams(Limit=2)["NextToken"]
    changed = tamper(token)
    if changed == token:
        changed = "B" + token[1:]
    expect_refusal(own, "ListStreams", {"NextToken": changed}, texts.INVALID, "Invalid NextToken.")


def test_list_streams_refuses_token_with_start(many):
    own, _ = many
    token = own.list_streams(Limit=2)["NextToken"]
    expect_refusal(own, "ListStreams", {"NextToken": token, "ExclusiveStartStreamName": "a"},
                   texts.INVALID, "NextToken and ExclusiveStartStreamName cannot be provided together.")
