"""Resource policies, and what they decide about callers of another account."""

import json

import pytest

from harness import aws, texts
from harness.aws import expect_refusal, ignore_metadata

OTHER = "210987654321"


@pytest.fixture(scope="module")
def outside(server):
    return aws.client(server, account=OTHER)


def statement(stream, *actions, effect="Allow", **more):
    return {"Effect": effect, "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": [f"kinesis:{a}" for a in actions], "Resource": aws.arn(stream), **more}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def denied(operation, stream):
    return (f"User: arn:aws:iam::{OTHER}:root is not authorized to perform: kinesis:{operation} on "
            f"resource: {aws.arn(stream)} because no resource-based policy allows the "
            f"kinesis:{operation} action")


def test_policies_are_put_replaced_read_and_deleted(kinesis, stream):
    arn = aws.arn(stream)
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == "{}"
    for actions in (("PutRecord",), ("Get*",)):
        text = policy(statement(stream, *actions))
        assert ignore_metadata(kinesis.put_resource_policy(ResourceARN=arn, Policy=text)) == {}
        assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == text
    assert ignore_metadata(kinesis.delete_resource_policy(ResourceARN=arn)) == {}
    assert kinesis.get_resource_policy(ResourceARN=arn)["Policy"] == "{}"
    expect_refusal(kinesis, "DeleteResourcePolicy", {"ResourceARN": arn}, texts.NOT_FOUND,
                   f"No resource policy found for resource ARN {arn}.")


@pytest.mark.parametrize("text", ["", "{}", "[]", "x", '{"Version": "2012-10-17"}',
                                  '{"Version": "2012-10-17", "Statement": [{}]}'])
def test_other_documents_are_refused(kinesis, stream, text):
    expect_refusal(kinesis, "PutResourcePolicy", {"ResourceARN": aws.arn(stream), "Policy": text},
                   texts.INVALID, "Policy is not a valid JSON document.")


def test_resources_must_be_there_and_have_policies(kinesis, stream):
    for operation, more in (("GetResourcePolicy", {}), ("DeleteResourcePolicy", {}),
                            ("PutResourcePolicy", {"Policy": policy(statement(stream, "*"))})):
        expect_refusal(kinesis, operation, {"ResourceARN": aws.arn("nope"), **more}, texts.NOT_FOUND,
                       texts.no_stream("nope"))


def test_without_a_policy_nobody_else_comes_in(outside, stream):
    for operation, params in (("PutRecord", {"PartitionKey": "k", "Data": b"d"}), ("ListShards", {}),
                              ("DescribeStreamSummary", {}), ("DescribeStream", {}),
                              ("GetShardIterator", {"ShardId": "0", "ShardIteratorType": "LATEST"})):
        expect_refusal(outside, operation, {"StreamARN": aws.arn(stream), **params},
                       "AccessDeniedException", denied(operation, stream))


def test_another_account_writes_and_reads_as_it_is_granted(kinesis, outside, stream):
    arn = aws.arn(stream)
    put = {"StreamARN": arn, "PartitionKey": "k", "Data": b"d"}
    kinesis.put_resource_policy(ResourceARN=arn, Policy=policy(statement(stream, "Put*")))
    outside.put_record(**put)
    outside.put_records(StreamARN=arn, Records=[{"PartitionKey": "k", "Data": b"e"}])
    place = {"StreamARN": arn, "ShardId": texts.SHARD_ID.format(0), "ShardIteratorType": "TRIM_HORIZON"}
    expect_refusal(outside, "GetShardIterator", place, "AccessDeniedException",
                   denied("GetShardIterator", stream))
    kinesis.put_resource_policy(ResourceARN=arn, Policy=policy(
        statement(stream, "*"), statement(stream, "Put*", effect="Deny")))
    at = outside.get_shard_iterator(**place)["ShardIterator"]
    found = outside.get_records(ShardIterator=at, StreamARN=arn)
    assert [r["Data"] for r in found["Records"]] == [b"d", b"e"]
    assert len(outside.list_shards(StreamARN=arn)["Shards"]) == 1
    summary = outside.describe_stream_summary(StreamARN=arn)["StreamDescriptionSummary"]
    assert summary["StreamARN"] == arn
    expect_refusal(outside, "PutRecord", put, "AccessDeniedException", denied("PutRecord", stream))
    # What cannot be shared is not granted by a wildcard either.
    expect_refusal(outside, "DeleteStream", {"StreamARN": arn}, "AccessDeniedException",
                   denied("DeleteStream", stream))
    kinesis.delete_resource_policy(ResourceARN=arn)
    expect_refusal(outside, "GetRecords", {"ShardIterator": at}, "AccessDeniedException",
                   denied("GetRecords", stream))


@pytest.mark.parametrize("condition, granted", [
    ({"StringEquals": {"aws:PrincipalAccount": OTHER}}, True),
    ({"StringEquals": {"aws:PrincipalAccount": "999999999999"}}, False),
    ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::2109*:root"}}, True),
    ({"StringLike": {"aws:RequestedRegion": "us-*"}}, True),
    ({"StringNotLike": {"aws:RequestedRegion": "us-*"}}, False),
    ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
    ({"NotIpAddress": {"aws:SourceIp": "127.0.0.1"}}, False),
    ({"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}, False),
    ({"Bool": {"aws:SecureTransport": "true"}}, False),
    ({"StringEquals": {"aws:username": "alice"}}, False),
])
def test_conditions(kinesis, outside, stream, condition, granted):
    kinesis.put_resource_policy(ResourceARN=aws.arn(stream), Policy=policy(
        statement(stream, "ListShards", Condition=condition)))
    if granted:
        outside.list_shards(StreamARN=aws.arn(stream))
    else:
        expect_refusal(outside, "ListShards", {"StreamARN": aws.arn(stream)}, "AccessDeniedException",
                       denied("ListShards", stream))


def test_addresses_of_ipv6(make_server):
    server = make_server(host="::1").start()
    kinesis, outside = aws.client(server), aws.client(server, account=OTHER)
    aws.make_stream(kinesis, "six")
    for block, granted in (("::1/128", True), ("2001:db8::/32", False)):
        kinesis.put_resource_policy(ResourceARN=aws.arn("six"), Policy=policy(statement(
            "six", "ListShards", Condition={"IpAddress": {"aws:SourceIp": block}})))
        if granted:
            outside.list_shards(StreamARN=aws.arn("six"))
        else:
            expect_refusal(outside, "ListShards", {"StreamARN": aws.arn("six")},
                           "AccessDeniedException", denied("ListShards", "six"))


def test_policies_survive_a_kill_and_end_with_their_stream(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "kept")
    text = policy(statement("kept", "ListShards"))
    kinesis.put_resource_policy(ResourceARN=aws.arn("kept"), Policy=text)
    server.kill()
    server.start()
    kinesis, outside = aws.client(server), aws.client(server, account=OTHER)
    assert kinesis.get_resource_policy(ResourceARN=aws.arn("kept"))["Policy"] == text
    outside.list_shards(StreamARN=aws.arn("kept"))
    kinesis.delete_stream(StreamName="kept")
    aws.make_stream(kinesis, "kept")
    assert kinesis.get_resource_policy(ResourceARN=aws.arn("kept"))["Policy"] == "{}"


def test_consumers_have_policies_and_tags_of_their_own(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "read")
    consumer = kinesis.register_stream_consumer(
        StreamARN=aws.arn("read"), ConsumerName="app", Tags={"team": "a"})["Consumer"]["ConsumerARN"]
    kinesis.tag_resource(ResourceARN=consumer, Tags={"stage": "b"})
    kinesis.untag_resource(ResourceARN=consumer, TagKeys=["team"])
    assert kinesis.get_resource_policy(ResourceARN=consumer)["Policy"] == "{}"
    text = policy({**statement("read", "DescribeStreamConsumer", "SubscribeToShard"),
                   "Resource": consumer})
    kinesis.put_resource_policy(ResourceARN=consumer, Policy=text)
    server.kill()
    server.start()
    kinesis, outside = aws.client(server), aws.client(server, account=OTHER)
    assert kinesis.list_tags_for_resource(ResourceARN=consumer)["Tags"] == [
        {"Key": "stage", "Value": "b"}]
    assert kinesis.list_tags_for_stream(StreamName="read")["Tags"] == []
    assert kinesis.get_resource_policy(ResourceARN=consumer)["Policy"] == text
    assert outside.describe_stream_consumer(ConsumerARN=consumer)["ConsumerDescription"][
        "ConsumerARN"] == consumer
    outside.subscribe_to_shard(ConsumerARN=consumer, ShardId=texts.SHARD_ID.format(0),
                               StartingPosition={"Type": "LATEST"})["EventStream"].close()
    expect_refusal(outside, "DescribeStreamSummary", {"StreamARN": aws.arn("read")},
                   "AccessDeniedException", denied("DescribeStreamSummary", "read"))
    kinesis.delete_resource_policy(ResourceARN=consumer)
    expect_refusal(kinesis, "DeleteResourcePolicy", {"ResourceARN": consumer}, texts.NOT_FOUND,
                   f"No resource policy found for resource ARN {consumer}.")
    kinesis.deregister_stream_consumer(ConsumerARN=consumer)
    expect_refusal(kinesis, "ListTagsForResource", {"ResourceARN": consumer}, texts.NOT_FOUND,
                   f"Consumer {consumer}, account 123456789012 not found.")
