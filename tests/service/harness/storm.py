"""Clients that do everything at once, and what they learned: the load of the crash tests and its judge.

`Storm.check` says what the tests promise (test_crash, test_power_loss): what was acknowledged is there, once,
in order, and nothing else is. What was sent and not acknowledged may be there, once, or not.
"""

import base64
import collections
import hashlib
import json
import random
import threading
import time

from . import fanout, model, texts
from .aws import arn
from .http import Caller
from .process import PATIENCE

SPACE = 1 << 128
SID = texts.SHARD_ID.format
STORM = {"StreamName": "storm"}
RESHARDS_MAX = 400  # shards of the storm, ever


class Lost(Exception):
    """Nobody knows whether the call was carried out."""


class Refused(Exception):
    def __init__(self, error, message):
        super().__init__(f"{error}: {message}")
        self.error = error


class Client:
    """One connection. Every answer is judged by the model."""

    def __init__(self, server):
        self.caller = Caller(server)

    def __call__(self, operation, body):
        try:
            reply = self.caller(operation, body)
        except (OSError, EOFError) as error:
            raise Lost from error
        if reply.status == 503:  # starting
            raise Lost
        document = json.loads(reply.body) if reply.body else None
        model.check_answer(operation, reply.status, document)
        if reply.status != 200:
            raise Refused(document["__type"], document.get("message"))
        return document

    def all_shards(self, name):
        return self("ListShards", {"StreamName": name, "MaxResults": 10000})["Shards"]

    def read_all(self, name, index):
        """Every record of a shard, from the trim horizon to its end or tip."""
        at = self("GetShardIterator", {"StreamName": name, "ShardId": SID(index),
                                       "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
        found = []
        while at:
            answer = self("GetRecords", {"ShardIterator": at})
            found += answer["Records"]
            if not answer["Records"] and answer["MillisBehindLatest"] == 0:
                break
            at = answer.get("NextShardIterator")
        return found


def payload(key, count):
    """Bytes that follow from the key and its count alone, of 8 to 20 kB."""
    digest = hashlib.sha256(f"{key}/{count}".encode()).digest()
    size = int.from_bytes(digest[:2], "big") % 1000 if digest[2] < 245 else digest[2] * 80
    data = count.to_bytes(8, "big") + (digest * (size // 32 + 1))[:size]
    return base64.b64encode(data).decode()


def bounds(shard):
    return int(shard["HashKeyRange"]["StartingHashKey"]), int(shard["HashKeyRange"]["EndingHashKey"])


def number(shard):
    return int(shard["ShardId"].rpartition("-")[2])


def is_open(shard):
    return "EndingSequenceNumber" not in shard["SequenceNumberRange"]


class InDoubt:
    """A value that is set by one client: the last acknowledged, and what was asked for since."""

    def __init__(self, value):
        self.known, self.asked = value, []

    def set(self, value, call):
        self.asked.append(value)
        try:
            call()
        except Refused:
            self.asked.pop()
            raise
        self.known, self.asked = value, []

    def may_be(self, value):
        return value == self.known or value in self.asked


class Storm:
    """The crew's work, each in a thread of its own, and what it learned."""

    def __init__(self, server, seed):
        self.server, self.seed = server, seed
        self.over = threading.Event()
        self.acknowledged = {}                      # (key, count) -> (shard, number)
        self.counts = collections.Counter()         # key -> records ever sent
        self.seen = {}                              # number -> (key, data) by readers
        self.followed = collections.defaultdict(list)   # (consumer, shard) -> numbers as delivered
        self.closed, self.made = set(), {}          # shards of acknowledged reshards; stream -> tags
        self.kept, self.deleted = set(), set()
        self.retention = InDoubt(24)
        self.generations = {}                       # re-used name -> InDoubt(generation, None if deleted)
        self.consumers = {}                         # name -> ARN
        self.failures, self.tally = [], collections.Counter()

    def crew(self):
        work = [(self.put_record, f"s{i}") for i in range(2)] + [(self.put_records, f"b{i}") for i in range(3)]
        work += [(self.read, i) for i in range(2)] + [(self.subscribe, c) for c in self.consumers]
        work += [(self.reshard, 0), (self.manage, 0), (self.recycle, "phoenix"), (self.retain, 0)]
        return [threading.Thread(target=self.guard, args=(w, a), daemon=True) for w, a in work]

    def guard(self, work, who):
        chance = random.Random(f"{self.seed}/{work.__name__}/{who}")
        client = Client(self.server)
        while not self.over.is_set():
            try:
                work(client, chance, who)
                self.tally[work.__name__] += 1
            except Lost:
                time.sleep(0.003)
            except BaseException as error:  # noqa: BLE001 - reported by the test
                self.failures.append((work.__name__, error))
                return

    # ---- writers: no two share a key, so that the order of a key's records is known

    def take(self, chance, writer):
        key = f"{writer}-{chance.randrange(12)}"
        self.counts[key] += 1
        return key, self.counts[key]

    def put_record(self, client, chance, writer):
        key, count = self.take(chance, writer)
        answer = client("PutRecord", {**STORM, "PartitionKey": key, "Data": payload(key, count)})
        self.acknowledged[key, count] = answer["ShardId"], answer["SequenceNumber"]
        time.sleep(0.002)  # the kills shall not wait for the writers' volume

    def put_records(self, client, chance, writer):
        taken = [self.take(chance, writer) for _ in range(chance.randrange(1, 40))]
        answer = client("PutRecords", {**STORM, "Records": [
            {"PartitionKey": key, "Data": payload(key, count)} for key, count in taken]})
        for record, result in zip(taken, answer["Records"], strict=True):
            if "SequenceNumber" in result:
                self.acknowledged[record] = result["ShardId"], result["SequenceNumber"]
        time.sleep(0.03)

    # ---- readers

    def note(self, records):
        for record in records:
            self.seen[record["SequenceNumber"]] = record["PartitionKey"], record["Data"]

    def read(self, client, chance, _):
        shard = chance.choice(client.all_shards("storm"))
        at = client("GetShardIterator", {**STORM, "ShardId": shard["ShardId"],
                                         "ShardIteratorType": "TRIM_HORIZON"})["ShardIterator"]
        for _ in range(chance.randrange(1, 20)):
            answer = client("GetRecords", {"ShardIterator": at, "Limit": 500})
            self.note(answer["Records"])
            at = answer.get("NextShardIterator")
            if not at:
                break
        time.sleep(0.01)

    def subscribe(self, client, chance, consumer):
        """To some shard, from where this consumer's last subscription to it ended."""
        index = number(chance.choice(client.all_shards("storm")))
        read = self.followed[consumer, index]
        more = {"kind": "AFTER_SEQUENCE_NUMBER", "number": read[-1]} if read else {"kind": "TRIM_HORIZON"}
        try:
            with fanout.Subscription(self.server, self.consumers[consumer], shard=index, timeout=2, **more) as found:
                if found.refusal is not None:
                    kind = found.refusal.json["__type"]
                    assert kind == "ResourceInUseException" or found.refusal.status == 503, found.refusal
                    raise Lost
                for _ in range(chance.randrange(1, 30)):
                    event = found.event()
                    if event is None:
                        return
                    self.note(event["Records"])
                    read += [r["SequenceNumber"] for r in event["Records"]]
                    if not event["Records"]:
                        return
        except (OSError, EOFError) as error:
            raise Lost from error

    # ---- changes

    def reshard(self, client, chance, _):
        shards = client.all_shards("storm")
        open_shards = sorted((s for s in shards if is_open(s)), key=bounds)
        if len(shards) > RESHARDS_MAX:
            time.sleep(0.1)
            return
        try:
            if len(open_shards) < 3 or len(open_shards) < 7 and chance.random() < 0.5:
                shard = chance.choice(open_shards)
                first, last = bounds(shard)
                client("SplitShard", {**STORM, "ShardToSplit": shard["ShardId"],
                                      "NewStartingHashKey": str((first + last) // 2)})
                self.closed.add(number(shard))
            else:
                at = chance.randrange(len(open_shards) - 1)
                low, high = open_shards[at:at + 2]
                client("MergeShards", {**STORM, "ShardToMerge": low["ShardId"],
                                       "AdjacentShardToMerge": high["ShardId"]})
                self.closed |= {number(low), number(high)}
        except Refused as refused:  # UPDATING since before a kill, or done with that just now
            assert refused.error == "ResourceInUseException" or "already been merged or split" in str(refused), refused
        time.sleep(0.02)

    def manage(self, client, chance, _):
        """Streams with names of their own: made, tagged, some deleted."""
        name = f"made-{len(self.made)}"
        self.made[name] = InDoubt({})
        client("CreateStream", {"StreamName": name, "ShardCount": 2})
        self.kept.add(name)
        tags = {"n": name}
        self.made[name].set(tags, lambda: client("AddTagsToStream", {"StreamName": name, "Tags": tags}))
        if chance.random() < 0.7:
            self.kept.discard(name)  # from here on its fate is open
            client("DeleteStream", {"StreamName": name})
            self.deleted.add(name)
        time.sleep(0.01)

    def recycle(self, client, _, name):
        """One name again and again: nothing of a deleted stream is in its successor."""
        generation = self.generations.setdefault(name, InDoubt(None))
        born = self.counts[name] = self.counts[name] + 1
        try:
            generation.set(born, lambda: client("CreateStream", {"StreamName": name, "ShardCount": 1}))
            for _ in range(3):
                client("PutRecord", {"StreamName": name, "PartitionKey": str(born), "Data": payload(name, born)})
        except Refused as refused:  # made or not deleted before a kill
            assert refused.error == "ResourceInUseException", refused
        try:
            generation.set(None, lambda: client("DeleteStream", {"StreamName": name}))
        except Refused as refused:  # deleted, or being deleted since before a kill
            assert refused.error in ("ResourceInUseException", "ResourceNotFoundException"), refused
            generation.asked.append(None)
        time.sleep(0.003)

    def retain(self, client, chance, _):
        hours = chance.choice((24, 48, 72, 168))
        try:
            now = client("DescribeStreamSummary", STORM)["StreamDescriptionSummary"]["RetentionPeriodHours"]
            assert self.retention.may_be(now), (now, self.retention.known, self.retention.asked)
            operation = ("Increase" if hours >= now else "Decrease") + "StreamRetentionPeriod"
            self.retention.set(hours, lambda: client(operation, {**STORM, "RetentionPeriodHours": hours}))
        except Refused as refused:
            assert refused.error == "ResourceInUseException", refused
        time.sleep(0.02)

    # ---- all of it

    def run(self, times, interrupt):
        """Makes the stream, then interrupts the crew so often, at random moments. The server lies still after it."""
        chance, client = random.Random(self.seed), Client(self.server)
        client("CreateStream", {**STORM, "ShardCount": 4})
        for name in "red", "green":
            self.consumers[name] = client("RegisterStreamConsumer", {
                "StreamARN": arn("storm"), "ConsumerName": name})["Consumer"]["ConsumerARN"]
        crew = self.crew()
        for thread in crew:
            thread.start()
        for _ in range(times):
            time.sleep(chance.uniform(0.02, 0.55) * PATIENCE)
            interrupt()
        time.sleep(0.3)
        self.server.kill()
        self.over.set()
        for thread in crew:
            thread.join(30 * PATIENCE)
            assert not thread.is_alive()
        assert not self.failures, self.failures
        print(dict(self.tally), len(self.acknowledged), "records acknowledged")
        assert len(self.acknowledged) > 50 * times / PATIENCE, "the storm was too calm to prove anything"

    def check(self):
        """After another start: everything the crew learned still holds."""
        client = Client(self.server)
        check_settled(client)
        shards = check_shards(self, client)
        check_records(self, client, shards)
        check_streams(self, client)


def check_settled(client):
    """What a kill interrupted is taken up by itself."""
    deadline = time.monotonic() + 10 * PATIENCE
    while any(s["StreamStatus"] != "ACTIVE" for s in client("ListStreams", {})["StreamSummaries"]):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def check_shards(storm, client):
    shards = client.all_shards("storm")
    assert [number(s) for s in shards] == list(range(len(shards)))
    children = collections.defaultdict(list)
    for shard in shards:
        for parent in ("ParentShardId", "AdjacentParentShardId"):
            if parent in shard:
                children[shard[parent]].append(shard)
    at = 0
    for first, last in sorted(bounds(s) for s in shards if is_open(s)):
        assert first == at, "the open shards do not partition the hash space"
        at = last + 1
    assert at == SPACE
    for shard in shards:
        assert is_open(shard) == (not children[shard["ShardId"]]), shard
    assert all(not is_open(shards[n]) for n in storm.closed), "an acknowledged reshard is gone"
    return shards


def check_records(storm, client, shards):
    stored = {number(s): client.read_all("storm", number(s)) for s in shards}
    places, orders = {}, collections.defaultdict(list)
    for index, records in stored.items():  # parents come before their children
        numbers = [int(r["SequenceNumber"]) for r in records]
        assert numbers == sorted(set(numbers)), index
        limits = shards[index]["SequenceNumberRange"]
        if numbers:
            assert int(limits["StartingSequenceNumber"]) < numbers[0]
            assert numbers[-1] < int(limits.get("EndingSequenceNumber", numbers[-1] + 1))
        first, last = bounds(shards[index])
        for record in records:
            key = record["PartitionKey"]
            count = int.from_bytes(base64.b64decode(record["Data"])[:8], "big")
            assert 1 <= count <= storm.counts[key], "invented"
            assert record["Data"] == payload(key, count), (key, count)
            assert (key, count) not in places, "doubled"
            assert first <= int.from_bytes(hashlib.md5(key.encode()).digest(), "big") <= last, (key, index)
            places[key, count] = SID(index), record["SequenceNumber"]
            orders[key].append(count)
    lost = {k: v for k, v in storm.acknowledged.items() if places.get(k) != v}
    assert not lost, f"{len(lost)} lost or moved: {list(lost.items())[:5]}"
    for key, counts in orders.items():
        assert counts == sorted(counts), f"{key} is out of order"
    by_number = {r["SequenceNumber"]: (r["PartitionKey"], r["Data"]) for rs in stored.values() for r in rs}
    vanished = {n: k for n, k in storm.seen.items() if by_number.get(n) != k}
    assert not vanished, f"{len(vanished)} records were read and then taken back"
    for (consumer, index), numbers in storm.followed.items():
        whole = [r["SequenceNumber"] for r in stored[index]]
        assert numbers == whole[:len(numbers)], f"{consumer} missed records of shard {index}, or had them twice"


def check_streams(storm, client):
    names, token = set(), {}
    while True:
        answer = client("ListStreams", token)
        names.update(answer["StreamNames"])
        if not answer["HasMoreStreams"]:
            break
        token = {"NextToken": answer["NextToken"]}
    assert names >= storm.kept, storm.kept - names
    assert not names & storm.deleted
    assert names <= {"storm", *storm.made, *storm.generations}
    for name in storm.kept:
        described = client("DescribeStream", {"StreamName": name})["StreamDescription"]
        assert described["StreamStatus"] == "ACTIVE" and len(described["Shards"]) == 2
        tags = client("ListTagsForStream", {"StreamName": name})["Tags"]
        assert storm.made[name].may_be({t["Key"]: t["Value"] for t in tags}), (name, tags)
    summary = client("DescribeStreamSummary", STORM)["StreamDescriptionSummary"]
    assert storm.retention.may_be(summary["RetentionPeriodHours"]), summary
    assert summary["ConsumerCount"] == len(storm.consumers)
    for name, generation in storm.generations.items():
        if name not in names:
            assert generation.may_be(None), f"{name} is gone"
            continue
        alive = {g for g in [generation.known, *generation.asked] if g is not None}
        assert alive, f"{name} was deleted and is there"
        found = {int(r["PartitionKey"]) for r in client.read_all(name, 0)}
        assert found <= alive, f"records of {found - alive} in the stream of {alive}"
