"""Memory has bounds: bodies that do not end, answers that nobody takes, requests without end, subscribers that do not
read, records that wait for the disk. What is beyond is refused, those within are served, and all is well afterwards."""

import base64
import contextlib
import os
import select
import socket
import time

import pytest

from harness import aws, disk as disks, fanout
from harness.http import Caller, Wire, alive, call, request, SIGNED, TARGET, JSON
from harness.model import check_answer
from harness.process import PATIENCE, SANITIZED, eventually
from test_connections import rss_kib

MIB = 1 << 20
BUDGET = 64 * MIB
MANY = 40
SLACK_MIB = 400 if SANITIZED else 90  # what else a server of that budget holds, its allocator's leftovers included


@pytest.fixture(scope="module")
def bounded(tmp_path_factory):
    from harness.process import Server
    made = Server(tmp_path_factory.mktemp("bounded") / "data", "--body-memory", f"{BUDGET // MIB}MiB",
                  "--body-timeout", "30s").start()
    caller = Caller(made)
    assert caller("CreateStream", {"StreamName": "large", "ShardCount": 1}).status == 200
    data = base64.b64encode(os.urandom(1_000_000)).decode()
    for _ in range(11):
        assert caller("PutRecord", {"StreamName": "large", "PartitionKey": "k", "Data": data}).status == 200
    yield made
    Server.every.remove(made)
    made.close()


def within(server, before, what, most=BUDGET // MIB + SLACK_MIB):
    grown = (rss_kib(server) - before) / 1024
    print(f"{what}: {grown:.0f} MiB more memory")
    assert grown < most, f"{grown} MiB"


def iterator(server, stream="large"):
    return Caller(server)("GetShardIterator", {"StreamName": stream, "ShardId": "0",
                                               "ShardIteratorType": "TRIM_HORIZON"}).json["ShardIterator"]


def first_line(wire):
    """Of what a connection has been answered so far; nothing if it has not."""
    if not select.select([wire.socket], [], [], 0)[0]:
        return b""
    with contextlib.suppress(OSError):
        return wire.socket.recv(64, socket.MSG_PEEK).split(b"\r\n")[0]
    return b"gone"


def test_bodies_that_do_not_end(bounded):
    before, wires = rss_kib(bounded), []
    try:
        for _ in range(MANY):
            wires.append(Wire(bounded))
            head = request(headers={"X-Amz-Target": TARGET + "PutRecords", "Content-Type": JSON, **SIGNED,
                                    "Content-Length": str(8 * MIB)}, length=False)
            with contextlib.suppress(OSError):
                wires[-1].send(head + b" " * (6 * MIB))
        said = [first_line(wire) for wire in wires]
        refused = sum(line.startswith(b"HTTP/1.1 503") for line in said)
        assert refused >= MANY - BUDGET // (6 * MIB) and said.count(b"") >= 4, said
        within(bounded, before, f"{MANY} bodies of 8 MiB")
        assert alive(bounded)
    finally:
        for wire in wires:
            wire.close()
    whole_answer(bounded)


def whole_answer(server):
    """A large answer is given again."""
    at = iterator(server)

    def given():
        with Wire(server) as wire:
            reply = wire.ask(call("GetRecords", {"ShardIterator": at}))
        assert reply.status in (200, 503), reply
        return reply.status == 200 and len(reply.body) > 12 * MIB
    eventually(given)


def test_answers_that_nobody_takes(bounded):
    at, before, wires = iterator(bounded), rss_kib(bounded), []
    try:
        for _ in range(MANY):
            wires.append(Wire(bounded))
            wires[-1].send(call("GetRecords", {"ShardIterator": at}))
        eventually(lambda: all(first_line(wire) for wire in wires), 30, "all are answered")
        said = [first_line(wire) for wire in wires]
        refused = sum(line.startswith(b"HTTP/1.1 503") for line in said)
        assert MANY - refused <= BUDGET // (12 * MIB) + 2 and said.count(b"HTTP/1.1 200 OK") >= 3, said
        within(bounded, before, f"{MANY} answers of 13 MiB")
        assert alive(bounded)
        assert Caller(bounded)("PutRecord", {"StreamName": "large", "PartitionKey": "k", "Data": "QUFB"}).status == 200
        taken = next(wire for wire, line in zip(wires, said) if line == b"HTTP/1.1 200 OK")
        assert len(taken.receive().json["Records"]) >= 10  # late, and whole
    finally:
        for wire in wires:
            wire.close()
    whole_answer(bounded)


def test_requests_without_end(bounded):
    """Pipelined by clients that read no answer: it stops reading them."""
    before, wires, sent = rss_kib(bounded), [], []
    piece = call("ListStreams") * 100
    try:
        for _ in range(8):
            wire = Wire(bounded)
            wire.socket.settimeout(0.3)
            count = 0
            with contextlib.suppress(TimeoutError):
                while count < 400 * MIB // len(piece):
                    wire.socket.sendall(piece)  # a part of the last one may be sent
                    count += 1
            assert count < 300 * MIB // len(piece), "it reads on and on"
            wires.append(wire)
            sent.append(count)
        within(bounded, before, f"{sum(sent) * 100} pipelined requests", SLACK_MIB)
        assert alive(bounded)
        wires[0].socket.settimeout(20 * PATIENCE)
        for _ in range(sent[0] * 100):
            assert wires[0].receive().status == 200
    finally:
        for wire in wires:
            wire.close()
    assert alive(bounded)


def test_subscribers_that_do_not_read(make_server):
    """Each costs one piece, however much there is for it."""
    server = make_server("--write-timeout", "10m").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "wide", 2)
    consumers = [fanout.register(kinesis, "wide", f"c{i}") for i in range(15)]
    found = [fanout.Subscription(server, arn, shard=shard) for arn in consumers for shard in (0, 1)]
    data, sent = base64.b64encode(bytes(200_000)).decode(), 120
    try:
        before, caller = rss_kib(server), Caller(server)
        for i in range(sent):
            reply = caller("PutRecord", {"StreamName": "wide", "PartitionKey": "k", "Data": data,
                                         "ExplicitHashKey": str((1 << 127) * (i % 2))})
            assert reply.status == 200, reply
        time.sleep(1)
        within(server, before, f"{len(found)} subscribers that do not read {sent // 2 * len(data) / MIB:.0f} MiB each",
               SLACK_MIB + 4 * len(found))
        for each in found[:4]:
            assert len(each.read(sent // 2)) == sent // 2
    finally:
        for each in found:
            each.close()
    assert alive(server)


def test_records_that_wait_for_the_disk(make_server, tmp_path):
    """It stands still. What may wait does; the rest is refused at once, as by a shard that is written to too fast."""
    data = base64.b64encode(bytes(900_000)).decode()
    with disks.ext4(tmp_path / "data", 256 * MIB) as disk:
        server = make_server("--append-memory", "16MiB", data_dir=disk.path).start()
        assert Caller(server)("CreateStream", {"StreamName": "s", "ShardCount": 4}).status == 200
        before, wires = rss_kib(server), []
        with disk.frozen():
            for i in range(40):
                wires.append(Wire(server, timeout=30))
                wires[-1].send(call("PutRecord", {"StreamName": "s", "PartitionKey": f"{i}", "Data": data}))
            eventually(lambda: sum(map(bool, map(first_line, wires))) >= 40 - 18 - 8, 30, "those beyond are answered")
            assert alive(server)
            within(server, before, "40 records of 1 MB that wait or are refused", 40 + SLACK_MIB)
        taken = []
        for i, wire in enumerate(wires):
            reply = wire.receive()
            wire.close()
            check_answer("PutRecord", reply.status, reply.json)
            if reply.status == 200:
                taken.append(f"{i}")
            else:
                assert (reply.status, reply.json["__type"]) == (400, "ProvisionedThroughputExceededException"), reply
        print(f"{len(taken)} records taken, {40 - len(taken)} refused")
        assert 10 <= len(taken) < 35
        kinesis = aws.client(server)
        stored = [r["PartitionKey"] for shard in range(4) for r in aws.read_all(kinesis, "s", shard)]
        assert sorted(stored) == sorted(taken)
        assert kinesis.put_record(StreamName="s", PartitionKey="k", Data=b"x" * 1_000_000)["SequenceNumber"]
        server.close()


@pytest.mark.skipif(SANITIZED, reason="A SANITIZER IS LARGE ITSELF: nothing can be said of the broker's size")
def test_an_idle_broker_is_small_and_serves_at_once(make_server):
    server = make_server().start()
    eventually(lambda: rss_kib(server) < 8 * 1024, message="start-up's code goes back")
    caller = Caller(server)
    assert caller("CreateStream", {"StreamName": "s", "ShardCount": 1}).status == 200
    assert caller("PutRecord", {"StreamName": "s", "PartitionKey": "k", "Data": "AAAA"}).status == 200
    assert len(caller("GetRecords", {"ShardIterator": iterator(server, "s")}).json["Records"]) == 1
