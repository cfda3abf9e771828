"""Limits and quotas of the service: rates of shards and of calls, and how a client is told."""

import time

import pytest

from harness import aws, fanout, texts
from harness.aws import expect_refusal, refused
from harness.process import ACCOUNT, PATIENCE, Server
from harness.raw import Raw

THROTTLED = "ProvisionedThroughputExceededException"
MIB = 1 << 20
SHARD = texts.SHARD_ID.format(0)


def write_refusal(stream, shard=0):
    return (f"Rate exceeded for shard {texts.SHARD_ID.format(shard)} in stream {stream} under account "
            f"{ACCOUNT}.")


def read_refusal(stream, shard=0):
    return f"Rate exceeded for Shard - {ACCOUNT}/{stream}/{texts.SHARD_ID.format(shard)}"


def record(size, key="k"):
    return {"PartitionKey": key, "Data": b"x" * (size - len(key))}


@pytest.fixture(scope="module")
def limited(tmp_path_factory):
    """Limits by shard; calls of the control plane are free, so that tests can look."""
    server = Server(tmp_path_factory.mktemp("limited") / "data", "--limits", "true",
                    "--call-rates", "*:0").start()
    yield server
    server.close()
    Server.every.remove(server)


@pytest.fixture
def kinesis(limited):
    return aws.client(limited)


def test_nothing_is_limited_unless_asked_for(server, name):
    kinesis = aws.client(server)
    aws.make_stream(kinesis, name)
    for _ in range(3):
        answer = kinesis.put_records(StreamName=name, Records=[record(MIB)] * 3)
        assert answer["FailedRecordCount"] == 0
    for _ in range(10):
        at = aws.iterator(kinesis, name)
        kinesis.get_records(ShardIterator=at)
        kinesis.describe_limits()


def test_of_five_mebibytes_for_a_shard_one_is_stored(kinesis, stream):
    answer = kinesis.put_records(StreamName=stream, Records=[record(MIB)] * 5)
    assert answer["FailedRecordCount"] == 4
    assert answer["Records"][0]["ShardId"] == SHARD and "ErrorCode" not in answer["Records"][0]
    assert answer["Records"][1:] == [
        {"ErrorCode": THROTTLED, "ErrorMessage": write_refusal(stream)}] * 4
    expect_refusal(kinesis, "PutRecord", {"StreamName": stream, **record(MIB)}, THROTTLED,
                   write_refusal(stream))
    time.sleep(1.0)
    kinesis.put_record(StreamName=stream, **record(MIB))
    assert len(aws.read_all(kinesis, stream)) == 2


def test_a_thousand_records_a_second(kinesis, stream):
    stored, began = 0, time.monotonic()
    for _ in range(4):
        answer = kinesis.put_records(StreamName=stream, Records=[record(10)] * 500)
        stored += 500 - answer["FailedRecordCount"]
    took = time.monotonic() - began
    assert 1000 <= stored <= 1000 * (1 + took) + 1


def test_shards_are_limited_each(kinesis, name):
    aws.make_stream(kinesis, name, 3)
    keys = ["a", "b", "e", "a", "b", "e"]  # shards 0, 1, 2
    answer = kinesis.put_records(StreamName=name, Records=[record(MIB, key) for key in keys])
    assert ["ErrorCode" in r for r in answer["Records"]] == [False] * 3 + [True] * 3
    assert [r["ErrorMessage"] for r in answer["Records"][3:]] == [
        write_refusal(name, shard) for shard in range(3)]


def test_five_reads_and_five_iterators_a_second(kinesis, stream):
    def granted(call):
        """How many calls are, one after another, until one is refused."""
        began = time.monotonic()
        for count in range(1000):
            try:
                call()
            except kinesis.exceptions.ProvisionedThroughputExceededException as refusal:
                assert refusal.response["Error"]["Message"] == read_refusal(stream)
                assert 5 <= count <= 5 * (1 + time.monotonic() - began) + 1
                return
        raise AssertionError("none is refused")

    granted(lambda: aws.iterator(kinesis, stream))
    time.sleep(0.3)
    at = aws.iterator(kinesis, stream)
    granted(lambda: kinesis.get_records(ShardIterator=at))
    time.sleep(0.3)
    kinesis.get_records(ShardIterator=at)


def test_what_was_read_beyond_the_rate_is_owed(make_server, name):
    server = make_server("--limits", "true", "--write-bytes-max", "0", "--read-calls-max", "0",
                         "--call-rates", "*:0").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, name)
    kinesis.put_records(StreamName=name, Records=[record(MIB)] * 10)
    at = aws.iterator(kinesis, name)
    asked = time.monotonic()
    answer = kinesis.get_records(ShardIterator=at)
    got = time.monotonic()
    assert len(answer["Records"]) == 10
    while True:
        try:
            kinesis.get_records(ShardIterator=at, Limit=1)
            break
        except kinesis.exceptions.ProvisionedThroughputExceededException as refusal:
            assert refusal.response["Error"]["Message"] == read_refusal(name)
            assert time.monotonic() - got < 10 * PATIENCE
            time.sleep(0.05)
    assert time.monotonic() - asked > 4.5


def test_calls_of_an_account(make_server, name):
    server = make_server("--profile", "aws", "--create-delay", "0ms").start()
    kinesis, other = aws.client(server), aws.client(server, account="210987654321")
    kinesis.create_stream(StreamName=name, ShardCount=1)

    def refusals(call):
        """Of 100 calls at once, the texts of those refused."""
        found = []
        for _ in range(100):
            try:
                call()
            except kinesis.exceptions.LimitExceededException as refusal:
                found.append(refusal.response["Error"]["Message"])
        return found

    told = refusals(kinesis.describe_limits)
    assert len(told) >= 85 and set(told) == {f"Rate exceeded for account {ACCOUNT}."}
    assert other.describe_limits()["OpenShardCount"] == 0
    told = refusals(lambda: kinesis.describe_stream(StreamName=name))
    assert len(told) >= 40
    assert set(told) == {f"Rate exceeded for stream {name} under account {ACCOUNT}."}
    assert refusals(lambda: kinesis.list_shards(StreamName=name)) == []


def test_rates_of_calls_can_be_chosen(make_server):
    server = make_server("--limits", "true", "--call-rates", "ListStreams:2,DescribeLimits:0").start()
    kinesis = aws.client(server)
    for _ in range(20):
        kinesis.describe_limits()
    kinesis.list_streams()
    kinesis.list_streams()
    with refused(texts.LIMIT, f"Rate exceeded for account {ACCOUNT}."):
        kinesis.list_streams()


def test_consumers_of_a_stream(make_server, name):
    server = make_server("--limits", "true", "--call-rates", "*:0", "--consumers-max", "1",
                         "--committed-consumers-max", "2").start()
    kinesis = aws.client(server)
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    fanout.register(kinesis, name, "a")
    more = {"StreamARN": aws.arn(name), "ConsumerName": "b"}

    def full(consumers):
        return (f"You have reached the maximum number of registered consumers ({consumers}) for stream "
                f"{name} under account {ACCOUNT}.")
    expect_refusal(kinesis, "RegisterStreamConsumer", more, texts.LIMIT, full(1))
    Raw(server)("UpdateAccountSettings", MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    fanout.register(kinesis, name, "b")
    expect_refusal(kinesis, "RegisterStreamConsumer", {**more, "ConsumerName": "c"}, texts.LIMIT,
                   full(2))
