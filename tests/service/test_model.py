"""A random walk over the API, one call after the other, held at every step to the reference broker of
harness/reference.py: what is answered, refused, listed and read, across restarts and kills, some of
them in the middle of a call.

    pytest tests/service/test_model.py --seed 7 [--long]        # the same walk again
"""

import base64
import json
import random
import time

import pytest

from harness import aws, fanout, http, model, texts
from harness.process import ACCOUNT, PATIENCE, SANITIZED, REGION
from harness.reference import METRICS, SID, SPACE, Reference, Refused, Wrong, must

NAMES = [f"s{i}" for i in range(6)]
CONSUMERS = ["red", "green", "blue"]
LOST = (OSError, EOFError)
SHARDS_MAX = 60          # of a stream, ever: then it is left to be deleted
ITERATOR_LIFE = 240
PAIR_REST = 6            # seconds between two subscriptions of a consumer to a shard


class Iterator:
    def __init__(self, token, stream, shard, position):
        self.token, self.name, self.uid, self.shard, self.position = token, stream.name, stream.uid, shard, position
        self.issued = time.monotonic()


class Walk:
    """Each `do_…` is one step: it chooses, calls, and compares."""

    weights = {"put_record": 22, "put_records": 10, "get_records": 26, "get_shard_iterator": 14, "list_shards": 5,
               "describe": 4, "list_streams": 2, "create": 3, "delete": 1.2, "split": 2.5, "merge": 2.5, "scale": 0.8,
               "mode": 0.7, "retention": 1.5, "tags": 2, "untag": 1, "tag_consumer": 1, "monitoring": 1, "record_size": 0.7, "encryption": 1.2,
               "register": 1.5, "deregister": 0.7, "consumers": 1, "subscribe": 1, "limits": 0.5,
               "restart": 0.12, "kill": 0.12, "crash": 0.35}

    def __init__(self, server, seed):
        self.server, self.random = server, random.Random(seed)
        self.reference = Reference(ACCOUNT)
        self.caller = http.Caller(server)
        self.iterators, self.retired, self.pairs, self.trace = [], [], {}, []

    # ---- calling

    def call(self, operation, body):
        reply = self.caller(operation, body)
        return self.read(operation, body, reply)

    def read(self, operation, body, reply):
        model.check_headers(reply.headers)
        document = json.loads(reply.body) if reply.body else None
        model.check_answer(operation, reply.status, document)
        self.note(f"{operation} {json.dumps(body)[:300]} -> {reply.status} {reply.body[:300]!r}")
        return reply.status, document

    def note(self, text):
        self.trace.append(text)
        del self.trace[:-25]

    def compare(self, answer, rule):
        """What `rule` returns and the document, if both allow the call; None if both refuse it alike."""
        status, document = answer
        try:
            value = rule()
        except Refused as refused:
            must(status == 400 and (document["__type"], document["message"]) == (refused.error, refused.message),
                 "wanted", str(refused), "found", status, document)
            return None
        must(status == 200, "wanted an answer", document)
        return value, document

    def expect(self, operation, body, rule):
        return self.compare(self.call(operation, body), rule)

    # ---- choosing

    def chance(self, probability):
        return self.random.random() < probability

    def name(self):
        if self.reference.streams and self.chance(0.97):
            return self.random.choice(list(self.reference.streams))
        return self.random.choice([*NAMES, "nope"])

    def address(self, name):
        kind = self.random.randrange(4)
        return {**({"StreamName": name} if kind != 1 else {}),
                **({"StreamARN": aws.arn(name)} if kind in (1, 2) else {})}

    def shard_index(self, name, only_open=False):
        stream = self.reference.streams.get(name)
        if stream is None or self.chance(0.02):
            return self.random.randrange(40)
        shards = stream.open_shards() if only_open and self.chance(0.9) else stream.shards
        return self.random.choice(shards).index

    def payload(self):
        size = self.random.choice((0, 1, 20, 200, 200, 20000) if self.chance(0.1) else (8, 30))
        return base64.b64encode(self.random.randbytes(size)).decode()

    def record(self):
        record = {"PartitionKey": f"k{self.random.randrange(50)}" + ("é" if self.chance(0.1) else ""),
                  "Data": self.payload()}
        if self.chance(0.25):
            edge = self.random.choice((0, SPACE - 1, SPACE // 2, self.random.randrange(SPACE)))
            record["ExplicitHashKey"] = str(edge if self.chance(0.98) else SPACE)
        return record

    # ---- puts

    def check_hash_keys(self, records):
        for record in records:
            if int(record.get("ExplicitHashKey", 0)) >= SPACE:
                raise Refused(texts.INVALID, "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: "
                              f"[0, 2^128-1]. Specified value was {record['ExplicitHashKey']}")

    def targets(self, name, records):
        stream = self.reference.stream(name)
        self.check_hash_keys(records)
        return [stream.route(r["PartitionKey"], r.get("ExplicitHashKey")) for r in records]

    def stored(self, name, records, shards, document):
        sealed = self.reference.streams[name].key is not None
        must(document.get("EncryptionType") == ("KMS" if sealed else None), "encryption", document)
        answers = document["Records"] if "Records" in document else [document]
        for record, shard, answer in zip(records, shards, answers, strict=True):
            must(answer["ShardId"] == SID(shard.index), "routed to", answer, SID(shard.index))
            shard.append(answer["SequenceNumber"], record["PartitionKey"], record["Data"], sealed)

    def do_put_record(self):
        name, record = self.name(), self.record()
        body = {**self.address(name), **record}
        stream = self.reference.streams.get(name)
        if stream and self.chance(0.1):
            shard = self.random.choice(stream.shards)
            if shard.records:
                body["SequenceNumberForOrdering"] = shard.records[-1].number
        if found := self.expect("PutRecord", body, lambda: self.targets(name, [record])):
            self.stored(name, [record], *found)

    def do_put_records(self):
        name = self.name()
        records = [self.record() for _ in range(self.random.randrange(1, 40))]
        if found := self.expect("PutRecords", {**self.address(name), "Records": records},
                                lambda: self.targets(name, records)):
            must(found[1]["FailedRecordCount"] == 0, found[1])
            self.stored(name, records, *found)

    # ---- reads

    def do_get_shard_iterator(self):
        name = self.name()
        index = self.shard_index(name)
        kind = self.random.choice(("TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
                                   "AT_TIMESTAMP"))
        body = {**self.address(name), "ShardId": SID(index), "ShardIteratorType": kind}
        stream = self.reference.streams.get(name)
        shard = stream.shards[index] if stream and index < len(stream.shards) else None
        records = shard.records if shard else []
        position = len(records) if kind == "LATEST" else 0
        if kind.endswith("SEQUENCE_NUMBER"):
            if not records:
                return
            at = self.random.randrange(len(records))
            body["StartingSequenceNumber"] = records[at].number
            position = at + (kind == "AFTER_SEQUENCE_NUMBER")
        elif kind == "AT_TIMESTAMP":
            known = [r.arrival for r in records[:next((i for i, r in enumerate(records) if r.arrival is None),
                                                      len(records))]]
            past = [a for a in known if a < time.time() - 0.01]
            if not past:
                return
            body["Timestamp"] = self.random.choice(past)
            position = next(i for i, a in enumerate(known) if a >= body["Timestamp"])
        if found := self.expect("GetShardIterator", body, lambda: self.reference.readable(name, index)):
            self.iterators.append(Iterator(found[1]["ShardIterator"], stream, index, position))
            del self.iterators[:-60]

    def do_get_records(self):
        self.iterators = [i for i in self.iterators if time.monotonic() - i.issued < ITERATOR_LIFE]
        if not self.iterators:
            return self.do_get_shard_iterator()
        it = self.random.choice(self.iterators[-20:] if self.chance(0.8) else self.iterators)
        limit = self.random.choice((None, None, 1, 2, 10, 10000))
        body = {"ShardIterator": it.token, **({"Limit": limit} if limit else {})}
        if self.chance(0.2):
            body["StreamARN"] = aws.arn(it.name)
        return self.follow(it, body, limit or 10000)

    def follow(self, it, body, limit):
        """Reads once from an iterator and judges what is found; the next iterator, if there is one."""
        def rule():
            stream = self.reference.streams.get(it.name)
            if stream is None or stream.uid != it.uid:
                raise Refused(texts.NOT_FOUND, texts.no_shard(it.shard, it.name))
            return stream
        found = self.expect("GetRecords", body, rule)
        if not found:
            self.iterators = [i for i in self.iterators if i is not it]
            return None
        stream, document = found
        shard = stream.shards[it.shard]
        wanted = shard.records[it.position:it.position + limit]
        end = it.position + len(wanted)
        self.judge_records(shard, wanted, document["Records"], it.position)
        if end == len(shard.records):
            must(document["MillisBehindLatest"] == 0, "behind", document["MillisBehindLatest"])
        if not shard.open and end == len(shard.records):
            must("NextShardIterator" not in document, "an iterator beyond the end")
            must(document["ChildShards"] == self.children(stream, shard), document["ChildShards"])
            return None
        must("ChildShards" not in document, "children before the end", document.get("ChildShards"))
        must(document["NextShardIterator"] != it.token, "the same iterator again")
        self.iterators.append(Iterator(document["NextShardIterator"], stream, it.shard, end))
        return self.iterators[-1]

    @staticmethod
    def children(stream, shard):
        return [{"ShardId": SID(c.index), "ParentShards": [SID(p) for p in c.parents],
                 "HashKeyRange": c.member()["HashKeyRange"]} for c in stream.children(shard.index)]

    @staticmethod
    def judge_records(shard, wanted, found, position):
        must([(r["SequenceNumber"], r["PartitionKey"], r["Data"], r.get("EncryptionType")) for r in found] ==
             [(r.number, r.key, r.data, "KMS" if r.sealed else None) for r in wanted], "records of", shard.index, "from", position, "wanted",
             [r.number for r in wanted][:5], "found", [r["SequenceNumber"] for r in found][:5],
             len(wanted), len(found))
        for record, answer in zip(wanted, found):
            arrival = answer["ApproximateArrivalTimestamp"]
            must(record.arrival in (None, arrival), "an arrival changed", record, arrival)
            record.arrival = arrival
        arrivals = [r.arrival for r in shard.records if r.arrival is not None]
        must(arrivals == sorted(arrivals), "arrivals are not in order")

    def do_subscribe(self):
        stream = self.reference.streams.get(self.name())
        if stream is None or not stream.consumers:
            return
        arn = self.random.choice(list(stream.consumers.values()))
        shard = self.random.choice(stream.shards)
        if time.monotonic() - self.pairs.get((arn, shard.index), -PAIR_REST) < PAIR_REST:
            return
        position, more = 0, {"kind": "TRIM_HORIZON"}
        if shard.records and self.chance(0.6):
            position = self.random.randrange(len(shard.records)) + 1
            more = {"kind": "AFTER_SEQUENCE_NUMBER", "number": shard.records[position - 1].number}
        wanted = shard.records[position:]
        self.note(f"SubscribeToShard {arn} {shard.index} {more}")
        with fanout.Subscription(self.server, arn, shard=shard.index, **more) as subscription:
            must(subscription.refusal is None, subscription.refusal)
            found = []
            while len(found) < len(wanted) or not shard.open:
                event = subscription.event()
                must(event is not None, "the subscription ended early")
                found += event["Records"]
                if not shard.open and event.get("ChildShards"):
                    must(event["ChildShards"] == self.children(stream, shard), event["ChildShards"])
                    must(subscription.event() is None, "events after the end")
                    break
            self.judge_records(shard, wanted, found, position)
        self.pairs[arn, shard.index] = time.monotonic()

    # ---- listings

    def do_list_shards(self):
        name = self.name()
        stream = self.reference.streams.get(name)
        body, chosen = self.address(name), list(stream.shards) if stream else []
        kind = self.random.choice((None, None, "start", "AT_LATEST", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON",
                                   "AFTER_SHARD_ID"))
        after = self.shard_index(name)
        if kind == "start":
            body["ExclusiveStartShardId"] = SID(after)
        elif kind:
            body["ShardFilter"] = {"Type": kind, **({"ShardId": SID(after)} if kind == "AFTER_SHARD_ID" else {})}
        if kind in ("start", "AFTER_SHARD_ID"):
            chosen = [s for s in chosen if s.index > after]
        elif kind == "AT_LATEST":
            chosen = [s for s in chosen if s.open]
        elif kind == "AT_TRIM_HORIZON" and stream:
            chosen = chosen[:stream.initial]
        page = self.random.choice((1, 3, 1000))
        listed = []
        if not (found := self.expect("ListShards", {**body, "MaxResults": page}, lambda: self.reference.stream(name))):
            return
        while True:
            listed += found[1]["Shards"]
            must(len(found[1]["Shards"]) <= page, "a page too long")
            if "NextToken" not in found[1]:
                break
            found = self.expect("ListShards", {"NextToken": found[1]["NextToken"], "MaxResults": page}, lambda: None)
        self.judge_shards(chosen, listed)

    @staticmethod
    def judge_shards(chosen, listed):
        must(len(chosen) == len(listed), "shards", [s.index for s in chosen], [s["ShardId"] for s in listed])
        for shard, member in zip(chosen, listed):
            shard.judge_listed(member)

    def do_describe(self):
        self.describe(self.reference, self.name())

    def describe(self, reference, name):
        found = self.expect("DescribeStreamSummary", self.address(name), lambda: reference.stream(name))
        if not found:
            return
        stream, summary = found[0], found[1]["StreamDescriptionSummary"]
        must(summary["StreamStatus"] == "ACTIVE" and summary["StreamARN"] == aws.arn(name), summary)
        must({"StreamName": name, "StreamMode": summary["StreamModeDetails"]["StreamMode"],
              "RetentionPeriodHours": summary["RetentionPeriodHours"],
              "ShardLevelMetrics": summary["EnhancedMonitoring"][0]["ShardLevelMetrics"],
              "OpenShardCount": summary["OpenShardCount"], "ConsumerCount": summary["ConsumerCount"],
              "MaxRecordSizeInKiB": summary["MaxRecordSizeInKiB"], "EncryptionType": summary["EncryptionType"],
              "KeyId": summary.get("KeyId")} == stream.summary(), summary, stream.summary())
        created = summary["StreamCreationTimestamp"]
        must(stream.created in (None, created), "the creation changed", stream.created, created)
        stream.created = created
        start, listed = {}, []
        while True:
            described = self.call("DescribeStream", {"StreamName": name, "Limit": 40, **start})[1]["StreamDescription"]
            listed += described["Shards"]
            if not described["HasMoreShards"]:
                break
            start = {"ExclusiveStartShardId": described["Shards"][-1]["ShardId"]}
        self.judge_shards(stream.shards, listed)
        tags = self.call("ListTagsForStream", {"StreamName": name})[1]
        must(tags == {"Tags": [{"Key": k, "Value": v} for k, v in sorted(stream.tags.items())],
                      "HasMoreTags": False}, tags, stream.tags)
        self.judge_consumers(reference, name)

    def do_list_streams(self):
        self.list_streams(self.reference, self.random.choice((1, 2, 100)))

    def list_streams(self, reference, limit):
        names, token = [], {}
        while True:
            answer = self.call("ListStreams", {"Limit": limit, **token})[1]
            names += answer["StreamNames"]
            must([s["StreamName"] for s in answer["StreamSummaries"]] == answer["StreamNames"], answer)
            if not answer["HasMoreStreams"]:
                break
            token = {"NextToken": answer["NextToken"]}
        must(names == sorted(reference.streams), names, sorted(reference.streams))

    def do_limits(self):
        found = self.call("DescribeLimits", {})[1]
        streams = self.reference.streams.values()
        counts = (sum(len(s.open_shards()) for s in streams if s.mode == "PROVISIONED"),
                  sum(s.mode == "ON_DEMAND" for s in streams))
        must((found["OpenShardCount"], found["OnDemandStreamCount"]) == counts, found, counts)

    def do_consumers(self):
        self.judge_consumers(self.reference, self.name())

    def judge_consumers(self, reference, name):
        found = self.expect("ListStreamConsumers", {"StreamARN": aws.arn(name)}, lambda: reference.stream(name))
        if found:
            consumers = found[1]["Consumers"]
            must([c["ConsumerName"] for c in consumers] == sorted(found[0].consumers), consumers, found[0].consumers)
            for consumer in consumers:
                must(consumer["ConsumerStatus"] == "ACTIVE", consumer)
                reference.learn_consumer(name, consumer["ConsumerName"], consumer["ConsumerARN"])
                tags = self.call("ListTagsForResource", {"ResourceARN": consumer["ConsumerARN"]})[1]["Tags"]
                wanted = found[0].consumer_tags[consumer["ConsumerName"]]
                must(tags == [{"Key": k, "Value": v} for k, v in sorted(wanted.items())], tags, wanted)

    # ---- changes: (operation, body, what it does to a reference)

    def change_create(self):
        name = self.random.choice(NAMES)
        count = self.random.choice((None, 1, 1, 2, 3, 5))
        return "CreateStream", {"StreamName": name, **({"ShardCount": count} if count else {})}, \
            lambda r: r.create(name, count)

    def change_delete(self):
        name, enforce = self.name(), self.chance(0.6)
        old = [n for n, s in self.reference.streams.items() if len(s.shards) > SHARDS_MAX]
        name = old[0] if old else name
        return "DeleteStream", {**self.address(name), "EnforceConsumerDeletion": enforce}, \
            lambda r: r.delete(name, enforce)

    def change_split(self):
        name = self.name()
        index = self.shard_index(name, only_open=True)
        stream = self.reference.streams.get(name)
        at = self.random.randrange(SPACE)
        if stream and index < len(stream.shards):
            shard = stream.shards[index]
            at = self.random.choice((shard.first + 1, shard.first + 2, shard.last - 1, shard.last,
                                     *[(shard.first + shard.last + 1) // 2] * 6))
        return "SplitShard", {**self.address(name), "ShardToSplit": SID(index), "NewStartingHashKey": str(at)}, \
            lambda r: r.split(name, index, at)

    def change_merge(self):
        name = self.name()
        stream = self.reference.streams.get(name)
        low, high = self.shard_index(name), self.shard_index(name)
        if stream and self.chance(0.85):
            beside = stream.open_shards()
            if len(beside) > 1:
                at = self.random.randrange(len(beside) - 1)
                low, high = beside[at].index, beside[at + 1].index
        return "MergeShards", {**self.address(name), "ShardToMerge": SID(low), "AdjacentShardToMerge": SID(high)}, \
            lambda r: r.merge(name, low, high)

    def change_scale(self):
        name = self.name()
        stream = self.reference.streams.get(name)
        now = len(stream.open_shards()) if stream else 1
        target = self.random.choice((1, max(1, now // 2), max(1, (now + 1) // 2), now, now + 1, 2 * now, 2 * now + 1))
        if target > 12:
            target = max(1, (now + 1) // 2)
        return "UpdateShardCount", {**self.address(name), "TargetShardCount": target,
                                    "ScalingType": "UNIFORM_SCALING"}, lambda r: r.scale(name, target)

    def change_mode(self):
        name = self.name()
        mode = self.random.choice(("ON_DEMAND", "PROVISIONED", "PROVISIONED"))

        def rule(reference):
            reference.stream(name)
            reference.change_mode(name, mode)
        return "UpdateStreamMode", {"StreamARN": aws.arn(name), "StreamModeDetails": {"StreamMode": mode}}, rule

    def change_encryption(self):
        name = self.name()
        stream = self.reference.streams.get(name)
        key = self.random.choice(("alias/aws/kinesis", "alias/mine"))
        body = {**self.address(name), "EncryptionType": "KMS"}
        if self.chance(0.6):
            return "StartStreamEncryption", {**body, "KeyId": key}, lambda r: r.encrypt(name, key)
        return "StopStreamEncryption", {**body, "KeyId": (stream.key if stream else None) or key}, \
            lambda r: r.decrypt(name)

    def change_retention(self):
        name, increase = self.name(), self.chance(0.5)
        hours = self.random.choice((23, 24, 25, 48, 100, 8760, 8761))
        return ("Increase" if increase else "Decrease") + "StreamRetentionPeriod", \
            {**self.address(name), "RetentionPeriodHours": hours}, lambda r: r.set_retention(name, hours, increase)

    def change_tags(self):
        name = self.name()
        tags = {f"t{self.random.randrange(70)}": f"v{self.random.randrange(9)}"
                for _ in range(self.random.randrange(1, 20))}
        if self.chance(0.5):
            return "AddTagsToStream", {**self.address(name), "Tags": tags}, lambda r: r.add_tags(name, tags)
        return "TagResource", {"ResourceARN": aws.arn(name), "Tags": tags}, lambda r: r.add_tags(name, tags)

    def change_tag_consumer(self):
        name = self.name()
        stream = self.reference.streams.get(name)
        consumer, arn = "nobody", aws.arn(name) + "/consumer/nobody:1"
        if stream and stream.consumers:
            consumer = self.random.choice(list(stream.consumers))
            arn = stream.consumers[consumer] or arn
        tags = {f"t{self.random.randrange(70)}": "v" for _ in range(self.random.randrange(1, 20))}
        return "TagResource", {"ResourceARN": arn, "Tags": tags}, lambda r: r.tag_consumer(name, consumer, arn, tags)

    def change_untag(self):
        name = self.name()
        keys = [f"t{self.random.randrange(70)}" for _ in range(self.random.randrange(1, 30))]
        return "RemoveTagsFromStream", {**self.address(name), "TagKeys": keys}, lambda r: r.remove_tags(name, keys)

    def change_monitoring(self):
        name, enable = self.name(), self.chance(0.6)
        metrics = self.random.sample([*METRICS, "ALL"], self.random.randrange(1, 4))
        return ("Enable" if enable else "Disable") + "EnhancedMonitoring", \
            {**self.address(name), "ShardLevelMetrics": metrics}, lambda r: r.monitor(name, metrics, enable)

    def change_record_size(self):
        name, kib = self.name(), self.random.choice((1024, 2048, 10240))
        return "UpdateMaxRecordSize", {"StreamARN": aws.arn(name), "MaxRecordSizeInKiB": kib}, \
            lambda r: r.set_record_size(name, kib)

    def change_register(self):
        name, consumer = self.name(), self.random.choice(CONSUMERS)
        return "RegisterStreamConsumer", {"StreamARN": aws.arn(name), "ConsumerName": consumer}, \
            lambda r: r.register(name, consumer)

    def change_deregister(self):
        name, consumer = self.name(), self.random.choice(CONSUMERS)
        return "DeregisterStreamConsumer", {"StreamARN": aws.arn(name), "ConsumerName": consumer}, \
            lambda r: r.deregister(name, consumer)

    def change(self, kind):
        operation, body, rule = getattr(self, "change_" + kind)()
        stream = self.reference.streams.get(body.get("StreamName"))
        if operation in ("SplitShard", "UpdateShardCount") and stream and len(stream.shards) > SHARDS_MAX:
            return
        if found := self.expect(operation, body, lambda: rule(self.reference)):
            self.judge_change(operation, body, *found)

    def judge_change(self, operation, body, value, document):
        if operation == "UpdateShardCount":
            must((document["CurrentShardCount"], document["TargetShardCount"]) == (value, body["TargetShardCount"]),
                 document, value)
        elif operation.endswith("EnhancedMonitoring"):
            must((document["CurrentShardLevelMetrics"], document["DesiredShardLevelMetrics"]) == value,
                 document, value)
        elif operation == "RegisterStreamConsumer":
            made = document["Consumer"]
            must(made["ConsumerStatus"] == "CREATING", made)
            name = body["StreamARN"].rpartition("/")[2]
            self.reference.learn_consumer(name, made["ConsumerName"], made["ConsumerARN"])

    # ---- restarts

    def do_restart(self):
        self.note("restart")
        must(self.server.stop() == 0, "exit code", self.server.exit_code)
        self.server.start()
        self.caller = http.Caller(self.server)
        self.settle()
        self.verify(self.reference)

    def do_kill(self):
        self.note("kill")
        self.server.kill()
        self.server.start()
        self.caller = http.Caller(self.server)
        self.settle()
        self.verify(self.reference)

    def do_crash(self):
        """Killed in the middle of a call: it was carried out, or it was not."""
        if self.chance(0.5):
            return self.crash_in_put()
        kind = self.random.choice([k[len("change_"):] for k in dir(self) if k.startswith("change_")])
        operation, body, rule = getattr(self, "change_" + kind)()
        reply = self.killed(operation, body)
        after = self.reference.fork()
        if reply:
            self.reference = after
            if found := self.compare(self.read(operation, body, reply), lambda: rule(after)):
                self.judge_change(operation, body, *found)
            return self.verify(self.reference)
        try:
            rule(after)
        except Refused:
            return self.verify(self.reference)
        for candidate in (after, self.reference.fork()):
            try:
                self.verify(candidate, records=False)
            except (Wrong, AssertionError) as wrong:
                self.note(f"not so: {wrong}"[:600])
                continue
            self.reference = candidate
            return self.verify(candidate)
        raise Wrong("neither before nor after the call that was cut off", operation, body)

    def crash_in_put(self):
        name = self.name()
        records = [self.record() for _ in range(self.random.choice((1, 1, 5, 200)))]
        body = {"StreamName": name, "Records": records}
        reply = self.killed("PutRecords", body)
        if reply:
            if found := self.compare(self.read("PutRecords", body, reply), lambda: self.targets(name, records)):
                self.stored(name, records, *found)
            return self.verify(self.reference)
        try:
            shards = self.targets(name, records)
        except Refused:
            return self.verify(self.reference)
        for shard in {s.index: s for s in shards}.values():
            sent = [r for r, s in zip(records, shards) if s is shard]
            self.learn_tail(name, shard, sent)
        return self.verify(self.reference)

    def learn_tail(self, name, shard, sent):
        """Records beyond the known ones: some of those sent, in their order."""
        body = {"StreamName": name, "ShardId": SID(shard.index), "ShardIteratorType": "TRIM_HORIZON"}
        if shard.records:
            body |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": shard.records[-1].number}
        at = self.call("GetShardIterator", body)[1]["ShardIterator"]
        waiting = iter((r["PartitionKey"], r["Data"]) for r in sent)
        while True:
            answer = self.call("GetRecords", {"ShardIterator": at})[1]
            for record in answer["Records"]:
                must((record["PartitionKey"], record["Data"]) in waiting, "invented or out of order", record)
                shard.append(record["SequenceNumber"], record["PartitionKey"], record["Data"],
                             record.get("EncryptionType") == "KMS")
            if answer["MillisBehindLatest"] == 0:
                return
            at = answer["NextShardIterator"]

    def killed(self, operation, body):
        """The reply to a call during which the server was killed, if it got through."""
        self.note(f"killed in {operation} {json.dumps(body)[:300]}")
        with http.Wire(self.server) as wire:
            wire.send(http.call(operation, body))
            time.sleep(self.random.choice((0, 0.0003, 0.001, 0.003)))
            self.server.kill()
            try:
                reply = wire.receive()
            except LOST:
                reply = None
        self.server.start()
        self.caller = http.Caller(self.server)
        self.settle()
        return reply

    # ---- all of it

    def settle(self):
        """What a kill interrupted is taken up after the start."""
        deadline = time.monotonic() + 10 * PATIENCE

        def pending():
            for summary in self.call("ListStreams", {})[1]["StreamSummaries"]:
                if summary["StreamStatus"] != "ACTIVE":
                    return summary
                for consumer in self.call("ListStreamConsumers", {"StreamARN": summary["StreamARN"]})[1]["Consumers"]:
                    if consumer["ConsumerStatus"] != "ACTIVE":
                        return consumer
            return None
        while found := pending():
            must(time.monotonic() < deadline, "this does not end", found)
            time.sleep(0.005)

    def verify(self, reference, records=True):
        self.list_streams(reference, 100)
        for name in list(reference.streams):
            self.describe(reference, name)
        if records:
            self.do_limits()
            for stream in reference.streams.values():
                for shard in stream.shards:
                    self.read_shard(stream, shard)

    def read_shard(self, stream, shard):
        found = self.call("GetShardIterator", {"StreamName": stream.name, "ShardId": SID(shard.index),
                                               "ShardIteratorType": "TRIM_HORIZON"})[1]
        it = Iterator(found["ShardIterator"], stream, shard.index, 0)
        while it and (it.position < len(shard.records) or it.position == 0):
            it = self.follow(it, {"ShardIterator": it.token}, 10000)
            if it and it.position == 0:
                return

    def run(self, steps):
        kinds, weights = zip(*self.weights.items())
        for step in range(steps):
            kind = self.random.choices(kinds, weights)[0]
            try:
                if hasattr(self, "do_" + kind):
                    getattr(self, "do_" + kind)()
                else:
                    self.change(kind)
            except Exception as error:
                raise AssertionError(f"step {step} ({kind}): {error!r}\n" + "\n".join(self.trace)) from error
        self.verify(self.reference)


@pytest.mark.parametrize("durability", ["power", "process"])
def test_the_server_answers_as_the_reference_does(make_server, seed, long, durability):
    steps = 100_000 if long else 1_000 if SANITIZED else 5_000
    server = make_server("--durability", durability, "--on-demand-window", "0ms", "--segment-age", "1m").start()
    Walk(server, f"{seed}-{durability}").run(steps)
