"""The promise of the whole: while clients write, the server is killed with SIGKILL again and again;
every record that was acknowledged is there once, at its number, in order and unchanged, and so is
every stream. A record that was sent but not acknowledged may be there, once, or not."""

import collections
import hashlib
import os
import random
import threading
import time

import botocore.exceptions
import pytest

from harness import aws
from harness.http import Caller
from harness.process import PATIENCE

KILLS = 20
SHARDS = 4
LOST = (OSError, EOFError, botocore.exceptions.ConnectionError, botocore.exceptions.HTTPClientError)


def payload(key):
    """Bytes that follow from the key alone, of 0 to 20 kB."""
    digest = hashlib.sha256(key.encode()).digest()
    size = int.from_bytes(digest[:2], "big") % 2000 if digest[2] < 230 else digest[2] * 80
    return (digest * (size // 32 + 1))[:size]


class Storm:
    """What the clients learned, and whether they shall go on."""

    def __init__(self, server):
        self.server = server
        self.over = threading.Event()
        self.lock = threading.Lock()
        self.acknowledged = {}                          # key -> (shard, number)
        self.attempted, self.count = set(), 0
        self.order = collections.defaultdict(list)      # (writer, shard) -> numbers as acknowledged
        self.iterators = {}
        self.seen = {}                                  # number -> key, by readers during the storm
        self.streams = {"kept": set(), "deleted": set(), "tagged": {}}
        self.failures = []

    def guard(self, work, *args):
        while not self.over.is_set():
            try:
                work(*args)
            except LOST:
                time.sleep(0.005)
            except botocore.exceptions.ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                    self.failures.append(error)  # no client fault was committed
                    return
            except BaseException as error:  # noqa: BLE001 - reported by the test
                self.failures.append(error)
                return

    def acknowledge(self, writer, key, answer):
        with self.lock:
            self.acknowledged[key] = answer["ShardId"], answer["SequenceNumber"]
            self.order[writer, answer["ShardId"]].append(int(answer["SequenceNumber"]))

    def keys(self, writer, count=1):
        with self.lock:
            self.count += count
            keys = [f"{writer}-{self.count - i}" for i in range(count)]
            self.attempted.update(keys)
        return keys

    def put_record(self, writer, kinesis):
        key, = self.keys(writer)
        self.acknowledge(writer, key, kinesis.put_record(
            StreamName="storm", PartitionKey=key, Data=payload(key)))

    def put_records(self, writer, kinesis):
        keys = self.keys(writer, random.randrange(1, 60))
        answer = kinesis.put_records(StreamName="storm", Records=[
            {"PartitionKey": k, "Data": payload(k)} for k in keys])
        for key, record in zip(keys, answer["Records"]):
            if "SequenceNumber" in record:
                self.acknowledge(writer, key, record)

    def read(self, kinesis, shard):
        """Goes on from its iterator, across all the restarts."""
        if shard not in self.iterators:
            self.iterators[shard] = aws.iterator(kinesis, "storm", shard=shard)
        answer = kinesis.get_records(ShardIterator=self.iterators[shard])
        with self.lock:
            for record in answer["Records"]:
                self.seen[record["SequenceNumber"]] = record["PartitionKey"]
        self.iterators[shard] = answer["NextShardIterator"]
        time.sleep(0.02)

    def manage(self, kinesis):
        def do(operation, **body):
            reply = kinesis(operation, body)
            if reply.status == 503:
                raise ConnectionRefusedError("starting or stopping")
            assert reply.status == 200, reply
        name = self.keys("catalog")[0]
        do("CreateStream", StreamName=name, ShardCount=2)
        self.streams["kept"].add(name)
        do("AddTagsToStream", StreamName=name, Tags={"n": name})
        self.streams["tagged"][name] = name
        if random.random() < 0.5:
            self.streams["kept"].discard(name)  # from here on its fate is open
            do("DeleteStream", StreamName=name)
            self.streams["deleted"].add(name)
        time.sleep(0.01)


def start_crew(storm):
    server, work = storm.server, []
    for writer in range(3):
        work.append((storm.put_record, f"s{writer}", aws.client(server)))
        work.append((storm.put_records, f"b{writer}", aws.client(server)))
    work.append((storm.read, aws.client(server), 0))
    work.append((storm.read, aws.client(server), SHARDS - 1))
    work.append((storm.manage, Caller(server)))
    crew = [threading.Thread(target=storm.guard, args=w, daemon=True) for w in work]
    for thread in crew:
        thread.start()
    return crew


@pytest.mark.parametrize("durability", ["power", "process"])
def test_every_acknowledged_record_survives_sigkill(make_server, durability):
    seed = int(os.environ.get("CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}: repeat with CRASH_SEED={seed}")
    random.seed(seed)
    server = make_server("--durability", durability).start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "storm", SHARDS)
    storm = Storm(server)
    crew = start_crew(storm)
    for _ in range(KILLS):
        time.sleep(random.uniform(0.02, 0.5))
        server.kill()
        server.start()
    time.sleep(0.3)
    server.kill()
    storm.over.set()
    for thread in crew:
        thread.join(30 * PATIENCE)
        assert not thread.is_alive()
    server.start()
    assert not storm.failures, storm.failures
    assert len(storm.acknowledged) > 50 * KILLS / PATIENCE, "the storm was too calm to prove anything"
    check_records(storm, kinesis)
    check_streams(storm, kinesis)


def check_records(storm, kinesis):
    stored = {f"shardId-{s:012}": aws.read_all(kinesis, "storm", s) for s in range(SHARDS)}
    places = collections.defaultdict(list)
    for shard, records in stored.items():
        numbers = [int(r["SequenceNumber"]) for r in records]
        assert numbers == sorted(set(numbers)), shard
        for record in records:
            places[record["PartitionKey"]].append((shard, record["SequenceNumber"]))
            assert record["Data"] == payload(record["PartitionKey"]), record["PartitionKey"]
    lost = {k: v for k, v in storm.acknowledged.items() if places.get(k) != [v]}
    assert not lost, f"{len(lost)} lost, moved or doubled: {list(lost.items())[:5]}"
    assert all(len(p) == 1 for p in places.values())
    assert places.keys() <= storm.attempted
    for numbers in storm.order.values():
        assert numbers == sorted(numbers)  # each writer's own order
    # What a reader once saw is still there, under the same number.
    by_number = {number: key for key, [(_, number)] in places.items()}
    vanished = {n: k for n, k in storm.seen.items() if by_number.get(n) != k}
    assert not vanished, f"{len(vanished)} records were read and then taken back"


def check_streams(storm, kinesis):
    pages = kinesis.get_paginator("list_streams").paginate()
    names = {n for page in pages for n in page["StreamNames"]}
    assert names >= storm.streams["kept"], storm.streams["kept"] - names
    assert not names & storm.streams["deleted"]
    for name in storm.streams["kept"]:
        described = kinesis.describe_stream(StreamName=name)["StreamDescription"]
        assert described["StreamStatus"] == "ACTIVE" and len(described["Shards"]) == 2
        tags = kinesis.list_tags_for_stream(StreamName=name)["Tags"]
        if name in storm.streams["tagged"]:
            assert tags == [{"Key": "n", "Value": name}]
