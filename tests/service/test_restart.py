"""What survives the end of the process: everything acknowledged, and the iterators and tokens given
out before."""

import signal
import socket
import threading
import time

import pytest

from harness import aws, texts
from harness.clock import Clock
from harness.http import LONG_BODY, Wire, call
from harness.process import ACCOUNT, PATIENCE, eventually


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_streams_records_tags_and_iterators_survive(make_server, end):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "kept", 3, Tags={"a": "b"}, MaxRecordSizeInKiB=2048)
    aws.make_stream(kinesis, "other", 1)
    kinesis.create_stream(StreamName="on-demand")
    aws.make_stream(kinesis, "dropped", 1)
    kinesis.delete_stream(StreamName="dropped")
    kinesis.add_tags_to_stream(StreamName="other", Tags={"x": "y"})
    kinesis.increase_stream_retention_period(StreamName="other", RetentionPeriodHours=50)
    for i in range(50):
        kinesis.put_record(StreamName="kept", PartitionKey=f"k{i}", Data=b"d" * i)
    kinesis.put_records(StreamName="other", Records=[
        {"PartitionKey": f"k{i}", "Data": bytes([i])} for i in range(100)])

    def state():
        names = kinesis.list_streams()["StreamNames"]
        return {n: (aws.ignore_metadata(kinesis.describe_stream(StreamName=n)),
                    aws.ignore_metadata(kinesis.describe_stream_summary(StreamName=n)),
                    kinesis.list_tags_for_stream(StreamName=n)["Tags"]) for n in names}

    def records():
        return [aws.read_all(kinesis, "kept", s) for s in range(3)] + [aws.read_all(kinesis, "other")]

    before = state(), records()
    assert sorted(before[0]) == ["kept", "on-demand", "other"]
    middle = aws.iterator(kinesis, "other", "AFTER_SEQUENCE_NUMBER",
                          StartingSequenceNumber=before[1][3][49]["SequenceNumber"])
    latest = aws.iterator(kinesis, "other", "LATEST")
    token = kinesis.list_shards(StreamName="kept", MaxResults=1)["NextToken"]
    for _ in range(2):
        getattr(server, end)()
        server.start()
        assert (state(), records()) == before
        assert len(kinesis.list_shards(NextToken=token)["Shards"]) == 2
        assert kinesis.get_records(ShardIterator=middle)["Records"] == before[1][3][50:]
    last = before[1][3][-1]["SequenceNumber"]
    new = kinesis.put_record(StreamName="other", PartitionKey="k", Data=b"new")["SequenceNumber"]
    assert int(new) > int(last)
    assert [r["Data"] for r in kinesis.get_records(ShardIterator=latest)["Records"]] == [b"new"]
    with aws.refused(texts.NOT_FOUND, texts.no_stream("dropped")):
        kinesis.describe_stream(StreamName="dropped")


def transitions(kinesis):
    """What every stream, consumer and channel is, by name."""
    found = {}
    for stream in kinesis.list_streams()["StreamSummaries"]:
        found[stream["StreamName"]] = stream["StreamStatus"]
    if found["fan"] == "ACTIVE":
        for consumer in kinesis.list_stream_consumers(StreamARN=aws.arn("fan"))["Consumers"]:
            found[consumer["ConsumerName"]] = consumer["ConsumerStatus"]
    for channel in kinesis.list_channels()["ChannelSummaries"]:
        found[channel["ChannelName"]] = channel["ChannelStatus"]
    return found


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_every_transition_goes_on_where_it_was(make_server, tmp_path, end):
    clock = Clock(tmp_path)
    hour = 3600
    server = make_server("--create-delay", "1h", "--update-delay", "1h", "--delete-delay", "1h",
                         "--consumer-delay", "1h", "--channels", "accept", clock=clock).start()
    kinesis = aws.client(server)
    changes = {
        "split": lambda s: kinesis.split_shard(StreamName=s, ShardToSplit="0", NewStartingHashKey="1000"),
        "merge": lambda s: kinesis.merge_shards(StreamName=s, ShardToMerge="0", AdjacentShardToMerge="1"),
        "count": lambda s: kinesis.update_shard_count(StreamName=s, TargetShardCount=3,
                                                      ScalingType="UNIFORM_SCALING"),
        "mode": lambda s: kinesis.update_stream_mode(StreamARN=aws.arn(s), WarmThroughputMiBps=5,
                                                     StreamModeDetails={"StreamMode": "ON_DEMAND"}),
        "warm": lambda s: kinesis.update_stream_warm_throughput(StreamName=s, WarmThroughputMiBps=6),
        "sealed": lambda s: kinesis.start_stream_encryption(StreamName=s, EncryptionType="KMS", KeyId="alias/k"),
        "opened": lambda s: kinesis.stop_stream_encryption(StreamName=s, EncryptionType="KMS", KeyId="alias/k"),
        "longer": lambda s: kinesis.increase_stream_retention_period(StreamName=s, RetentionPeriodHours=48),
        "larger": lambda s: kinesis.update_max_record_size(StreamARN=aws.arn(s), MaxRecordSizeInKiB=2048),
        "dying": lambda s: kinesis.delete_stream(StreamName=s),
    }

    def pass_time(seconds, wanted):
        """While nobody is there: a server that runs waits by its monotonic clock."""
        getattr(server, end)()
        clock.advance(seconds)
        server.start()
        eventually(lambda: transitions(kinesis) == wanted, message=f"{wanted}, but {transitions(kinesis)}")

    def summary(stream):
        return kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]

    kinesis.update_account_settings(MinimumThroughputBillingCommitment={"Status": "ENABLED"})
    for stream in [*changes, "fan"]:
        kinesis.create_stream(StreamName=stream, **({} if stream == "warm" else {"ShardCount": 2}))
    present = dict.fromkeys([*changes, "fan"], "ACTIVE")
    pass_time(hour + 1, present)
    kinesis.register_stream_consumer(StreamARN=aws.arn("fan"), ConsumerName="leaves")
    kinesis.start_stream_encryption(StreamName="opened", EncryptionType="KMS", KeyId="alias/k")
    pass_time(hour + 1, {**present, "leaves": "ACTIVE"})

    for stream, change in changes.items():
        change(stream)
    kinesis.create_stream(StreamName="young", ShardCount=3)
    kinesis.register_stream_consumer(StreamARN=aws.arn("fan"), ConsumerName="comes")
    kinesis.deregister_stream_consumer(StreamARN=aws.arn("fan"), ConsumerName="leaves")
    pending = {**dict.fromkeys(changes, "UPDATING"), "dying": "DELETING", "young": "CREATING", "fan": "ACTIVE",
               "comes": "CREATING", "leaves": "DELETING"}
    assert transitions(kinesis) == pending
    for _ in range(2):
        pass_time(1700, pending)
    del pending["dying"], pending["leaves"]
    pass_time(201, dict.fromkeys(pending, "ACTIVE"))
    shards = {s: summary(s)["OpenShardCount"] for s in ("split", "merge", "count", "mode", "warm", "young")}
    assert shards == {"split": 3, "merge": 1, "count": 3, "mode": 5, "warm": 6, "young": 3}
    assert summary("mode")["StreamModeDetails"]["StreamMode"] == "ON_DEMAND"
    assert summary("sealed")["EncryptionType"] == "KMS" and summary("opened")["EncryptionType"] == "NONE"
    assert summary("longer")["RetentionPeriodHours"] == 48 and summary("larger")["MaxRecordSizeInKiB"] == 2048
    for stream in pending.keys() - {"comes"}:
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"x")


def test_channels_go_on_where_they_were(make_server, tmp_path):
    clock = Clock(tmp_path)
    server = make_server("--create-delay", "1h", "--update-delay", "1h", "--delete-delay", "1h", "--channels",
                         "accept", clock=clock).start()
    kinesis = aws.client(server)

    def restart(seconds):
        server.kill()
        clock.advance(seconds)
        server.start()

    kinesis.create_stream(StreamName="fan")
    restart(3601)
    aws.wait_active(kinesis, "fan")
    channel = kinesis.create_channel(
        ChannelName="c", ServiceExecutionRoleARN=f"arn:aws:iam::{ACCOUNT}:role/r",
        StreamConfigurationList=[{"StreamARN": aws.arn("fan"), "RecordConfiguration": {"RecordFormatType": "JSON"}}],
        S3DestinationConfiguration={"StorageConfiguration": {
            "BucketARN": "arn:aws:s3:::records", "ExpectedBucketOwner": ACCOUNT,
            "CompressionType": "NONE"}})["ChannelDescription"]["ChannelARN"]

    def over_a_kill(status, after):
        assert transitions(kinesis).get("c") == status
        restart(1800)
        assert transitions(kinesis).get("c") == status
        restart(1801)
        eventually(lambda: transitions(kinesis).get("c") == after, message=f"{status} ends")

    over_a_kill("CREATING", "ACTIVE")
    kinesis.update_channel(ChannelARN=channel, S3DestinationConfiguration={"DataFreshnessInSeconds": 400})
    over_a_kill("UPDATING", "ACTIVE")
    kinesis.delete_channel(ChannelARN=channel)
    over_a_kill("DELETING", None)


def test_a_second_start_is_quick(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s", 16)
    batch = [{"PartitionKey": f"k{i}", "Data": b"x" * 10_000} for i in range(500)]
    for _ in range(12):
        kinesis.put_records(StreamName="s", Records=batch)
    for end in ("stop", "kill"):
        getattr(server, end)()
        begun = time.monotonic()
        server.start()
        assert time.monotonic() - begun < 2 * PATIENCE, end


def test_sigterm_ends_well_and_at_once_when_idle(make_server):
    server = make_server().start()
    with Wire(server) as idle:
        idle.ask(call("ListStreams"))
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 8 * PATIENCE  # ten are given to requests under way
        assert idle.closed()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_both_signals_end_well(make_server, number):
    server = make_server().start()
    server.signal(number)
    assert server.wait() == 0


def test_requests_in_flight_at_sigterm_are_answered_and_kept(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s", 4)
    answered, refused = {}, []

    def write(worker):
        try:
            with Wire(server) as wire:
                for i in range(1_000_000):
                    key = f"{worker}-{i}"
                    reply = wire.ask(call("PutRecord", {"StreamName": "s", "PartitionKey": key,
                                                        "Data": "AAAA"}))
                    assert reply.status == 200, reply
                    answered[key] = reply.json["SequenceNumber"]
        except (OSError, EOFError) as error:
            refused.append(error)

    workers = [threading.Thread(target=write, args=(i,)) for i in range(8)]
    for worker in workers:
        worker.start()
    eventually(lambda: len(answered) > 200)
    assert server.stop() == 0
    for worker in workers:
        worker.join()
    # Nobody was cut off in the middle of an answer, and everyone was let go.
    assert len(refused) == 8
    assert not [e for e in refused if isinstance(e, EOFError) and "b''" not in str(e)]
    server.start()
    stored = {r["PartitionKey"]: r["SequenceNumber"]
              for shard in range(4) for r in aws.read_all(kinesis, "s", shard)}
    assert stored.items() >= answered.items()


def begin(wire):
    """Has the server begin with a request; what it still wants of it."""
    data = call("PutRecord", LONG_BODY | {"StreamName": "s"}, Expect="100-continue")
    head, body = data.split(b"\r\n\r\n", 1)
    wire.send(head + b"\r\n\r\n")
    assert wire.receive().status == 100
    wire.send(body[:-100])
    return body[-100:]


def test_a_request_begun_before_sigterm_is_finished(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    with Wire(server) as wire:
        rest = begin(wire)
        server.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert server.running  # it drains
        wire.send(rest)
        assert wire.receive().status == 200
    assert server.wait() == 0
    server.start()
    assert len(aws.read_all(kinesis, "s")) == 1


def test_a_second_signal_ends_at_once(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    with Wire(server) as wire:
        begin(wire)
        server.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert server.running
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        server.wait()
        assert time.monotonic() - begun < 8 * PATIENCE  # not the ten of the first
    server.start()


def test_new_connections_are_refused_while_draining(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    with Wire(server) as wire:
        rest = begin(wire)
        server.signal(signal.SIGTERM)

        def refused():
            try:
                socket.create_connection((server.host, server.port), timeout=1).close()
                return False
            except OSError:
                return True
        eventually(refused, timeout=8)
        wire.send(rest)
        assert wire.receive().status == 200
    assert server.wait() == 0
