"""A broker in a few hundred lines, without disk, wire or clock: what one after the other of the calls
must answer. test_model.py holds the server to it. Lifecycle delays are 0, so that all is ACTIVE.

Numbers and instants are the server's to choose: they are learned when they are first seen, judged by
the rules for them, and must be the same ever after."""

import copy
import dataclasses
import hashlib

from . import sequence, texts

SPACE = 1 << 128
OPEN_END = (1 << 63) - 1  # sequence index of a closed shard's ending number
METRICS = ("IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords",
           "WriteProvisionedThroughputExceeded", "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds")
SID = texts.SHARD_ID.format


class Refused(Exception):
    def __init__(self, error, message):
        super().__init__(f"{error}: {message}")
        self.error, self.message = error, message


class Wrong(AssertionError):
    """The server did what no broker may."""


def must(condition, *what):
    if not condition:
        raise Wrong(*what)


@dataclasses.dataclass
class Record:
    number: str
    key: str
    data: str                # base64
    sealed: bool = False     # stored while its stream was encrypted
    arrival: float = None    # learned when it is read


@dataclasses.dataclass
class Shard:
    index: int
    first: int
    last: int
    parents: tuple = ()
    open: bool = True
    start: str = None        # learned
    end: str = None          # learned
    records: list = dataclasses.field(default_factory=list)

    def append(self, number, key, data, sealed):
        found = sequence.parse(number)
        must(found.shard == self.index, number, self.index)
        before = self.records[-1].number if self.records else self.start
        must(before is None or int(number) > int(before), "not increasing", number, before)
        must(found.time >= found.created, number)
        self.records.append(Record(number, key, data, sealed))

    def member(self):
        """As it is listed, without its numbers."""
        names = ("ParentShardId", "AdjacentParentShardId")
        return {"ShardId": SID(self.index), **{n: SID(p) for n, p in zip(names, self.parents)},
                "HashKeyRange": {"StartingHashKey": str(self.first), "EndingHashKey": str(self.last)}}

    def judge_listed(self, listed):
        """Compares with a listed shard, learns its numbers or finds them unchanged."""
        numbers = listed.pop("SequenceNumberRange")
        must(listed == self.member(), listed, self.member())
        start, end = numbers["StartingSequenceNumber"], numbers.get("EndingSequenceNumber")
        must((end is None) == self.open, "end", self.index, numbers)
        must(self.start in (None, start), "the starting number changed", self.start, start)
        if self.start is None:
            found = sequence.parse(start)
            must((found.index, found.shard, found.time) == (0, self.index, found.created), start)
            must(not self.records or int(self.records[0].number) > int(start), start)
            self.start = start
        if end is not None:
            must(self.end in (None, end), "the ending number changed", self.end, end)
            found = sequence.parse(end)
            must((found.index, found.shard) == (OPEN_END, self.index), end)
            must(not self.records or int(self.records[-1].number) < int(end), end)
            self.end = end


class Stream:
    def __init__(self, name, uid, mode, count):
        self.name, self.uid, self.mode = name, uid, mode
        self.created = None  # learned
        self.retention, self.record_kib = 24, 1024
        self.tags, self.metrics = {}, []
        self.key = None      # that it is encrypted with
        self.consumers, self.consumer_tags = {}, {}
        width = SPACE // count
        self.shards = [Shard(i, width * i, width * (i + 1) - 1 if i + 1 < count else SPACE - 1)
                       for i in range(count)]
        self.initial = count

    def open_shards(self):
        return sorted((s for s in self.shards if s.open), key=lambda s: s.first)

    def route(self, key, explicit=None):
        value = int(explicit) if explicit is not None else int.from_bytes(hashlib.md5(key.encode()).digest(), "big")
        return next(s for s in self.shards if s.open and s.first <= value <= s.last)

    def children(self, index):
        return [s for s in self.shards if index in s.parents]

    def _add(self, first, last, *parents):
        for parent in parents:
            self.shards[parent].open = False
        self.shards.append(Shard(len(self.shards), first, last, parents))
        return self.shards[-1]

    def split(self, shard, at):
        left = self._add(shard.first, at - 1, shard.index)
        return left, self._add(at, shard.last, shard.index)

    def merge(self, low, high):
        return self._add(low.first, high.last, low.index, high.index)

    def scale(self, target):
        """From low to high: each new shard is cut from, or put together of, what is there."""
        waiting = self.open_shards()
        noise = len(waiting) + target
        starts = [s.first for s in waiting]
        ends = []
        for k in range(1, target):
            wanted = k * (SPACE // target)
            nearest = min(starts, key=lambda start: abs(start - wanted))
            ends.append((nearest if abs(nearest - wanted) <= noise else wanted) - 1)
        for end in [*ends, SPACE - 1]:
            current = waiting.pop(0)
            while current.last != end:
                if current.last > end:
                    current, rest = self.split(current, end + 1)
                    waiting.insert(0, rest)
                    continue
                beside = waiting.pop(0)
                if beside.last > end:
                    beside, rest = self.split(beside, end + 1)
                    waiting.insert(0, rest)
                current = self.merge(current, beside)

    def summary(self):
        found = {"StreamName": self.name, "StreamMode": self.mode, "RetentionPeriodHours": self.retention,
                 "ShardLevelMetrics": self.metrics, "OpenShardCount": len(self.open_shards()),
                 "ConsumerCount": len(self.consumers), "MaxRecordSizeInKiB": self.record_kib,
                 "EncryptionType": "KMS" if self.key else "NONE", "KeyId": self.key}
        return found


class Reference:
    def __init__(self, account):
        self.account = account
        self.streams = {}
        self.consumer_arns = set()  # (uid of the stream, ARN)
        self._uids = 0

    def fork(self):
        return copy.deepcopy(self)

    # ---- finding

    def stream(self, name):
        if name not in self.streams:
            raise Refused(texts.NOT_FOUND, texts.no_stream(name, self.account))
        return self.streams[name]

    def shard(self, stream, index):
        """The shard that a reshard names."""
        if index >= len(stream.shards):
            raise Refused(texts.NOT_FOUND, texts.no_shard_raw(SID(index), stream.name, self.account))
        return stream.shards[index]

    def readable(self, name, index):
        if name not in self.streams or index >= len(self.streams[name].shards):
            raise Refused(texts.NOT_FOUND, texts.no_shard(index, name, self.account))
        return self.streams[name].shards[index]

    def _provisioned(self, stream):
        if stream.mode == "ON_DEMAND":
            raise Refused(texts.VALIDATION, f"Request is invalid. Stream {stream.name} under account {self.account} "
                          "is in On-Demand mode.")

    def _under(self, stream):
        return f"in stream {stream.name} under account {self.account}"

    # ---- changing

    def create(self, name, count):
        if name in self.streams:
            raise Refused(texts.IN_USE, texts.exists(name, self.account))
        self._uids += 1
        self.streams[name] = Stream(name, self._uids, "PROVISIONED" if count else "ON_DEMAND", count or 4)

    def delete(self, name, enforce):
        stream = self.stream(name)
        if stream.consumers and not enforce:
            raise Refused(texts.IN_USE, f"DeleteStream can’t delete {self.account}:{name} because there are consumers "
                          f"associated with this data stream. To delete {name} anyway, set the "
                          "EnforceConsumerDeletion parameter to true to force the deletion of all the consumers that "
                          "are associated with it.")
        del self.streams[name]

    def _eligible(self, stream, shard):
        if not shard.open:
            raise Refused(texts.INVALID, f"Shard {SID(shard.index)} {self._under(stream)} has already been merged or "
                          "split, and thus is not eligible for merging or splitting.")

    def split(self, name, index, at):
        stream = self.stream(name)
        self._provisioned(stream)
        shard = self.shard(stream, index)
        self._eligible(stream, shard)
        if not shard.first + 1 < at < shard.last:
            raise Refused(texts.INVALID, f"NewStartingHashKey {at} used in SplitShard() on shard {SID(index)} "
                          f"{self._under(stream)} is not both greater than one plus the shard's StartingHashKey "
                          f"{shard.first} and less than the shard's EndingHashKey {shard.last}.")
        stream.split(shard, at)

    def merge(self, name, low, high):
        stream = self.stream(name)
        self._provisioned(stream)
        shards = [self.shard(stream, low), self.shard(stream, high)]
        for shard in shards:
            self._eligible(stream, shard)
        if shards[0].last + 1 != shards[1].first:
            raise Refused(texts.INVALID, f"Shards {SID(low)} and {SID(high)} {self._under(stream)} are not an "
                          "adjacent pair of shards eligible for merging")
        stream.merge(*shards)

    def scale(self, name, target):
        stream = self.stream(name)
        self._provisioned(stream)
        now = len(stream.open_shards())
        counts = f"Current open shard count: {now} Target shard count: {target}"
        if target > 2 * now:
            raise Refused(texts.LIMIT, "UpdateShardCount cannot scale up over double your current open shard count. "
                          + counts)
        if 2 * target < now:
            raise Refused(texts.LIMIT, "UpdateShardCount cannot scale down below half your current open shard count. "
                          + counts)
        if target != now:
            stream.scale(target)
        return now

    def change_mode(self, name, mode):
        self.stream(name).mode = mode

    def encrypt(self, name, key):
        self.stream(name).key = key

    def decrypt(self, name):
        stream = self.stream(name)
        if stream.key is None:
            raise Refused(texts.INVALID, f"Stream {name} under account {self.account} is not encrypted.")
        stream.key = None

    def set_retention(self, name, hours, increase):
        stream = self.stream(name)
        asked = f"Requested retention period ({hours} hours)"
        if hours < 24:
            raise Refused(texts.INVALID, f"Minimum allowed retention period is 24 hours. {asked} is too short.")
        if hours > 8760:
            raise Refused(texts.INVALID, f"Maximum allowed retention period is 8760 hours. {asked} is too long.")
        if increase and hours < stream.retention:
            raise Refused(texts.INVALID, f"{asked} for stream {name} can not be shorter than existing retention period "
                          f"({stream.retention} hours). Use DecreaseRetentionPeriod API.")
        if not increase and hours > stream.retention:
            raise Refused(texts.INVALID, f"{asked} for stream {name} can not be longer than existing retention period "
                          f"({stream.retention} hours). Use IncreaseRetentionPeriod API.")
        stream.retention = hours

    def add_tags(self, name, tags):
        stream = self.stream(name)
        if len({**stream.tags, **tags}) > 50:
            raise Refused(texts.INVALID, f"Failed to add tags to stream {name} under account {self.account} because a "
                          "given stream cannot have more than 50 tags associated with it.")
        stream.tags.update(tags)

    def remove_tags(self, name, keys):
        stream = self.stream(name)
        for key in keys:
            stream.tags.pop(key, None)

    def monitor(self, name, metrics, enable):
        stream = self.stream(name)
        named = set(METRICS) if "ALL" in metrics else set(metrics)
        before = stream.metrics
        after = set(before) | named if enable else set(before) - named
        stream.metrics = [m for m in METRICS if m in after]
        return before, stream.metrics

    def set_record_size(self, name, kib):
        self.stream(name).record_kib = kib

    def register(self, name, consumer):
        stream = self.stream(name)
        if consumer in stream.consumers:
            raise Refused(texts.IN_USE, f"Consumer {consumer} under stream {name} already exists.")
        stream.consumers[consumer] = None  # the ARN is learned
        stream.consumer_tags[consumer] = {}

    def learn_consumer(self, name, consumer, arn):
        known = self.stream(name).consumers[consumer]
        must(known in (None, arn), "a consumer's ARN changed", known, arn)
        if known is None:
            used = self.stream(name).uid, arn
            must(used not in self.consumer_arns, "a consumer's ARN was used before", arn)
            self.consumer_arns.add(used)
            self.stream(name).consumers[consumer] = arn

    def consumer(self, name, consumer):
        stream = self.stream(name)
        if consumer not in stream.consumers:
            raise Refused(texts.NOT_FOUND, f"Consumer {consumer}, account {self.account} not found.")
        return stream.consumers[consumer]

    def deregister(self, name, consumer):
        self.consumer(name, consumer)
        del self.streams[name].consumers[consumer]
        del self.streams[name].consumer_tags[consumer]

    def tag_consumer(self, name, consumer, arn, tags):
        stream = self.stream(name)
        if arn is None or stream.consumers.get(consumer) != arn:
            raise Refused(texts.NOT_FOUND, f"Consumer {arn}, account {self.account} not found.")
        if len({**stream.consumer_tags[consumer], **tags}) > 50:
            raise Refused(texts.INVALID, f"Failed to add tags to consumer {consumer} under account {self.account} "
                          "because a given consumer cannot have more than 50 tags associated with it.")
        stream.consumer_tags[consumer].update(tags)
