"""Mixed work for as long as one likes, with retention trimming and segments rolling: 10 s, with --long 30 minutes. The
memory, descriptors and threads of the server, and the disk it takes, stay what they are."""

import base64
import os
import pathlib
import statistics
import threading
import time

from harness import aws, fanout
from harness.clock import Clock
from harness.http import Caller, Wire, call
from harness.process import SANITIZED
from test_concurrency import Crew

SECONDS, SECONDS_LONG = 10, 1800
SHARDS = 4
OTHERS_MAX = 0.1  # cores that may be used beside it where throughput is judged
BLOB = base64.b64encode(bytes(range(256)) * 4).decode()


class Soak:
    def __init__(self, server):
        self.server, self.over = server, threading.Event()
        self.records = 0   # acknowledged
        self.counts = {}   # key -> acknowledged of it
        self.seen = {}     # key -> count of the last one read

    def write(self, who, batch):
        """One key after another; a record's count stands at its front."""
        caller, key, count = Caller(self.server), f"w{who}", 0
        while not self.over.is_set():
            records = [{"PartitionKey": key, "Data": base64.b64encode(f"{count + i:012}".encode()).decode() + BLOB}
                       for i in range(batch)]
            if batch == 1:
                reply = caller("PutRecord", {"StreamName": "soak", **records[0]})
            else:
                reply = caller("PutRecords", {"StreamName": "soak", "Records": records})
            assert reply.status == 200 and not reply.json.get("FailedRecordCount"), reply
            count += batch
            self.counts[key] = count
            self.records += batch

    def note(self, records, follow):
        for record in records:
            key, count = record["PartitionKey"], int(base64.b64decode(record["Data"])[:12])
            assert key not in follow or count == follow[key] + 1, f"{key}: {count} after {follow[key]}"
            follow[key] = count

    def tail(self, shard):
        """By polling. The clock is stepped, so iterators expire."""
        caller, follow, last = Caller(self.server), {}, None
        shard_id = f"shardId-{shard:012}"
        at = None
        while not self.over.is_set():
            if at is None:
                start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": last} if last else {
                    "ShardIteratorType": "TRIM_HORIZON"}
                at = caller("GetShardIterator", {"StreamName": "soak", "ShardId": shard_id, **start}).json["ShardIterator"]
            reply = caller("GetRecords", {"ShardIterator": at, "Limit": 2000})
            if reply.status == 400:
                assert reply.json["__type"] == "ExpiredIteratorException", reply
                at = None
                continue
            self.note(reply.json["Records"], follow)
            if reply.json["Records"]:
                last = reply.json["Records"][-1]["SequenceNumber"]
            at = reply.json["NextShardIterator"]
            if reply.json["MillisBehindLatest"] == 0:
                time.sleep(0.05)
        self.seen.update(follow)

    def subscribe(self, consumer):
        follow, number = {}, None
        while not self.over.is_set():
            more = {"kind": "AFTER_SEQUENCE_NUMBER", "number": number} if number else {"kind": "TRIM_HORIZON"}
            with fanout.resume(self.server, consumer, **more) as found:
                while not self.over.is_set():
                    event = found.event()
                    if event is None:
                        break
                    self.note(event["Records"], follow)
                    number = event["ContinuationSequenceNumber"]

    def manage(self):
        caller, count = Caller(self.server), 0
        while not self.over.is_set():
            name = f"made-{count % 7}"
            assert caller("CreateStream", {"StreamName": name, "ShardCount": 2}).status == 200
            assert caller("PutRecord", {"StreamName": name, "PartitionKey": "k", "Data": BLOB}).status == 200
            assert caller("AddTagsToStream", {"StreamName": name, "Tags": {"n": str(count)}}).status == 200
            assert caller("DeleteStream", {"StreamName": name}).status == 200
            count += 1
            time.sleep(0.05)

    def connect(self):
        """A connection for each request, some of them left without a word."""
        count = 0
        while not self.over.is_set():
            with Wire(self.server) as wire:
                if count % 5:
                    assert wire.ask(call("ListStreams")).status == 200
                else:
                    wire.send(call("ListStreams")[:-9])
            count += 1
            time.sleep(0.01)


def sample(server):
    process = pathlib.Path(f"/proc/{server.process.pid}")
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    size = 0
    for folder, _, names in os.walk(server.data_dir):
        for name in names:
            try:
                size += os.stat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return {"MiB of memory": int(status["VmRSS"].split()[0]) / 1024, "descriptors": len(os.listdir(process / "fd")),
            "threads": int(status["Threads"]), "MiB of disk": size / (1 << 20)}


def others_seconds(server):
    """Of processor time that went to neither the server nor this process (or was taken from the whole machine)."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, *interrupts = map(int, file.readline().split()[1:9])
    ours = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    ticks = user + nice + system + sum(interrupts) - int(ours[11]) - int(ours[12])
    return ticks / os.sysconf("SC_CLK_TCK") - sum(os.times()[:4])


def test_soak(make_server, tmp_path, long):
    seconds = SECONDS_LONG if long else SECONDS
    clock = Clock(tmp_path)
    # Segments are an hour of the server's each: so few stay open that their number is soon the same.
    server = make_server("--durability", "process" if SANITIZED else "power", "--open-files", "32",
                         "--segment-size", "16MiB", "--journal-file-size", "16MiB",
                         "--retention-sweep-interval", "1s", "--subscription-life", "20s", env=clock.env).start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "soak", SHARDS)
    consumer = fanout.register(kinesis, "soak")
    soak, crew = Soak(server), Crew()
    for who, batch in enumerate((1, 1, 50, 200)):
        crew.add(soak.write, who, batch)
    for shard in range(SHARDS):
        crew.add(soak.tail, shard)
    for work in (soak.subscribe, consumer), (soak.manage,), (soak.connect,):
        crew.add(*work)
    # A day of the server's is a third of the soak, or two minutes: so long is what is retained.
    day = min(seconds / 3, 120)
    samples, rates, begun, others = [], [], time.monotonic(), others_seconds(server)
    try:
        while (passed := time.monotonic() - begun) < seconds and not crew.failures:
            clock.step(24 * passed / day)
            before = soak.records
            time.sleep(seconds / 50 if seconds < 100 else 2)
            rates.append((soak.records - before) / (time.monotonic() - begun - passed))
            samples.append(sample(server))
        others = (others_seconds(server) - others) / passed
    finally:
        soak.over.set()
        crew.join()
    # What is polled is complete up to where it was read.
    for key, count in soak.counts.items():
        assert soak.seen[key] >= 0.5 * count, f"{key}: the reader fell behind"
    third, tenth = len(samples) // 3, max(1, len(rates) // 10)
    means = {}
    for what in samples[0]:
        early = [s[what] for s in samples[third:2 * third]]  # before, what expires has just begun to go
        late = [s[what] for s in samples[-third:]]
        means[what] = statistics.mean(early), statistics.mean(late)
        print(f"{what}: {means[what][0]:.1f}, then {means[what][1]:.1f}")
    first, last = statistics.mean(rates[:tenth]), statistics.mean(rates[-tenth:])
    print(f"{soak.records} records in {seconds} s: {first:.0f}/s in the first tenth, {last:.0f}/s in the last; others used {others:.2f} cores")
    memory, files, threads, disk = means.values()
    # In seconds, caches and the allocator are still filling; in half an hour that is over.
    assert memory[1] < memory[0] * (1.1 if long else 1.5) + (8 if long else 32)
    assert files[1] < files[0] + 12
    assert max(s["threads"] for s in samples[third:]) == min(s["threads"] for s in samples[third:])
    assert disk[1] < disk[0] * (1.5 if long else 3) + 48
    if long and others < OTHERS_MAX:  # or the machine was busy with something else
        assert last >= 0.9 * first
