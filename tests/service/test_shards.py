"""ListShards: pages, tokens, filters, refusals."""

import datetime

import pytest

from harness import aws, texts
from harness.aws import expect_refusal

COUNT = 12
IDS = [texts.SHARD_ID.format(i) for i in range(COUNT)]
LONG_AGO = datetime.datetime(2001, 1, 1, tzinfo=datetime.timezone.utc)
SOON = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.fixture(scope="module")
def shards(kinesis):
    return aws.make_stream(kinesis, "shards", COUNT)


@pytest.fixture(scope="module")
def created(kinesis, shards):
    return kinesis.describe_stream_summary(StreamName=shards)["StreamDescriptionSummary"][
        "StreamCreationTimestamp"]


def ids(answer):
    return [s["ShardId"] for s in answer["Shards"]]


def test_members_are_those_of_describe_stream(kinesis, shards):
    listed = kinesis.list_shards(StreamName=shards)
    assert "NextToken" not in listed
    assert listed["Shards"] == kinesis.describe_stream(StreamName=shards)["StreamDescription"]["Shards"]


@pytest.mark.parametrize("params, expected", [
    ({}, IDS),
    ({"MaxResults": 10000}, IDS),
    ({"MaxResults": COUNT}, IDS),
    ({"ExclusiveStartShardId": IDS[8]}, IDS[9:]),
    ({"ExclusiveStartShardId": "shardId-000000000008x"}, IDS[9:]),
    ({"ExclusiveStartShardId": "a"}, IDS),
    ({"ExclusiveStartShardId": "z"}, []),
    ({"ExclusiveStartShardId": IDS[8], "MaxResults": 10}, IDS[9:]),
    ({"ShardFilter": {"Type": "FROM_TRIM_HORIZON"}}, IDS),
    ({"ShardFilter": {"Type": "AT_TRIM_HORIZON"}}, IDS),
    ({"ShardFilter": {"Type": "AT_LATEST"}}, IDS),
    ({"ShardFilter": {"Type": "AT_TIMESTAMP", "Timestamp": LONG_AGO}}, IDS),
    ({"ShardFilter": {"Type": "AT_TIMESTAMP", "Timestamp": SOON}}, IDS),
    ({"ShardFilter": {"Type": "FROM_TIMESTAMP", "Timestamp": LONG_AGO}}, IDS),
    ({"ShardFilter": {"Type": "FROM_TIMESTAMP", "Timestamp": SOON}}, IDS),
    ({"ShardFilter": {"Type": "AFTER_SHARD_ID", "ShardId": IDS[3]}}, IDS[4:]),
])
def test_selection(kinesis, shards, params, expected):
    found = kinesis.list_shards(StreamName=shards, **params)
    assert ids(found) == expected and "NextToken" not in found


def test_creation_timestamp_must_be_the_streams(kinesis, shards, created):
    found = kinesis.list_shards(StreamName=shards, StreamCreationTimestamp=created)
    assert ids(found) == IDS
    expect_refusal(kinesis, "ListShards", {"StreamName": shards, "StreamCreationTimestamp": LONG_AGO},
                   texts.NOT_FOUND, texts.no_stream(shards))


@pytest.mark.parametrize("start", [{}, {"ShardFilter": {"Type": "AT_LATEST"}},
                                   {"ShardFilter": {"Type": "AFTER_SHARD_ID", "ShardId": IDS[1]}},
                                   {"ExclusiveStartShardId": IDS[1]}])
def test_tokens_continue_with_the_same_selection(kinesis, shards, start):
    expected = ids(kinesis.list_shards(StreamName=shards, **start))
    page = kinesis.list_shards(StreamName=shards, MaxResults=5, **start)
    found, sizes = ids(page), [5]
    while "NextToken" in page:
        sizes.append(2 if len(sizes) == 1 else 3)
        page = kinesis.list_shards(NextToken=page["NextToken"], MaxResults=sizes[-1])
        assert len(page["Shards"]) <= sizes[-1]
        found += ids(page)
    assert found == expected


def test_paginator(kinesis, shards):
    """boto3's keeps sending StreamName beside NextToken, which the service refuses: it is good for
    what fits on one page."""
    paginator = kinesis.get_paginator("list_shards")
    pages = paginator.paginate(StreamName=shards, PaginationConfig={"PageSize": len(IDS)})
    assert [i for page in pages for i in ids(page)] == IDS
    with pytest.raises(kinesis.exceptions.InvalidArgumentException):
        list(paginator.paginate(StreamName=shards, PaginationConfig={"PageSize": 5}))


def test_a_token_without_page_size_gives_the_rest(kinesis, shards):
    token = kinesis.list_shards(StreamName=shards, MaxResults=1)["NextToken"]
    assert ids(kinesis.list_shards(NextToken=token)) == IDS[1:]
    assert ids(kinesis.list_shards(NextToken=token)) == IDS[1:]  # and can be used again


def test_pages_beyond_a_thousand(kinesis, name):
    aws.make_stream(kinesis, name, 1200)
    first = kinesis.list_shards(StreamName=name)
    assert len(first["Shards"]) == 1000
    assert len(kinesis.list_shards(NextToken=first["NextToken"])["Shards"]) == 200
    assert len(kinesis.list_shards(StreamName=name, MaxResults=10000)["Shards"]) == 1200


@pytest.mark.parametrize("other, label", [
    ({"StreamName": "shards"}, "StreamName"),
    ({"StreamARN": aws.arn("shards")}, "StreamARN"),
    ({"ExclusiveStartShardId": IDS[0]}, "ExclusiveStartShardId"),
    ({"ShardFilter": {"Type": "AT_LATEST"}}, "ShardFilter"),
    ({"StreamCreationTimestamp": LONG_AGO}, "StreamCreationTimestamp"),
])
def test_token_excludes_other_selectors(kinesis, shards, other, label):
    token = kinesis.list_shards(StreamName=shards, MaxResults=1)["NextToken"]
    expect_refusal(kinesis, "ListShards", {"NextToken": token, **other}, texts.INVALID,
                   f"NextToken and {label} cannot be provided together.")
    # The rule needs no valid token.
    expect_refusal(kinesis, "ListShards", {"NextToken": "x", **other}, texts.INVALID,
                   f"NextToken and {label} cannot be provided together.")


def test_foreign_tokens_are_refused(kinesis, shards):
    token = kinesis.list_shards(StreamName=shards, MaxResults=1)["NextToken"]
    flipped = token[:10] + ("A" if token[10] != "A" else "B") + token[11:]
    for bad in ("x", "AAAAAAAA", token[:-4], flipped, token + "AAAA"):
        expect_refusal(kinesis, "ListShards", {"NextToken": bad}, texts.INVALID, "Invalid NextToken.")
    # An iterator is not a token.
    expect_refusal(kinesis, "ListShards", {"NextToken": aws.iterator(kinesis, shards)},
                   texts.INVALID, "Invalid NextToken.")


def test_token_of_a_deleted_stream(kinesis, name):
    aws.make_stream(kinesis, name, 2)
    token = kinesis.list_shards(StreamName=name, MaxResults=1)["NextToken"]
    kinesis.delete_stream(StreamName=name)
    expect_refusal(kinesis, "ListShards", {"NextToken": token}, texts.NOT_FOUND, texts.no_stream(name))


@pytest.mark.parametrize("kind, message", [
    ("AFTER_SHARD_ID", "ShardId must be provided when ShardFilter type is AFTER_SHARD_ID."),
    ("AT_TIMESTAMP", "Timestamp must be provided when ShardFilter type is AT_TIMESTAMP."),
    ("FROM_TIMESTAMP", "Timestamp must be provided when ShardFilter type is FROM_TIMESTAMP."),
])
def test_filter_lacks_its_member(kinesis, shards, kind, message):
    expect_refusal(kinesis, "ListShards", {"StreamName": shards, "ShardFilter": {"Type": kind}},
                   texts.INVALID, message)
    # Arguments are judged before the stream is looked up.
    expect_refusal(kinesis, "ListShards", {"StreamName": "nope", "ShardFilter": {"Type": kind}},
                   texts.INVALID, message)


@pytest.mark.parametrize("params", [
    {"ShardFilter": {"Type": "AT_LATEST", "ShardId": IDS[0]}},
    {"ShardFilter": {"Type": "AT_TRIM_HORIZON", "Timestamp": LONG_AGO}},
    {"ShardFilter": {"Type": "AFTER_SHARD_ID", "ShardId": IDS[0], "Timestamp": LONG_AGO}},
    {"ShardFilter": {"Type": "AT_TIMESTAMP", "ShardId": IDS[0], "Timestamp": LONG_AGO}},
    {"ShardFilter": {"Type": "AFTER_SHARD_ID", "ShardId": IDS[0]}, "ExclusiveStartShardId": IDS[0]},
])
def test_surplus_selectors_are_refused(kinesis, shards, params):
    with pytest.raises(kinesis.exceptions.InvalidArgumentException):
        kinesis.list_shards(StreamName=shards, **params)
