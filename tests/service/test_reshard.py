"""Resharding: splits, merges and scalings, their refusals and lineage; readers that follow it, writers
that go on through it, kills in the middle of it; the mode of a stream and its automatic splits."""

import collections
import datetime
import random
import threading
import time

import botocore.exceptions
import pytest

from harness import aws, cbor, sequence, texts
from harness.aws import expect_refusal
from harness.http import CBOR, Caller
from harness.process import ACCOUNT, PATIENCE, REGION, eventually

SPACE = 2 ** 128
LOST = (OSError, EOFError, botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError)
SID = texts.SHARD_ID.format


def number(shard_id):
    return int(shard_id.rpartition("-")[2])


def shards_of(kinesis, name, **more):
    found = kinesis.list_shards(StreamName=name, MaxResults=10000, **more)
    assert "NextToken" not in found
    return {number(s["ShardId"]): s for s in found["Shards"]}


def is_open(shard):
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


def bounds(shard):
    keys = shard["HashKeyRange"]
    return int(keys["StartingHashKey"]), int(keys["EndingHashKey"])


def partition(shards):
    at = 0
    for first, last in sorted(map(bounds, shards)):
        assert first == at
        at = last + 1
    assert at == SPACE


def split(kinesis, name, shard, at=None):
    first, last = bounds(shards_of(kinesis, name)[shard])
    kinesis.split_shard(StreamName=name, ShardToSplit=SID(shard),
                        NewStartingHashKey=str((first + last + 1) // 2 if at is None else at))


def merge(kinesis, name, low, high):
    kinesis.merge_shards(StreamName=name, ShardToMerge=SID(low), AdjacentShardToMerge=SID(high))


def follow(kinesis, name):
    """Reads as the consumer library does: from the shards at the trim horizon, each to its end, and
    its children when all their parents are done. Yields (shard, record); ends at the open shards'
    tips."""
    done, queued = set(), set(shards_of(kinesis, name, ShardFilter={"Type": "AT_TRIM_HORIZON"}))
    ready = collections.deque(sorted(queued))
    while ready:
        shard = ready.popleft()
        at = aws.iterator(kinesis, name, shard=shard)
        while True:
            answer = kinesis.get_records(ShardIterator=at)
            yield from ((shard, r) for r in answer["Records"])
            at = answer.get("NextShardIterator")
            assert (at is None) == bool(answer.get("ChildShards"))
            if at is None or not answer["Records"] and answer["MillisBehindLatest"] == 0:
                break
        done.add(shard)
        for child in answer.get("ChildShards", ()):
            index, parents = number(child["ShardId"]), set(map(number, child["ParentShards"]))
            assert shard in parents
            if parents <= done and index not in queued:
                queued.add(index)
                ready.append(index)


def test_a_split_in_every_member(kinesis, stream):
    before = shards_of(kinesis, stream)[0]
    split(kinesis, stream, 0)
    parent, left, right = shards_of(kinesis, stream).values()
    assert bounds(left) == (0, SPACE // 2 - 1) and bounds(right) == (SPACE // 2, SPACE - 1)
    for child in left, right:
        assert child["ParentShardId"] == SID(0) and "AdjacentParentShardId" not in child
        assert is_open(child)
    assert parent["SequenceNumberRange"]["StartingSequenceNumber"] == \
        before["SequenceNumberRange"]["StartingSequenceNumber"]
    end = sequence.parse(parent["SequenceNumberRange"]["EndingSequenceNumber"])
    assert end.index == 2 ** 63 - 1 and end.shard == 0
    start = sequence.parse(left["SequenceNumberRange"]["StartingSequenceNumber"])
    assert start.index == 0 and start.created == start.time == end.time + 1
    put = kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"x", ExplicitHashKey="0")
    assert put["ShardId"] == SID(1)
    assert sequence.parse(put["SequenceNumber"]).time >= start.created
    described = kinesis.describe_stream(StreamName=stream)["StreamDescription"]
    assert described["StreamStatus"] == "ACTIVE" and len(described["Shards"]) == 3
    pages = kinesis.get_paginator("describe_stream").paginate(
        StreamName=stream, PaginationConfig={"PageSize": 1})
    assert [s["ShardId"] for p in pages for s in p["StreamDescription"]["Shards"]] == \
        [SID(0), SID(1), SID(2)]
    summary = kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 2


def test_a_merge_in_every_member(kinesis, name):
    aws.make_stream(kinesis, name, 2)
    merge(kinesis, name, 0, 1)
    low, high, child = shards_of(kinesis, name).values()
    assert not is_open(low) and not is_open(high) and is_open(child)
    assert (child["ParentShardId"], child["AdjacentParentShardId"]) == (SID(0), SID(1))
    assert bounds(child) == (0, SPACE - 1)


@pytest.mark.parametrize("before, after, total, left", [
    (4, 3, 11, [6, 9, 10]),
    (4, 5, 15, [4, 8, 11, 14, 13]),
    (2, 3, 7, [2, 6, 5]),
    (10, 5, 15, [10, 11, 12, 13, 14]),
    (10, 13, 43, None),
    (3, 3, 3, [0, 1, 2]),
])
def test_scaling(kinesis, name, before, after, total, left):
    aws.make_stream(kinesis, name, before)
    answer = kinesis.update_shard_count(StreamName=name, TargetShardCount=after,
                                        ScalingType="UNIFORM_SCALING")
    assert aws.ignore_metadata(answer) == {
        "StreamName": name, "StreamARN": aws.arn(name), "CurrentShardCount": before,
        "TargetShardCount": after}
    shards = shards_of(kinesis, name)
    assert sorted(shards) == list(range(total))
    remaining = sorted((n for n, s in shards.items() if is_open(s)), key=lambda n: bounds(shards[n]))
    assert left is None or remaining == left
    partition([shards[n] for n in remaining])
    for n in remaining:
        first, last = bounds(shards[n])
        assert abs(last - first + 1 - SPACE // after) < 100
    for shard in shards.values():
        numbers = shard["SequenceNumberRange"]
        if not is_open(shard):
            assert int(numbers["EndingSequenceNumber"]) > int(numbers["StartingSequenceNumber"])


def test_at_the_trim_horizon_the_shards_partition_the_space(kinesis, name):
    aws.make_stream(kinesis, name, 3)
    split(kinesis, name, 1)
    merge(kinesis, name, 4, 2)
    at_horizon = shards_of(kinesis, name, ShardFilter={"Type": "AT_TRIM_HORIZON"})
    assert sorted(at_horizon) == [0, 1, 2]
    assert sorted(shards_of(kinesis, name, ShardFilter={"Type": "AT_LATEST"})) == [0, 3, 5]
    future = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    partition(shards_of(kinesis, name, ShardFilter={
        "Type": "AT_TIMESTAMP", "Timestamp": future}).values())


def test_refusals(kinesis, name):
    aws.make_stream(kinesis, name, 3)
    one = dict(StreamName=name, ShardToSplit=SID(0))
    for operation, params, error, text in [
        ("SplitShard", dict(one, ShardToSplit="x", NewStartingHashKey="9"),
         texts.NOT_FOUND, texts.no_shard_raw("x", name)),
        ("SplitShard", dict(one, ShardToSplit="9", NewStartingHashKey="9"),
         texts.NOT_FOUND, texts.no_shard_raw(SID(9), name)),
        ("SplitShard", dict(one, StreamName="nowhere", NewStartingHashKey="9"),
         texts.NOT_FOUND, texts.no_stream("nowhere")),
        ("SplitShard", dict(one, NewStartingHashKey="1"), texts.INVALID,
         f"NewStartingHashKey 1 used in SplitShard() on shard {SID(0)} in stream {name} under account "
         f"{ACCOUNT} is not both greater than one plus the shard's StartingHashKey 0 and less than the "
         f"shard's EndingHashKey {SPACE // 3 - 1}."),
        ("MergeShards", dict(StreamName=name, ShardToMerge="1", AdjacentShardToMerge="0"),
         texts.INVALID, f"Shards {SID(1)} and {SID(0)} in stream {name} under account {ACCOUNT} are "
         "not an adjacent pair of shards eligible for merging"),
        ("UpdateShardCount", dict(StreamName=name, TargetShardCount=7, ScalingType="UNIFORM_SCALING"),
         texts.LIMIT, "UpdateShardCount cannot scale up over double your current open shard count. "
         "Current open shard count: 3 Target shard count: 7"),
        ("UpdateShardCount", dict(StreamName=name, TargetShardCount=1, ScalingType="UNIFORM_SCALING"),
         texts.LIMIT, "UpdateShardCount cannot scale down below half your current open shard count. "
         "Current open shard count: 3 Target shard count: 1"),
    ]:
        expect_refusal(kinesis, operation, params, error, text)
    merge(kinesis, name, 0, 1)
    expect_refusal(kinesis, "SplitShard", dict(one, NewStartingHashKey="9"), texts.INVALID,
                   f"Shard {SID(0)} in stream {name} under account {ACCOUNT} has already been merged or "
                   "split, and thus is not eligible for merging or splitting.")


def test_cbor(server, kinesis, name):
    aws.make_stream(kinesis, name, 2)
    caller = Caller(server)

    def call(operation, **body):
        reply = caller(operation, cbor.encode(body), kind=CBOR)
        assert reply.status == 200, reply
        return cbor.decode(reply.body) if reply.body else None
    assert call("SplitShard", StreamName=name, ShardToSplit=SID(0), NewStartingHashKey="5") is None
    assert call("MergeShards", StreamName=name, ShardToMerge=SID(2), AdjacentShardToMerge=SID(3)) is None
    assert call("UpdateShardCount", StreamName=name, TargetShardCount=1,
                ScalingType="UNIFORM_SCALING") == {
        "StreamName": name, "StreamARN": aws.arn(name), "CurrentShardCount": 2, "TargetShardCount": 1}
    assert call("UpdateStreamMode", StreamARN=aws.arn(name),
                StreamModeDetails={"StreamMode": "ON_DEMAND"}) is None


def test_a_reader_follows_a_split_and_a_merge_to_the_end(kinesis, name):
    aws.make_stream(kinesis, name)
    expected = []

    def put(count=20):
        for _ in range(count):
            data = str(len(expected)).encode()
            kinesis.put_record(StreamName=name, PartitionKey=f"key-{len(expected) % 7}", Data=data)
            expected.append(data)
    put()
    tip = aws.iterator(kinesis, name, "LATEST")
    split(kinesis, name, 0)
    end = kinesis.get_records(ShardIterator=tip)
    assert end["Records"] == [] and "NextShardIterator" not in end
    assert end["ChildShards"] == [
        {"ShardId": SID(1), "ParentShards": [SID(0)],
         "HashKeyRange": {"StartingHashKey": "0", "EndingHashKey": str(SPACE // 2 - 1)}},
        {"ShardId": SID(2), "ParentShards": [SID(0)],
         "HashKeyRange": {"StartingHashKey": str(SPACE // 2), "EndingHashKey": str(SPACE - 1)}}]
    put()
    split(kinesis, name, 1)
    put()
    merge(kinesis, name, 4, 2)
    put()
    kinesis.update_shard_count(StreamName=name, TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    put()
    by_key = collections.defaultdict(list)
    seen = []
    for _, record in follow(kinesis, name):
        seen.append(record["Data"])
        by_key[record["PartitionKey"]].append(int(record["Data"]))
    assert sorted(seen) == sorted(expected)
    assert all(order == sorted(order) for order in by_key.values())


def test_updating_is_seen_and_waited_for(make_server, name):
    server = make_server("--update-delay", "700ms").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, name)
    split(kinesis, name, 0)
    described = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    assert described["StreamStatus"] == "UPDATING"
    assert [is_open(s) for s in described["Shards"]] == [True]
    assert sorted(shards_of(kinesis, name)) == [0]
    assert kinesis.put_record(StreamName=name, PartitionKey="k", Data=b"1")["ShardId"] == SID(0)
    for operation, params in [
        ("DeleteStream", {}), ("AddTagsToStream", {"Tags": {"a": "b"}}),
        ("UpdateShardCount", {"TargetShardCount": 1, "ScalingType": "UNIFORM_SCALING"}),
        ("SplitShard", {"ShardToSplit": SID(0), "NewStartingHashKey": "5"}),
    ]:
        expect_refusal(kinesis, operation, {"StreamName": name, **params}, texts.IN_USE,
                       texts.not_active(name, "UPDATING"))
    kinesis.get_waiter("stream_exists").wait(
        StreamName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": int(200 * PATIENCE)})
    assert len(shards_of(kinesis, name)) == 3
    assert kinesis.put_record(StreamName=name, PartitionKey="k", Data=b"2")["ShardId"] != SID(0)


def test_a_resharding_goes_on_after_kill_and_restart(make_server, name):
    server = make_server("--update-delay", "300ms").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, name, 4)
    expected = 0
    for pause in 0, 0.1, 0.28, 0.3, 0.32, 0.5:
        counts = {True: 3, False: 4}
        target = counts[sum(map(is_open, shards_of(kinesis, name).values())) == 4]
        kinesis.update_shard_count(StreamName=name, TargetShardCount=target,
                                   ScalingType="UNIFORM_SCALING")
        time.sleep(pause)
        server.kill()
        server.start()
        aws.wait_active(kinesis, name)
        shards = shards_of(kinesis, name)
        assert sum(map(is_open, shards.values())) == target
        partition([s for s in shards.values() if is_open(s)])
        for i in range(10):
            kinesis.put_record(StreamName=name, PartitionKey=str(i), Data=str(expected).encode())
            expected += 1
        assert sorted(int(r["Data"]) for _, r in follow(kinesis, name)) == list(range(expected))


class Storm:
    """Writers with keys of their own, each in order; what was acknowledged, where, and when not known."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.over = threading.Event()
        self.acknowledged, self.attempted, self.failures = {}, set(), []
        self.lock = threading.Lock()

    def write(self, writer):
        kinesis = aws.client(self.server)
        random_ = random.Random(writer)
        count = 0
        while not self.over.is_set():
            size = random_.choice((1, 1, 30))
            batch = []
            for _ in range(size):
                batch.append((f"w{writer}-{count % 5}", f"w{writer}-{count % 5}:{count}"))
                count += 1
            with self.lock:
                self.attempted.update(data for _, data in batch)
            try:
                if size == 1:
                    answers = [kinesis.put_record(StreamName=self.name, PartitionKey=batch[0][0],
                                                  Data=batch[0][1].encode())]
                else:
                    answers = kinesis.put_records(StreamName=self.name, Records=[
                        {"PartitionKey": k, "Data": d.encode()} for k, d in batch])["Records"]
            except LOST:
                time.sleep(0.01)
                continue
            except BaseException as error:  # noqa: BLE001 - reported by the test
                answer = getattr(error, "response", {"ResponseMetadata": {}})["ResponseMetadata"]
                if answer.get("HTTPStatusCode") == 503:  # it starts
                    continue
                self.failures.append(error)
                return
            with self.lock:
                for (_, data), answer in zip(batch, answers):
                    if "SequenceNumber" in answer:
                        self.acknowledged[data] = answer["ShardId"], answer["SequenceNumber"]
                    else:
                        self.failures.append(answer)

    def start(self, count=4):
        self.crew = [threading.Thread(target=self.write, args=(w,), daemon=True) for w in range(count)]
        for thread in self.crew:
            thread.start()

    def end(self):
        self.over.set()
        for thread in self.crew:
            thread.join(60 * PATIENCE)
            assert not thread.is_alive()
        assert not self.failures, self.failures[:3]

    def check(self, kinesis):
        """Every acknowledged record is read once, under its number, in per-key order along the
        lineage, below its shard's end."""
        shards = shards_of(kinesis, self.name)
        places, last = {}, {}
        for shard, record in follow(kinesis, self.name):
            data = record["Data"].decode()
            assert data not in places, f"{data} twice"
            assert data in self.attempted
            places[data] = SID(shard), record["SequenceNumber"]
            count = int(data.partition(":")[2])
            assert last.get(record["PartitionKey"], -1) < count, data
            last[record["PartitionKey"]] = count
            numbers = shards[shard]["SequenceNumberRange"]
            assert int(record["SequenceNumber"]) > int(numbers["StartingSequenceNumber"])
            if "EndingSequenceNumber" in numbers:
                assert int(record["SequenceNumber"]) < int(numbers["EndingSequenceNumber"])
        wrong = {d: at for d, at in self.acknowledged.items() if places.get(d) != at}
        assert not wrong, f"{len(wrong)} lost or moved: {list(wrong.items())[:3]}"
        return places


def random_change(kinesis, name, random_):
    shards = shards_of(kinesis, name)
    ordered = sorted((n for n, s in shards.items() if is_open(s)), key=lambda n: bounds(shards[n]))
    kind = random_.choice(("split", "merge", "scale"))
    if kind == "merge" and len(ordered) > 2:
        at = random_.randrange(len(ordered) - 1)
        merge(kinesis, name, ordered[at], ordered[at + 1])
    elif kind == "split" and len(ordered) < 12:
        split(kinesis, name, random_.choice(ordered))
    else:
        target = random_.randint((len(ordered) + 1) // 2, min(2 * len(ordered), 12))
        kinesis.update_shard_count(StreamName=name, TargetShardCount=target,
                                   ScalingType="UNIFORM_SCALING")


@pytest.mark.parametrize("delay", ["0ms", "50ms"])
def test_writers_go_on_through_splits_and_merges(make_server, name, delay):
    seed = random.SystemRandom().randrange(1 << 32)
    print("seed", seed)
    random_ = random.Random(seed)
    server = make_server("--update-delay", delay).start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, name, 2)
    storm = Storm(server, name)
    storm.start()
    for _ in range(40):
        random_change(kinesis, name, random_)
        aws.wait_active(kinesis, name)
        time.sleep(random_.random() * 0.03)
    storm.end()
    places = storm.check(kinesis)
    assert len(places) == len(storm.attempted) > 100
    partition([s for s in shards_of(kinesis, name).values() if is_open(s)])
    server.restart()
    assert storm.check(kinesis) == places


def test_kills_in_the_middle_of_everything(make_server, name):
    seed = random.SystemRandom().randrange(1 << 32)
    print("seed", seed)
    random_ = random.Random(seed)
    server = make_server("--update-delay", "60ms").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, name, 2)
    storm = Storm(server, name)
    storm.start()
    for _ in range(12):
        random_change(kinesis, name, random_)
        time.sleep(random_.uniform(0.02, 0.15))
        server.kill()
        server.start()
        aws.wait_active(kinesis, name)
        time.sleep(random_.random() * 0.1)
    storm.end()
    storm.check(kinesis)
    partition([s for s in shards_of(kinesis, name).values() if is_open(s)])


def mode_of(kinesis, name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"][
        "StreamModeDetails"]["StreamMode"]


def test_the_mode_changes_and_forbids(kinesis, name):
    aws.make_stream(kinesis, name, 2)
    for mode in "ON_DEMAND", "ON_DEMAND", "PROVISIONED", "ON_DEMAND":
        kinesis.update_stream_mode(StreamARN=aws.arn(name), StreamModeDetails={"StreamMode": mode})
        assert mode_of(kinesis, name) == mode
    assert len(shards_of(kinesis, name)) == 2
    text = f"Request is invalid. Stream {name} under account {ACCOUNT} is in On-Demand mode."
    for operation, params in [
        ("SplitShard", {"ShardToSplit": SID(0), "NewStartingHashKey": "5"}),
        ("MergeShards", {"ShardToMerge": SID(0), "AdjacentShardToMerge": SID(1)}),
        ("UpdateShardCount", {"TargetShardCount": 4, "ScalingType": "UNIFORM_SCALING"}),
    ]:
        expect_refusal(kinesis, operation, {"StreamName": name, **params}, texts.VALIDATION, text)


def test_daily_quotas(make_server, name):
    server = make_server("--limits", "true", "--call-rates", "*:0", "--shard-count-updates-max", "2",
                         "--shards-max", "5").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, name, 2)
    call = dict(StreamName=name, ScalingType="UNIFORM_SCALING")
    kinesis.update_shard_count(TargetShardCount=3, **call)
    expect_refusal(kinesis, "UpdateShardCount", dict(call, TargetShardCount=6), texts.LIMIT,
                   f"This request would exceed the shard limit for the account {ACCOUNT} in {REGION}. "
                   "Current shard count for the account: 3. Limit: 5. Number of additional shards that "
                   "would have resulted from this request: 3. Refer to the AWS Service Limits page "
                   "(http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current "
                   "limits and how to request higher limits.")
    kinesis.update_shard_count(TargetShardCount=2, **call)
    server.restart()
    expect_refusal(kinesis, "UpdateShardCount", dict(call, TargetShardCount=3), texts.LIMIT,
                   f"Rate exceeded for stream {name} under account {ACCOUNT}.")


def test_hot_shards_of_an_on_demand_stream_are_split(make_server, name):
    server = make_server("--on-demand-window", "200ms", "--on-demand-split-records", "20",
                         "--on-demand-shards-max", "6").start()
    kinesis = aws.client(server)
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    aws.wait_active(kinesis, name)
    count = 0

    def split_often_enough():
        nonlocal count
        kinesis.put_records(StreamName=name, Records=[
            {"PartitionKey": "k", "ExplicitHashKey": str(i * SPACE // 5), "Data": str(count + i).encode()}
            for i in range(5)])
        count += 5
        return len(shards_of(kinesis, name, ShardFilter={"Type": "AT_LATEST"})) == 6
    eventually(split_often_enough, timeout=20, message="six open shards")
    partition(shards_of(kinesis, name, ShardFilter={"Type": "AT_LATEST"}).values())
    assert sorted(int(r["Data"]) for _, r in follow(kinesis, name)) == list(range(count))
    assert mode_of(kinesis, name) == "ON_DEMAND"
