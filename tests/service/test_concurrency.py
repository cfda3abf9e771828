"""Many clients at once: per-key order, nothing lost, nothing twice, polling readers included."""

import collections
import threading

from harness import aws
from harness.http import Caller
from harness.process import PATIENCE

WRITERS, PER_WRITER, SHARDS = 8, 250, 4


class Crew:
    """Threads whose first exception fails the test."""

    def __init__(self):
        self.threads, self.failures = [], []

    def add(self, work, *args):
        def run():
            try:
                work(*args)
            except BaseException as error:  # noqa: BLE001 - reported by join
                self.failures.append(error)
        self.threads.append(threading.Thread(target=run, daemon=True))
        self.threads[-1].start()

    def running(self):
        return any(thread.is_alive() for thread in self.threads)

    def join(self, timeout=60):
        for thread in self.threads:
            thread.join(timeout * PATIENCE)
            assert not thread.is_alive(), "a client hangs"
        if self.failures:
            raise self.failures[0]


def follow(kinesis, stream, shard, done, found):
    """Polls one shard until `done` is set and the tip is reached."""
    at = aws.iterator(kinesis, stream, shard=shard)
    while True:
        finishing = done.is_set()
        answer = kinesis.get_records(ShardIterator=at, Limit=97)
        found.extend(answer["Records"])
        if finishing and answer["MillisBehindLatest"] == 0 and not answer["Records"]:
            return
        at = answer["NextShardIterator"]


def test_writers_and_polling_readers(server, kinesis):
    aws.make_stream(kinesis, "crowd", SHARDS)
    acknowledged = [[] for _ in range(WRITERS)]
    done = threading.Event()
    views = {(reader, shard): [] for reader in range(2) for shard in range(SHARDS)}

    def write_single(worker):
        client = aws.client(server)
        for i in range(PER_WRITER):
            answer = client.put_record(StreamName="crowd", PartitionKey=f"key-{worker}",
                                       Data=f"{worker}/{i}".encode())
            acknowledged[worker].append((f"{worker}/{i}", answer["SequenceNumber"]))

    def write_batches(worker):
        client = aws.client(server)
        for start in range(0, PER_WRITER, 25):
            data = [f"{worker}/{i}" for i in range(start, start + 25)]
            answer = client.put_records(StreamName="crowd", Records=[
                {"PartitionKey": f"key-{worker}", "Data": d.encode()} for d in data])
            assert answer["FailedRecordCount"] == 0
            acknowledged[worker] += zip(data, (r["SequenceNumber"] for r in answer["Records"]))

    writers, readers = Crew(), Crew()
    for (_, shard), found in views.items():
        readers.add(follow, aws.client(server), "crowd", shard, done, found)
    for worker in range(WRITERS):
        writers.add(write_single if worker % 2 else write_batches, worker)
    writers.join()
    done.set()
    readers.join()
    for reader in range(2):
        records = [r for shard in range(SHARDS) for r in views[reader, shard]]
        assert len(records) == WRITERS * PER_WRITER
        for shard in range(SHARDS):
            numbers = [int(r["SequenceNumber"]) for r in views[reader, shard]]
            assert numbers == sorted(set(numbers))
            arrivals = [r["ApproximateArrivalTimestamp"] for r in views[reader, shard]]
            assert arrivals == sorted(arrivals)
        by_key = collections.defaultdict(list)
        for record in records:
            by_key[record["PartitionKey"]].append((record["Data"].decode(), record["SequenceNumber"]))
        assert by_key == {f"key-{w}": acknowledged[w] for w in range(WRITERS)}


def test_a_record_is_readable_as_soon_as_it_is_acknowledged(server, kinesis):
    aws.make_stream(kinesis, "prompt")
    crew = Crew()

    def write_and_read(worker):
        caller = Caller(server)
        for i in range(60):
            number = caller("PutRecord", {"StreamName": "prompt", "PartitionKey": f"{worker}",
                                          "Data": "AAAA"}).json["SequenceNumber"]
            at = caller("GetShardIterator", {
                "StreamName": "prompt", "ShardId": "0", "ShardIteratorType": "AT_SEQUENCE_NUMBER",
                "StartingSequenceNumber": number}).json
            first = caller("GetRecords", {**at, "Limit": 1}).json["Records"][0]
            assert (first["SequenceNumber"], first["PartitionKey"]) == (number, f"{worker}")

    for worker in range(8):
        crew.add(write_and_read, worker)
    crew.join()


def test_streams_come_and_go_under_load(server, kinesis):
    crew = Crew()

    def churn(worker):
        caller = Caller(server)
        for i in range(15):
            name = f"churn-{worker}-{i}"
            assert caller("CreateStream", {"StreamName": name, "ShardCount": 2}).status == 200
            put = caller("PutRecords", {"StreamName": name, "Records": [
                {"PartitionKey": f"{n}", "Data": "AAAA"} for n in range(20)]})
            assert put.json["FailedRecordCount"] == 0
            assert caller("DeleteStream", {"StreamName": name}).status == 200
            gone = caller("PutRecord", {"StreamName": name, "PartitionKey": "k", "Data": ""})
            assert gone.json["__type"] == "ResourceNotFoundException"

    for worker in range(6):
        crew.add(churn, worker)
    crew.join()
    assert not [n for n in kinesis.list_streams()["StreamNames"] if n.startswith("churn")]


def test_one_name_is_created_once(server):
    answers, crew = [], Crew()

    def create():
        answers.append(Caller(server)("CreateStream", {"StreamName": "race", "ShardCount": 1}))

    for _ in range(16):
        crew.add(create)
    crew.join()
    assert sorted(a.status for a in answers) == [200] + [400] * 15
    assert {a.json["__type"] for a in answers if a.status == 400} == {"ResourceInUseException"}
