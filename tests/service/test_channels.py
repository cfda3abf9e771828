"""Channels: their administration. Nothing is delivered, so they are refused unless the operator says
otherwise; this module's server does."""

import pytest

from harness import aws, process, texts
from harness.raw import Raw

ROLE = f"arn:aws:iam::{aws.ACCOUNT}:role/channels"
TEMPLATE = ("kinesis-channel/!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/"
            "!{channel-name}-!{channel-id}-!{yyyy}-!{MM}-!{dd}-!{HH}-!{mm}!{extension}")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = process.Server(tmp_path_factory.mktemp("data") / "data", "--channels", "accept").start()
    yield made
    made.close()
    process.Server.every.remove(made)


@pytest.fixture(scope="module")
def raw(server):
    return Raw(server)


@pytest.fixture
def stream(raw, name):
    raw("CreateStream", StreamName=name)
    return name


def wanted(stream, name=None, **more):
    return {"ChannelName": name or f"to-{stream}", "ServiceExecutionRoleARN": ROLE,
            "StreamConfigurationList": [{"StreamARN": aws.arn(stream),
                                         "RecordConfiguration": {"RecordFormatType": "JSON"}}],
            "S3DestinationConfiguration": {"StorageConfiguration": {
                "BucketARN": "arn:aws:s3:::records", "ExpectedBucketOwner": aws.ACCOUNT,
                "CompressionType": "GZIP"}}, **more}


def create(raw, stream, **more):
    return raw("CreateChannel", **wanted(stream, **more))["ChannelDescription"]


def describe(raw, arn):
    return raw("DescribeChannel", ChannelARN=arn)["ChannelDescription"]


def names(answer):
    return [c["ChannelName"] for c in answer["ChannelSummaries"]]


def test_refused_by_default(make_server):
    raw = Raw(make_server().start())
    raw("CreateStream", StreamName="s")
    raw.refuses("CreateChannel", wanted("s"), texts.INVALID,
                "CreateChannel is refused because this server does not deliver records to channels. "
                "With the server's option channels = accept, channels can be created; they deliver "
                "nothing.")
    assert names(raw("ListChannels")) == []


def test_a_life(raw, stream):
    made = create(raw, stream)
    arn, identifier = made["ChannelARN"], made["ChannelId"]
    assert made["ChannelStatus"] == "CREATING"
    assert arn == f"arn:aws:kinesis:{aws.REGION}:{aws.ACCOUNT}:channel/{identifier}"
    storage = made["S3DestinationConfiguration"]["StorageConfiguration"]
    assert (storage["OutputKeyTemplate"], storage["StorageClass"]) == (TEMPLATE, "STANDARD")
    assert made["S3DestinationConfiguration"]["DataFreshnessInSeconds"] == 300
    assert made["S3DestinationConfiguration"]["DeadLetterQueueS3Configuration"] == {
        "BucketARN": "arn:aws:s3:::records", "ExpectedBucketOwner": aws.ACCOUNT,
        "ErrorOutputPrefix": f"kinesis-channel/errors/to-{stream}/{identifier}/"}
    assert made["LoggingConfiguration"] == {"CloudWatchLogs": {"Enabled": False}}
    assert describe(raw, arn) == {**made, "ChannelStatus": "ACTIVE"}

    updated = raw("UpdateChannel", ChannelARN=arn,
                  S3DestinationConfiguration={"DataFreshnessInSeconds": 900},
                  LoggingConfiguration={"CloudWatchLogs": {"Enabled": True}})["ChannelDescription"]
    assert updated["ChannelStatus"] == "UPDATING"
    assert updated["S3DestinationConfiguration"]["DataFreshnessInSeconds"] == 900
    assert updated["LoggingConfiguration"]["CloudWatchLogs"] == {
        "Enabled": True, "LogGroupName": f"/aws/kinesis/to-{stream}/{identifier}",
        "LogStreamName": "DestinationDelivery"}
    assert describe(raw, arn)["ChannelStatus"] == "ACTIVE"

    assert raw("DeleteChannel", ChannelARN=arn) is None
    raw.refuses("DescribeChannel", {"ChannelARN": arn}, texts.NOT_FOUND,
                f"Channel {identifier} under account {aws.ACCOUNT} not found.")


@pytest.mark.parametrize("more, message", [
    ({"S3DestinationConfiguration": None},
     "Exactly one of S3DestinationConfiguration and S3TablesDestinationConfiguration must be provided."),
    ({"S3DestinationConfiguration": None, "S3TablesDestinationConfiguration": {
        "DeadLetterQueueS3Configuration": {"BucketARN": "arn:aws:s3:::dead",
                                           "ExpectedBucketOwner": aws.ACCOUNT},
        "S3TablesConfigurationList": [{
            "TableBucketARN": "b", "Namespace": "n", "TableName": "t", "CompressionType": "NONE",
            "PartitionSpec": {"PartitionFields": [{"Transform": "TIME_HOUR", "SourceName": "at"}]}}]}},
     "S3TablesDestinationConfiguration is not supported by this server; use S3DestinationConfiguration"),
    ({"ServiceExecutionRoleARN": "arn:aws:iam::210987654321:role/x"},
     f"ServiceExecutionRoleARN arn:aws:iam::210987654321:role/x is not a role of account {aws.ACCOUNT}."),
])
def test_requests_that_cannot_be(raw, stream, more, message):
    raw.refuses("CreateChannel", wanted(stream, **more), texts.INVALID, message)


@pytest.mark.parametrize("seconds", [299, 901])
def test_freshness_has_a_range(raw, stream, seconds):
    body = wanted(stream)
    body["S3DestinationConfiguration"]["DataFreshnessInSeconds"] = seconds
    raw.refuses("CreateChannel", body, texts.INVALID,
                f"DataFreshnessInSeconds must be between 300 and 900, but is {seconds}.")


def test_compressed_objects_need_an_extension(raw, stream):
    body = wanted(stream)
    body["S3DestinationConfiguration"]["StorageConfiguration"]["OutputKeyTemplate"] = "!{yyyy}/x"
    raw.refuses("CreateChannel", body, texts.INVALID,
                "Invalid OutputKeyTemplate: compressed objects need an extension placeholder.")


def test_streams_and_names(raw, stream):
    raw("CreateStream", StreamName=stream + "-plain", ShardCount=1)
    raw.refuses("CreateChannel", wanted(stream + "-plain"), texts.INVALID,
                f"Stream {stream}-plain under account {aws.ACCOUNT} is not in On-Demand mode. "
                "Channels are supported only for On-Demand streams.")
    raw.refuses("CreateChannel", wanted("nope"), texts.NOT_FOUND, texts.no_stream("nope"))
    made = create(raw, stream)
    raw("CreateStream", StreamName=stream + "-2")
    raw.refuses("CreateChannel", wanted(stream + "-2", name=f"to-{stream}"), texts.IN_USE,
                f"Channel to-{stream} under account {aws.ACCOUNT} already exists.")
    raw.refuses("CreateChannel", wanted(stream, name="second"), texts.LIMIT,
                f"This request would exceed the limit on the channels of stream {stream} under account "
                f"{aws.ACCOUNT} that deliver to an S3 bucket. Limit: 1.")
    raw.refuses("DeleteStream", {"StreamName": stream, "EnforceConsumerDeletion": True}, texts.IN_USE,
                f"DeleteStream can\u2019t delete {aws.ACCOUNT}:{stream} because there are channels "
                "associated with this data stream. Delete the channels first.")
    raw("DeleteChannel", ChannelARN=made["ChannelARN"])
    assert raw("DeleteStream", StreamName=stream) is None


def test_tags(raw, stream):
    arn = create(raw, stream, Tags={"a": "1"})["ChannelARN"]
    raw("TagResource", ResourceARN=arn, Tags={"b": "2"})
    raw("UntagResource", ResourceARN=arn, TagKeys=["a"])
    assert raw("ListTagsForResource", ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    for operation in ("GetResourcePolicy", "DeleteResourcePolicy"):
        raw.refuses(operation, {"ResourceARN": arn}, texts.INVALID,
                    f"ResourceARN {arn} is a channel. Only streams and consumers have resource policies.")


def test_lists_counts_and_restarts(make_server):
    server = make_server("--channels", "accept").start()
    raw = Raw(server)
    for stream in "cab":
        raw("CreateStream", StreamName=stream)
        create(raw, stream, name=stream)
    server.kill()
    raw = Raw(server.start())
    assert names(raw("ListChannels")) == ["a", "b", "c"]
    page = raw("ListChannels", MaxResults=2)
    assert names(page) == ["a", "b"]
    rest = raw("ListChannels", MaxResults=2, NextToken=page["NextToken"])
    assert names(rest) == ["c"] and "NextToken" not in rest
    only = [{"StreamARN": aws.arn("b")}]
    assert names(raw("ListChannels", StreamFilter=only)) == ["b"]
    raw.refuses("ListChannels", {"NextToken": page["NextToken"], "StreamFilter": only}, texts.INVALID,
                "Invalid NextToken.")
    assert raw("DescribeStreamSummary", StreamName="a")["StreamDescriptionSummary"]["ChannelCount"] == 1
    limits = raw("DescribeLimits")
    assert (limits["ChannelCount"], limits["ChannelCountLimit"]) == (3, 100)
    assert names(Raw(server, account="210987654321")("ListChannels")) == []


def test_delays_are_waited_for(make_server):
    raw = Raw(make_server("--channels", "accept", "--update-delay", "1h").start())
    raw("CreateStream", StreamName="s")
    arn = create(raw, "s")["ChannelARN"]
    fresh = {"ChannelARN": arn, "S3DestinationConfiguration": {"DataFreshnessInSeconds": 400}}
    raw("UpdateChannel", **fresh)
    assert describe(raw, arn)["ChannelStatus"] == "UPDATING"
    raw.refuses("UpdateChannel", fresh, texts.IN_USE,
                f"Channel to-s under account {aws.ACCOUNT} not ACTIVE, instead in state UPDATING")
    raw("DeleteChannel", ChannelARN=arn)
    assert names(raw("ListChannels")) == []
