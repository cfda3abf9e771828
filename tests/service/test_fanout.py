"""Enhanced fan-out end to end: consumers, what a subscription gives, how it ends, what it costs."""

import base64
import json
import statistics
import threading
import time

import botocore.exceptions
import pytest

from harness import aws, fanout
from harness.cbor import Encoder
from harness.fanout import Raised, Subscription
from harness.http import CBOR, Wire, alive, call
from harness.process import ACCOUNT, PATIENCE, SANITIZED, eventually
from test_concurrency import Crew


def put(kinesis, stream, *data):
    """To the one shard of a stream; the sequence numbers."""
    return [kinesis.put_record(StreamName=stream, PartitionKey="k", Data=d)["SequenceNumber"] for d in data]


@pytest.fixture
def consumer(kinesis, stream):
    return fanout.register(kinesis, stream)


# ---- consumers

def test_a_consumers_life(kinesis, stream):
    arn = aws.arn(stream)
    answer = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app", Tags={"team": "blue"})["Consumer"]
    assert answer["ConsumerName"] == "app" and answer["ConsumerStatus"] == "CREATING"
    created = int(answer["ConsumerCreationTimestamp"].timestamp())
    assert answer["ConsumerARN"] == f"{arn}/consumer/app:{created}"
    by_arn = kinesis.describe_stream_consumer(ConsumerARN=answer["ConsumerARN"])["ConsumerDescription"]
    by_name = kinesis.describe_stream_consumer(StreamARN=arn, ConsumerName="app")["ConsumerDescription"]
    assert by_arn == by_name == {**answer, "ConsumerStatus": "ACTIVE", "StreamARN": arn}
    assert summary(kinesis, stream)["ConsumerCount"] == 1
    aws.expect_refusal(kinesis, "RegisterStreamConsumer", {"StreamARN": arn, "ConsumerName": "app"},
                       "ResourceInUseException", f"Consumer app under stream {stream} already exists.")
    kinesis.deregister_stream_consumer(ConsumerARN=answer["ConsumerARN"])
    aws.expect_refusal(kinesis, "DescribeStreamConsumer", {"ConsumerARN": answer["ConsumerARN"]},
                       "ResourceNotFoundException",
                       f"Consumer {answer['ConsumerARN']}, account {ACCOUNT} not found.")
    assert summary(kinesis, stream)["ConsumerCount"] == 0
    again = kinesis.register_stream_consumer(StreamARN=arn, ConsumerName="app")["Consumer"]
    assert again["ConsumerARN"] != answer["ConsumerARN"]


def summary(kinesis, stream):
    return kinesis.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]


def test_consumers_are_listed_in_pages(kinesis, stream):
    names = [f"c-{i:03}" for i in range(25)]
    for name in reversed(names):
        kinesis.register_stream_consumer(StreamARN=aws.arn(stream), ConsumerName=name)
    pages = kinesis.get_paginator("list_stream_consumers").paginate(
        StreamARN=aws.arn(stream), PaginationConfig={"PageSize": 10})
    sizes, found = [], []
    for page in pages:
        sizes.append(len(page["Consumers"]))
        found += [c["ConsumerName"] for c in page["Consumers"]]
    assert found == names and sizes == [10, 10, 5]


def test_deleting_a_stream_with_consumers(kinesis, stream, consumer):
    aws.expect_refusal(
        kinesis, "DeleteStream", {"StreamName": stream}, "ResourceInUseException",
        f"DeleteStream can\u2019t delete {ACCOUNT}:{stream} because there are consumers associated with this data "
        f"stream. To delete {stream} anyway, set the EnforceConsumerDeletion parameter to true to force the "
        "deletion of all the consumers that are associated with it.")
    kinesis.delete_stream(StreamName=stream, EnforceConsumerDeletion=True)
    kinesis.get_waiter("stream_not_exists").wait(StreamName=stream)
    aws.expect_refusal(kinesis, "DescribeStreamConsumer", {"ConsumerARN": consumer}, "ResourceNotFoundException",
                       f"Stream {stream} under account {ACCOUNT} not found.")


def test_consumers_survive_a_restart(make_server):
    server = make_server("--consumer-delay", "400ms").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    arn = kinesis.register_stream_consumer(StreamARN=aws.arn("s"), ConsumerName="app")["Consumer"]["ConsumerARN"]
    assert fanout.status(kinesis, arn) == "CREATING"
    server.kill()
    server.start()
    eventually(lambda: fanout.status(kinesis, arn) == "ACTIVE")
    kinesis.deregister_stream_consumer(ConsumerARN=arn)
    assert fanout.status(kinesis, arn) == "DELETING"
    server.restart()
    eventually(lambda: not kinesis.list_stream_consumers(StreamARN=aws.arn("s"))["Consumers"])


# ---- what a subscription gives

def test_boto3_receives_what_is_put_later(kinesis, stream, consumer):
    events = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId="shardId-000000000000",
                                        StartingPosition={"Type": "LATEST"})["EventStream"]
    numbers = put(kinesis, stream, b"one", b"\x00\xff")
    found = []
    for event in events:
        body = event["SubscribeToShardEvent"]
        found += body["Records"]
        if len(found) == 2:
            break
    events.close()
    assert [r["Data"] for r in found] == [b"one", b"\x00\xff"]
    assert [r["SequenceNumber"] for r in found] == numbers
    assert found[0]["PartitionKey"] == "k" and "EncryptionType" not in found[0]
    assert body["ContinuationSequenceNumber"] == numbers[-1] and body["MillisBehindLatest"] == 0
    polled = aws.read_all(kinesis, stream)
    assert found == polled


def test_the_answer_begins_before_there_is_a_record(server, consumer):
    began = time.monotonic()
    with Subscription(server, consumer) as subscription:
        assert time.monotonic() - began < 4 * PATIENCE  # of nothing it would hear after five
        headers, payload = subscription.first
        assert headers == {":event-type": "initial-response", ":content-type": "application/json",
                           ":message-type": "event"}
        assert payload == b"{}"
        assert len(subscription.headers["x-amzn-RequestId"]) == 36
        assert "x-amz-id-2" in subscription.headers


def test_the_initial_frame_is_the_known_one(server, consumer):
    body = {"ConsumerARN": consumer, "ShardId": "0", "StartingPosition": {"Type": "LATEST"}}
    with Wire(server) as wire:
        wire.send(call("SubscribeToShard", body))
        wire._until(b"\r\n\r\n")
        assert int(wire._until(b"\r\n"), 16) == len(fanout.INITIAL)
        assert wire._exactly(len(fanout.INITIAL)) == fanout.INITIAL


def test_a_cbor_request_is_answered_with_json_events(server, kinesis, stream, consumer):
    body = Encoder()({"ConsumerARN": consumer, "ShardId": "shardId-000000000000",
                      "StartingPosition": {"Type": "TRIM_HORIZON"}})
    put(kinesis, stream, b"one")
    with Subscription(server, consumer, body=body, content_type=CBOR) as subscription:
        assert subscription.read(1) == [b"one"]


def test_all_starting_positions(server, kinesis, stream, consumer):
    put(kinesis, stream, b"a")
    time.sleep(0.05)
    middle = time.time()
    time.sleep(0.05)
    b, c = put(kinesis, stream, b"b", b"c")

    def first(**position):
        body = json.dumps({"ConsumerARN": consumer, "ShardId": "shardId-000000000000",
                           "StartingPosition": position}).encode()
        with fanout.resume(server, consumer, body=body) as subscription:
            put(kinesis, stream, b"d")
            return subscription.read(1)[0]

    assert first(Type="TRIM_HORIZON") == b"a"
    assert first(Type="AT_TIMESTAMP", Timestamp=round(middle, 3)) == b"b"
    assert first(Type="AT_SEQUENCE_NUMBER", SequenceNumber=b) == b"b"
    assert first(Type="AFTER_SEQUENCE_NUMBER", SequenceNumber=b) == b"c"
    assert first(Type="LATEST") == b"d"


def test_records_arrive_within_milliseconds(server, kinesis, stream, consumer):
    """Of their acknowledgement, which takes the time of the disk."""
    took = []
    with Subscription(server, consumer) as subscription:
        for i in range(50):
            put(kinesis, stream, str(i).encode())
            began = time.monotonic()
            assert subscription.read(1) == [str(i).encode()]
            took.append(time.monotonic() - began)
    assert statistics.median(took) < 0.070 * PATIENCE, took


def test_large_records_come_alone_and_many_come_together(server, kinesis, name):
    aws.make_stream(kinesis, name, MaxRecordSizeInKiB=10240)
    consumer = fanout.register(kinesis, name)
    big = bytes(10 << 20)[:-1]
    put(kinesis, name, b"small")
    put(kinesis, name, big)
    for _ in range(6):
        kinesis.put_records(StreamName=name, Records=[{"PartitionKey": "k", "Data": b"x" * 1000}] * 500)
    with Subscription(server, consumer, kind="TRIM_HORIZON", timeout=30) as subscription:
        sizes = []
        while sum(map(len, sizes)) < 3002:
            sizes.append([len(base64.b64decode(r["Data"])) for r in subscription.event()["Records"]])
    assert [len(big)] in sizes
    assert all(sum(s) <= 1 << 20 for s in sizes if s != [len(big)])
    assert len(sizes) <= 8, "full events"


def test_resuming_misses_and_repeats_nothing(server, kinesis, stream, consumer):
    total, done = 600, []

    def produce():
        for i in range(total):
            put(kinesis, stream, str(i).encode())
        done.append(True)

    crew = Crew()
    crew.add(produce)
    found, continuation = [], None
    while len(found) < total:
        kind = "AFTER_SEQUENCE_NUMBER" if continuation else "TRIM_HORIZON"
        with fanout.resume(server, consumer, kind=kind, number=continuation) as subscription:
            found += subscription.read(min(37, total - len(found)))
            continuation = subscription.continuation
    crew.join()
    assert found == [str(i).encode() for i in range(total)]


def test_a_quiet_subscription_shows_signs_of_life_and_is_taken_over(server, kinesis, stream, consumer):
    began = time.monotonic()
    with Subscription(server, consumer) as first:
        refused = Subscription(server, consumer).refusal
        text = (f"Another active subscription exists for this consumer: {ACCOUNT}:{stream}:app:"
                f"{consumer.rsplit(':', 1)[1]}:shardId-000000000000")
        assert refused.status == 400
        assert refused.json == {"__type": "ResourceInUseException", "message": text}
        event = first.event()
        assert event["Records"] == [] and event["MillisBehindLatest"] == 0
        assert 4.5 < time.monotonic() - began < 9 * PATIENCE
        with Subscription(server, consumer) as second:
            with pytest.raises(Raised) as raised:
                first.event()
            assert (raised.value.kind, raised.value.message) == ("ResourceInUseException", text)
            put(kinesis, stream, b"to the second")
            assert second.read(1) == [b"to the second"]


def test_a_reshard_ends_the_parent_with_its_children(server, kinesis, stream, consumer):
    put(kinesis, stream, b"before")
    with Subscription(server, consumer, kind="TRIM_HORIZON") as parent:
        assert parent.read(1) == [b"before"]
        kinesis.split_shard(StreamName=stream, ShardToSplit="shardId-000000000000",
                            NewStartingHashKey=str(1 << 127))
        event = parent.event()
        assert event["Records"] == [] and event["MillisBehindLatest"] == 0
        assert [c["ShardId"] for c in event["ChildShards"]] == ["shardId-000000000001", "shardId-000000000002"]
        assert all(c["ParentShards"] == ["shardId-000000000000"] for c in event["ChildShards"])
        assert parent.event() is None
    aws.wait_active(kinesis, stream)
    kinesis.put_record(StreamName=stream, PartitionKey="k", ExplicitHashKey="0", Data=b"after")
    with Subscription(server, consumer, shard=1, kind="TRIM_HORIZON") as child:
        assert child.read(1) == [b"after"]


# ---- how it ends

def test_deregistering_ends_it(server, kinesis, stream, consumer):
    with Subscription(server, consumer) as subscription:
        kinesis.deregister_stream_consumer(ConsumerARN=consumer)
        with pytest.raises(Raised) as raised:
            subscription.event()
    assert raised.value.kind == "ResourceNotFoundException"
    assert raised.value.message == f"Consumer {consumer}, account {ACCOUNT} not found."


def test_boto3_raises_what_ends_it(kinesis, stream, consumer):
    events = kinesis.subscribe_to_shard(ConsumerARN=consumer, ShardId="shardId-000000000000",
                                        StartingPosition={"Type": "LATEST"})["EventStream"]
    kinesis.delete_stream(StreamName=stream, EnforceConsumerDeletion=True)
    with pytest.raises(botocore.exceptions.EventStreamError) as raised:
        for _ in events:
            pass
    assert raised.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert f"Stream {stream} under account {ACCOUNT} not found." in raised.value.response["Error"]["Message"]


def test_its_life_is_limited(make_server):
    server = make_server("--subscription-life", "2s").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    consumer = fanout.register(kinesis, "s")
    began = time.monotonic()
    with Subscription(server, consumer) as subscription:
        put(kinesis, "s", b"one")
        assert subscription.read(1) == [b"one"]
        assert subscription.event() is None
        assert 1.9 < time.monotonic() - began < 4.5 * PATIENCE
        put(kinesis, "s", b"two")
        # The connection goes on.
        reply = subscription.wire.ask(call("ListStreams"))
        assert reply.status == 200
        with Subscription(server, consumer, kind="AFTER_SEQUENCE_NUMBER",
                          number=subscription.continuation) as later:
            assert later.read(1) == [b"two"]


def test_a_client_that_leaves_frees_its_place_at_once(server, consumer):
    for _ in range(20):
        fanout.resume(server, consumer).close()  # within a second


def test_stopping_the_server_ends_it_with_a_word(make_server):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    consumer = fanout.register(kinesis, "s")
    with Subscription(server, consumer) as subscription:
        began = time.monotonic()
        crew = Crew()
        crew.add(server.stop)
        with pytest.raises(Raised) as raised:
            subscription.event()
        crew.join()
        assert raised.value.kind == "InternalFailureException"
        assert time.monotonic() - began < 8 * PATIENCE  # ten are given to requests under way
    assert server.exit_code == 0


@pytest.mark.parametrize("end", ["restart", "kill"])
def test_going_on_after_the_server_was_away(make_server, end):
    server = make_server().start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    consumer = fanout.register(kinesis, "s")
    put(kinesis, "s", b"1", b"2")
    with Subscription(server, consumer, kind="TRIM_HORIZON") as subscription:
        assert subscription.read(2) == [b"1", b"2"]
        if end == "kill":
            server.kill()
            server.start()
        else:
            server.restart()
        put(kinesis, "s", b"3")
        with Subscription(server, consumer, kind="AFTER_SEQUENCE_NUMBER",
                          number=subscription.continuation) as later:
            assert later.read(1) == [b"3"]


def test_limits(make_server):
    server = make_server("--limits", "true", "--write-bytes-max", "0").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    consumer = fanout.register(kinesis, "s")
    for _ in range(10):
        put(kinesis, "s", b"x" * 1_000_000)
    began = time.monotonic()
    with Subscription(server, consumer, kind="TRIM_HORIZON", timeout=20) as subscription:
        refusal = Subscription(server, consumer).refusal
        assert refusal.json["__type"] == "LimitExceededException"
        assert refusal.json["message"] == f"Rate exceeded for consumer {consumer} and shard shardId-000000000000."
        subscription.read(10)
    # Two at once, one more on credit, the rest at two a second.
    assert 2.5 < time.monotonic() - began < 10 * PATIENCE


# ---- what it costs

class Follower:
    """A consumer that reads all shards at once, each to its end and then, when all their parents are done, its
    children: what the consumer library does. `views` holds what each shard gave, `order` all of it."""

    def __init__(self, server, arn, crew):
        self.server, self.arn, self.crew = server, arn, crew
        self.views, self.order, self.done, self.lock = {}, [], set(), threading.Lock()
        self.begun = threading.Semaphore(0)
        self.last = None  # how many records each shard has in the end, once that is known

    def follow(self, shard):
        with self.lock:
            if shard in self.views:
                return
            view = self.views[shard] = []
        self.crew.add(self.read, shard, view)

    def read(self, shard, view):
        with Subscription(self.server, self.arn, shard=shard, kind="TRIM_HORIZON", timeout=60) as subscription:
            assert subscription.refusal is None, subscription.refusal
            self.begun.release()
            children = []
            while not children and (self.last is None or shard not in self.last or len(view) < self.last[shard]):
                event = subscription.event()
                children = event.get("ChildShards", ())
                with self.lock:
                    view += [(r["SequenceNumber"], r["Data"]) for r in event["Records"]]
                    self.order += [base64.b64decode(r["Data"]).decode() for r in event["Records"]]
        with self.lock:
            self.done.add(shard)
            ready = [c for c in children if {index_of(p) for p in c["ParentShards"]} <= self.done]
        for child in ready:
            self.follow(index_of(child["ShardId"]))


def index_of(shard_id):
    return int(shard_id[-12:])


def test_twenty_consumers_follow_four_shards_through_their_generations(server, kinesis, name):
    aws.make_stream(kinesis, name, 4)
    crew = Crew()
    followers = [Follower(server, fanout.register(kinesis, name, f"c{i}"), crew) for i in range(20)]
    for follower in followers:
        for shard in range(4):
            follower.follow(shard)
    for follower in followers:
        for _ in range(4):
            assert follower.begun.acquire(timeout=60 * PATIENCE)

    def reshard():
        for step in range(6):
            time.sleep(0.2)
            shards = kinesis.list_shards(StreamName=name, ShardFilter={"Type": "AT_LATEST"})["Shards"]
            shards.sort(key=lambda s: int(s["HashKeyRange"]["StartingHashKey"]))
            if step % 3 == 0:
                first, last = (int(shards[0]["HashKeyRange"][k]) for k in ("StartingHashKey", "EndingHashKey"))
                kinesis.split_shard(StreamName=name, ShardToSplit=shards[0]["ShardId"],
                                    NewStartingHashKey=str((first + last + 1) // 2))
            elif step % 3 == 1:
                kinesis.merge_shards(StreamName=name, ShardToMerge=shards[-2]["ShardId"],
                                     AdjacentShardToMerge=shards[-1]["ShardId"])
            else:
                kinesis.update_shard_count(StreamName=name, TargetShardCount=3 if len(shards) == 4 else 4,
                                           ScalingType="UNIFORM_SCALING")

    resharder = Crew()
    resharder.add(reshard)
    stored, sent, spread = {}, 0, set()
    while sent < 2000 or resharder.running():
        records = [{"PartitionKey": f"k{i % 40}", "Data": f"k{i % 40}:{i}".encode()} for i in range(sent, sent + 50)]
        sent += len(records)
        answers = kinesis.put_records(StreamName=name, Records=records)["Records"]
        for record, result in zip(records, answers, strict=True):
            shard = index_of(result["ShardId"])
            stored.setdefault(shard, []).append(
                (result["SequenceNumber"], base64.b64encode(record["Data"]).decode()))
            spread.add(shard)
    resharder.join(90)
    assert len(spread) > 10, "records went to shards of several generations"
    still_open = kinesis.list_shards(StreamName=name, ShardFilter={"Type": "AT_LATEST"})["Shards"]
    last = {index_of(s["ShardId"]): len(stored.get(index_of(s["ShardId"]), ())) for s in still_open}
    for follower in followers:
        follower.last = last
    eventually(lambda: crew.failures or all(len(f.order) == sent and last.keys() <= f.views.keys() for f in followers), timeout=90,
               message="everybody has everything")
    crew.join(90)
    for follower in followers:
        given = {shard: view for shard, view in follower.views.items() if view}
        assert given == stored, follower.arn  # every record once, in the order of its shard
        latest = {}
        for key, _, count in (data.partition(":") for data in follower.order):
            assert latest.get(key, -1) < int(count), f"{key} out of order across generations"
            latest[key] = int(count)


def test_a_reader_that_stops_reading_costs_no_memory(make_server):
    server = make_server("--durability", "process").start()
    kinesis = aws.client(server)
    aws.make_stream(kinesis, "s")
    slow = [fanout.register(kinesis, "s", f"slow{i}") for i in range(8)]
    quick = fanout.register(kinesis, "s", "quick")
    batch = [{"PartitionKey": "k", "Data": b"x" * 20_000}] * 100
    with Subscription(server, quick, timeout=30) as reader:
        stuck = [Subscription(server, arn, timeout=30) for arn in slow]
        kinesis.put_records(StreamName="s", Records=batch)
        reader.read(100)
        before = resident_kib(server)
        for _ in range(60):  # 120 MB
            kinesis.put_records(StreamName="s", Records=batch)
            reader.read(100)
        grown = resident_kib(server) - before
        # One event each is 1.4 MB; all of it, eight times, would be a gigabyte. ASan keeps 256 MB that were freed.
        assert grown < (400 if SANITIZED else 100) << 10, f"grew by {grown} KiB"
        # A stuck one that reads again gets everything, in order.
        assert len(stuck[0].read(6100)) == 6100
        for subscription in stuck:
            subscription.close()
    assert alive(server)


def resident_kib(server):
    with open(f"/proc/{server.process.pid}/status") as status:
        return int(next(line for line in status if line.startswith("VmRSS")).split()[1])
