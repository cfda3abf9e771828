"""What survives the end of the process: everything acknowledged, and the iterators and tokens given
out before."""

import signal
import socket
import threading
import time

import pytest

from harness import aws, texts
from harness.http import LONG_BODY, Wire, call
from harness.process import PATIENCE, eventually


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
        assert time.monotonic() - begun < 3 * PATIENCE
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


def test_a_request_begun_before_sigterm_is_finished(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    data = call("PutRecord", LONG_BODY | {"StreamName": "s"})
    with Wire(server) as wire:
        wire.send(data[:-100])
        time.sleep(0.2)
        server.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert server.running  # it drains
        wire.send(data[-100:])
        assert wire.receive().status == 200
    assert server.wait() == 0
    server.start()
    assert len(aws.read_all(kinesis, "s")) == 1


def test_a_second_signal_ends_at_once(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    with Wire(server) as wire:
        wire.send(call("PutRecord", LONG_BODY | {"StreamName": "s"})[:-100])
        time.sleep(0.2)
        server.signal(signal.SIGTERM)
        time.sleep(0.2)
        assert server.running
        begun = time.monotonic()
        server.signal(signal.SIGTERM)
        server.wait()
        assert time.monotonic() - begun < 1 * PATIENCE
    server.start()


def test_new_connections_are_refused_while_draining(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    data = call("PutRecord", LONG_BODY | {"StreamName": "s"})
    with Wire(server) as wire:
        wire.send(data[:-100])
        time.sleep(0.2)
        server.signal(signal.SIGTERM)

        def refused():
            try:
                socket.create_connection((server.host, server.port), timeout=1).close()
                return False
            except OSError:
                return True
        eventually(refused, timeout=3)
        wire.send(data[-100:])
        assert wire.receive().status == 200
    assert server.wait() == 0
