"""StreamName and StreamARN, over every operation that takes a stream."""

import json
from base64 import b64encode

import pytest

from harness import aws, texts
from harness.aws import expect_refusal
from harness.http import Caller

SHARD = "shardId-000000000000"

# Operation -> its other required members.
OPERATIONS = {
    "AddTagsToStream": {"Tags": {"k": "v"}},
    "DecreaseStreamRetentionPeriod": {"RetentionPeriodHours": 24},
    "DescribeStream": {},
    "DescribeStreamSummary": {},
    "GetShardIterator": {"ShardId": SHARD, "ShardIteratorType": "LATEST"},
    "IncreaseStreamRetentionPeriod": {"RetentionPeriodHours": 24},
    "ListShards": {},
    "ListTagsForStream": {},
    "PutRecord": {"PartitionKey": "k", "Data": b"d"},
    "PutRecords": {"Records": [{"PartitionKey": "k", "Data": b"d"}]},
    "RemoveTagsFromStream": {"TagKeys": ["k"]},
    "DeleteStream": {},
}


@pytest.fixture(scope="module")
def shared(kinesis):
    return aws.make_stream(kinesis, "addressed")


def missing(operation, name):
    """The text for a stream that is not there: GetShardIterator names the shard."""
    return texts.no_shard(0, name) if operation == "GetShardIterator" else texts.no_stream(name)


each = pytest.mark.parametrize("operation", OPERATIONS)


@each
def test_either_or_both(kinesis, name, operation):
    for by in ("StreamName", "StreamARN", "both"):
        own = f"{name}-{by}"
        aws.make_stream(kinesis, own)
        address = {"StreamName": own, "StreamARN": aws.arn(own)}
        if by != "both":
            address = {by: address[by]}
        aws.method(kinesis, operation)(**address, **OPERATIONS[operation])


@each
def test_neither(kinesis, operation):
    text = "Either NextToken or StreamName should be provided." if operation == "ListShards" \
        else texts.NEITHER
    expect_refusal(kinesis, operation, OPERATIONS[operation], texts.INVALID, text)


@each
def test_name_and_arn_in_conflict(kinesis, shared, operation):
    other = aws.arn("other")
    expect_refusal(kinesis, operation,
                   {"StreamName": shared, "StreamARN": other, **OPERATIONS[operation]},
                   texts.INVALID, texts.conflict(other, shared))


@each
def test_arn_of_another_region(kinesis, shared, operation):
    other = aws.arn(shared, region="eu-west-1")
    expect_refusal(kinesis, operation, {"StreamARN": other, **OPERATIONS[operation]},
                   texts.INVALID, f"StreamARN {other} is not in region us-east-1.")


@each
def test_missing_stream_is_named_even_if_addressed_by_arn(kinesis, operation):
    for address in ({"StreamName": "nope"}, {"StreamARN": aws.arn("nope")}):
        expect_refusal(kinesis, operation, {**address, **OPERATIONS[operation]},
                       texts.NOT_FOUND, missing(operation, "nope"))


@each
def test_stream_id_is_accepted_and_ignored(server, kinesis, name, operation):
    """By plain requests: the SDKs take a StreamId for a part of the host's name, whatever endpoint
    they were given."""
    aws.make_stream(kinesis, name)
    body = {"StreamName": name, "StreamId": "abcdefghij0123456789-abc",
            **json.loads(json.dumps(OPERATIONS[operation], default=lambda data: b64encode(data).decode()))}
    assert Caller(server)(operation, body).status == 200
