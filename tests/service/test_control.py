"""Tags by ARN, enhanced monitoring, record sizes, account settings, warm throughput, record distribution
and dry runs."""

import base64

import pytest

from harness import aws, texts
from harness.aws import expect_refusal, ignore_metadata
from harness.raw import Raw

METRICS = ["IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
           "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded",
           "IteratorAgeMilliseconds"]
DRY_RUN = "DryRunOperationException"
WOULD_HAVE = "The request would have succeeded, but the DryRun parameter was set."
DATA = base64.b64encode(b"d").decode()
NO_KEY = texts.violations(texts.violation("null", "partitionKey", texts.NOT_NULL))


@pytest.fixture(scope="module")
def raw(server):
    return Raw(server)


@pytest.fixture
def on_demand(kinesis, name):
    kinesis.create_stream(StreamName=name)
    aws.wait_active(kinesis, name)
    return name


def summary(raw, name):
    return raw("DescribeStreamSummary", StreamName=name)["StreamDescriptionSummary"]


def test_tags_by_arn_are_those_of_the_stream(kinesis, stream):
    arn = aws.arn(stream)
    assert ignore_metadata(kinesis.tag_resource(ResourceARN=arn, Tags={"a": "1", "b": ""})) == {}
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"c": "3"})
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}, {"Key": "c", "Value": "3"}]
    assert ignore_metadata(kinesis.untag_resource(ResourceARN=arn, TagKeys=["a", "never"])) == {}
    assert [t["Key"] for t in kinesis.list_tags_for_stream(StreamName=stream)["Tags"]] == ["b", "c"]


def test_tags_of_what_is_not_there(kinesis):
    missing = aws.arn("nope")
    for operation, more in (("TagResource", {"Tags": {"a": ""}}), ("UntagResource", {"TagKeys": ["a"]}),
                            ("ListTagsForResource", {})):
        expect_refusal(kinesis, operation, {"ResourceARN": missing, **more}, texts.NOT_FOUND,
                       texts.no_stream("nope"))
        expect_refusal(kinesis, operation, {"ResourceARN": missing + "/consumer/c:1", **more},
                       texts.NOT_FOUND, texts.no_stream("nope"))


@pytest.mark.parametrize("operation, more", [
    ("TagResource", {"Tags": {"a": ""}}), ("UntagResource", {"TagKeys": ["a"]}),
    ("ListTagsForResource", {}), ("GetResourcePolicy", {}),
    ("EnableEnhancedMonitoring", {"ShardLevelMetrics": ["ALL"]}),
    ("DisableEnhancedMonitoring", {"ShardLevelMetrics": ["ALL"]}),
    ("UpdateMaxRecordSize", {"MaxRecordSizeInKiB": 1024}),
    ("PutRecord", {"PartitionKey": "k", "Data": DATA}), ("DescribeStream", {}), ("ListShards", {})])
def test_stream_ids_are_judged_and_ignored(raw, stream, operation, more):
    """Raw, because clients take a StreamId for a part of the host name."""
    resource = operation.endswith(("Resource", "Policy"))
    body = {"ResourceARN" if resource else "StreamARN": aws.arn(stream), **more}
    raw(operation, **body, StreamId="abcdefghij0123456789-abc")
    raw.refuses(operation, {**body, "StreamId": "x"}, texts.VALIDATION, texts.violations(
        texts.violation("'x'", "streamId", texts.matches("[a-z0-9]{20}-[a-z0-9]{3}"))))


def test_enhanced_monitoring(kinesis, stream):
    found = ignore_metadata(kinesis.enable_enhanced_monitoring(
        StreamName=stream, ShardLevelMetrics=["OutgoingBytes", "IncomingBytes", "OutgoingBytes"]))
    assert found == {"StreamName": stream, "StreamARN": aws.arn(stream), "CurrentShardLevelMetrics": [],
                     "DesiredShardLevelMetrics": ["IncomingBytes", "OutgoingBytes"]}
    found = kinesis.enable_enhanced_monitoring(StreamARN=aws.arn(stream), ShardLevelMetrics=["ALL"])
    assert found["DesiredShardLevelMetrics"] == METRICS
    described = kinesis.describe_stream(StreamName=stream)["StreamDescription"]
    assert described["EnhancedMonitoring"] == [{"ShardLevelMetrics": METRICS}]
    found = kinesis.disable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=["ALL"])
    assert (found["CurrentShardLevelMetrics"], found["DesiredShardLevelMetrics"]) == (METRICS, [])


def test_max_record_size(raw, kinesis, stream):
    data = b"x" * (2 << 20)
    limit = texts.violations(texts.violation(None, "data", texts.at_most(1 << 20)))
    expect_refusal(kinesis, "PutRecord", {"StreamName": stream, "PartitionKey": "k", "Data": data},
                   texts.VALIDATION, limit)
    assert raw("UpdateMaxRecordSize", StreamARN=aws.arn(stream), MaxRecordSizeInKiB=4096) is None
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=data)
    assert summary(raw, stream)["MaxRecordSizeInKiB"] == 4096
    raw.refuses("UpdateMaxRecordSize", {"MaxRecordSizeInKiB": 1024}, texts.INVALID, texts.NEITHER)


def test_commitment_unlocks_warm_throughput(make_server):
    raw = Raw(make_server().start())
    assert raw("DescribeAccountSettings") == {
        "MinimumThroughputBillingCommitment": {"Status": "DISABLED"}}
    raw("CreateStream", StreamName="s")
    refused = ("Request is invalid. Warm throughput is only supported for On-Demand streams in "
               "accounts with MinimumThroughputBillingCommitment enabled.")
    warm = {"StreamName": "s", "WarmThroughputMiBps": 9}
    raw.refuses("UpdateStreamWarmThroughput", warm, texts.VALIDATION, refused)

    def update(status):
        return raw("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": status})[
            "MinimumThroughputBillingCommitment"]

    on = update("ENABLED")
    assert on["Status"] == "ENABLED" and "EndedAt" not in on
    assert round(on["EarliestAllowedEndAt"] - on["StartedAt"]) == 24 * 3600
    found = raw("UpdateStreamWarmThroughput", **warm)
    assert found["WarmThroughput"]["TargetMiBps"] == 9
    assert summary(raw, "s")["WarmThroughput"] == {"TargetMiBps": 9, "CurrentMiBps": 9}
    raw("CreateStream", StreamName="warm", WarmThroughputMiBps=6)
    assert summary(raw, "warm")["WarmThroughput"] == {"TargetMiBps": 6, "CurrentMiBps": 6}
    raw.refuses("CreateStream", {"StreamName": "hot", "WarmThroughputMiBps": 10241}, texts.LIMIT,
                "This request would exceed the limit on warm throughput. Limit: 10240 MiB/s. "
                "Requested: 10241 MiB/s.")
    assert update("DISABLED")["Status"] == "ENABLED_UNTIL_EARLIEST_ALLOWED_END"


def test_settings_survive_a_kill(make_server):
    server = make_server().start()
    raw = Raw(server)
    raw("CreateStream", StreamName="s", RecordDistributionStrategy="AUTO")
    raw("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    raw("UpdateStreamWarmThroughput", StreamName="s", WarmThroughputMiBps=4)
    raw("EnableEnhancedMonitoring", StreamName="s", ShardLevelMetrics=["IncomingBytes"])
    raw("UpdateMaxRecordSize", StreamARN=aws.arn("s"), MaxRecordSizeInKiB=2048)
    raw("TagResource", ResourceARN=aws.arn("s"), Tags={"a": "1"})
    raw("PutRecord", StreamName="s", Data=DATA)
    before = summary(raw, "s"), raw("DescribeAccountSettings")
    server.kill()
    raw = Raw(server.start())
    assert (summary(raw, "s"), raw("DescribeAccountSettings")) == before
    assert raw("ListTagsForResource", ResourceARN=aws.arn("s"))["Tags"] == [{"Key": "a", "Value": "1"}]
    records = []
    for shard in range(4):
        at = raw("GetShardIterator", StreamName="s", ShardId=texts.SHARD_ID.format(shard),
                 ShardIteratorType="TRIM_HORIZON")
        records += raw("GetRecords", ShardIterator=at["ShardIterator"])["Records"]
    assert len(records) == 1 and "PartitionKey" not in records[0]


def test_keys_are_needed_until_the_strategy_is_auto(raw, kinesis, on_demand):
    arn = aws.arn(on_demand)
    raw.refuses("PutRecord", {"StreamName": "nope", "Data": DATA}, texts.NOT_FOUND,
                texts.no_stream("nope"))
    assert summary(raw, on_demand)["RecordDistributionStrategy"] == "USER_PARTITION_KEY"
    raw.refuses("PutRecord", {"StreamName": on_demand, "Data": DATA}, texts.VALIDATION, NO_KEY)
    raw.refuses("PutRecords", {"StreamName": on_demand, "Records": [
        {"Data": DATA}, {"Data": DATA, "PartitionKey": "k"}, {"Data": DATA}]}, texts.VALIDATION,
        texts.violations(*(texts.violation("null", f"records.{i}.member.partitionKey", texts.NOT_NULL)
                           for i in (1, 3))))
    assert raw("UpdateStreamRecordDistributionStrategy", StreamARN=arn,
               RecordDistributionStrategy="AUTO") is None
    found = raw("PutRecords", StreamName=on_demand, Records=[
        {"Data": DATA} if i % 2 else {"Data": DATA, "PartitionKey": "same"} for i in range(400)])
    assert found["FailedRecordCount"] == 0
    shards = [r["ShardId"] for r in found["Records"]]
    assert {s: shards.count(s) for s in shards} == {texts.SHARD_ID.format(i): 100 for i in range(4)}
    records = [r for shard in range(4) for r in aws.read_all(kinesis, on_demand, shard)]
    assert len(records) == 400
    assert sum("PartitionKey" not in r for r in records) == 200
    assert {r.get("PartitionKey") for r in records} == {None, "same"}
    raw.refuses("PutRecord", {"StreamName": on_demand, "Data": DATA, "SequenceNumberForOrdering": "0"},
                texts.INVALID, f"SequenceNumberForOrdering cannot be specified for stream {on_demand} "
                f"under account {aws.ACCOUNT} because its record distribution strategy is AUTO.")
    raw("UpdateStreamRecordDistributionStrategy", StreamARN=arn,
        RecordDistributionStrategy="USER_PARTITION_KEY")
    raw.refuses("PutRecord", {"StreamName": on_demand, "Data": DATA}, texts.VALIDATION, NO_KEY)


def test_provisioned_streams_have_no_strategy(raw, stream):
    assert "RecordDistributionStrategy" not in summary(raw, stream)
    for strategy in ("AUTO", "USER_PARTITION_KEY"):
        raw.refuses("UpdateStreamRecordDistributionStrategy",
                    {"StreamARN": aws.arn(stream), "RecordDistributionStrategy": strategy}, texts.INVALID,
                    f"Stream {stream} under account {aws.ACCOUNT} is not in On-Demand mode. "
                    "RecordDistributionStrategy can be updated only for On-Demand streams.")
    raw.refuses("CreateStream", {"StreamName": "x", "ShardCount": 1, "RecordDistributionStrategy": "AUTO"},
                texts.INVALID,
                "RecordDistributionStrategy AUTO can be specified only for ON_DEMAND stream mode.")


def test_dry_runs_check_everything_and_do_nothing(raw, kinesis, stream):
    put = {"StreamName": stream, "PartitionKey": "k", "Data": DATA}
    batch = {"StreamName": stream, "Records": [{"PartitionKey": "k", "Data": DATA}]}
    place = {"StreamName": stream, "ShardId": texts.SHARD_ID.format(0), "ShardIteratorType": "LATEST"}
    at = {"ShardIterator": aws.iterator(kinesis, stream)}
    for operation, body in (("PutRecord", put), ("PutRecords", batch), ("GetShardIterator", place),
                            ("GetRecords", at)):
        raw.refuses(operation, {**body, "DryRun": True}, DRY_RUN, WOULD_HAVE)
    assert aws.read_all(kinesis, stream) == []
    raw.refuses("PutRecord", {**put, "StreamName": "nope", "DryRun": True}, texts.NOT_FOUND,
                texts.no_stream("nope"))
    raw.refuses("GetRecords", {"ShardIterator": "x", "DryRun": True}, texts.INVALID,
                "Invalid ShardIterator.")
    raw("PutRecord", **put, DryRun=False)
    assert len(aws.read_all(kinesis, stream)) == 1
