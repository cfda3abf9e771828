"""The wall clock is stepped by hours under a server that works: what goes by the time of day follows it (arrival times,
retention, the age of iterators), what is a duration does not, and nothing acknowledged is lost but by retention."""

import base64
import time

import pytest

from harness import aws, disk as disks, fanout
from harness.clock import Clock
from harness.disk import MIB
from harness.http import Caller, alive
from harness.ledger import Ledger
from harness.process import PATIENCE, eventually

DELAY = 2.0  # of transitions
LIFE = 9.0   # of subscriptions
OPTIONS = ("--create-delay", "2s", "--consumer-delay", "2s", "--delete-delay", "2s", "--subscription-life", "9s",
           "--retention-sweep-interval", "1s")


@pytest.fixture
def clock(tmp_path):
    return Clock(tmp_path)


@pytest.fixture
def server(make_server, clock):
    return make_server(*OPTIONS, env=clock.env).start()


@pytest.fixture
def kinesis(server):
    return aws.client(server)


def status(kinesis, name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"]



def took_its_time(begun):
    """A transition that was `DELAY` long by a clock that nobody steps."""
    passed = time.monotonic() - begun
    assert 0.8 * DELAY < passed < DELAY + 10 * PATIENCE, f"{passed} s"


def ready(server, kinesis, name):
    kinesis.create_stream(StreamName=name, ShardCount=1)
    aws.wait_active(kinesis, name)
    return Ledger(server, name, make=False)


@pytest.mark.parametrize("hours", [3, -3])
def test_a_step_and_back(server, kinesis, clock, hours):
    ledger = ready(server, kinesis, "steady")
    consumer = fanout.register(kinesis, "steady")
    ahead = max(hours, 0)
    for there in hours, 0:
        assert all(ledger.put(100) for _ in range(10))
        last = list(ledger.acknowledged.values())[-1]
        latest = ledger.caller("GetShardIterator", {
            "StreamName": "steady", "ShardId": "0", "ShardIteratorType": "LATEST"}).json["ShardIterator"]
        with fanout.Subscription(server, consumer, kind="AT_SEQUENCE_NUMBER", number=last) as found:
            subscribed = time.monotonic()
            assert len(found.read(1)) == 1
            begun = time.monotonic()
            kinesis.create_stream(StreamName=f"new-{there}", ShardCount=1)
            kinesis.register_stream_consumer(StreamARN=aws.arn("steady"), ConsumerName=f"new-{there}")
            clock.step(there)
            time.sleep(0.3 * DELAY)
            early = status(kinesis, f"new-{there}") == "CREATING"
            assert early or time.monotonic() - begun > 0.9 * DELAY, "it did not wait"
            aws.wait_active(kinesis, f"new-{there}")
            took_its_time(begun)
            arn = kinesis.describe_stream_consumer(StreamARN=aws.arn("steady"), ConsumerName=f"new-{there}")[
                "ConsumerDescription"]["ConsumerARN"]
            eventually(lambda: fanout.status(kinesis, arn) == "ACTIVE")
            took_its_time(begun)
            # The subscription hears of what comes, of nothing in time, and of its end.
            assert ledger.put(100)
            assert len(found.read(1)) == 1
            heard = time.monotonic()
            quiet = found.event()
            assert quiet is None or quiet["Records"] == [] and 4 < time.monotonic() - heard < 6 + 4 * PATIENCE
            while quiet is not None:
                quiet = found.event()
            assert 0.9 * LIFE < time.monotonic() - subscribed < LIFE + 10 * PATIENCE
        # An iterator is good for five minutes of the day; its successor is one call away.
        answer = ledger.caller("GetRecords", {"ShardIterator": latest})
        if there - (0 if there else hours) > 0:
            assert (answer.status, answer.json["__type"]) == (400, "ExpiredIteratorException")
        else:
            assert len(answer.json["Records"]) == 1
        # An order that a client keeps by its last number goes on.
        reply = Caller(server)("PutRecord", {"StreamName": "steady", "PartitionKey": "k",
                                             "SequenceNumberForOrdering": list(ledger.acknowledged.values())[-1],
                                             "Data": Ledger._data(ledger.sent, 100)})
        assert reply.status == 200, reply
        ledger._took(ledger.sent, reply.json["SequenceNumber"])
        ledger.sent += 1
        now = time.time()
        stamps = [r["ApproximateArrivalTimestamp"] for r in ledger.check()]
        assert stamps == sorted(stamps)
        assert now - 3600 * 4 < stamps[0] and stamps[-1] <= now + 3600 * ahead + 1
        behind = ledger.caller("GetRecords", {"ShardIterator": aws.iterator(kinesis, "steady"), "Limit": 1}).json
        assert behind["MillisBehindLatest"] >= 0
    kinesis.delete_stream(StreamName="new-0")
    begun = time.monotonic()
    clock.step(-hours)
    eventually(lambda: "new-0" not in kinesis.list_streams()["StreamNames"])
    took_its_time(begun)
    assert ledger.put()
    server.kill()
    clock.step(0)
    server.start()
    assert ledger.put()
    ledger.check()


def test_a_start_by_an_earlier_clock_waits_no_longer(server, kinesis, clock):
    clock.step(5)
    kinesis.create_stream(StreamName="late", ShardCount=1)
    server.kill()
    clock.step(0)
    server.start()
    eventually(lambda: status(kinesis, "late") == "ACTIVE", DELAY + 10)


def test_retention_follows_the_clock(make_server, clock):
    """What a step ahead makes older than the period is unreadable at once and reclaimed; a step back brings no
    reclaimed record back, and loses none of the new ones."""
    server = make_server(*OPTIONS, "--open-files", "16", env=clock.env).start()
    kinesis = aws.client(server)
    ledger = ready(server, kinesis, "kept")
    assert all(ledger.put() for _ in range(20))
    clock.step(23)
    assert all(ledger.put() for _ in range(20))
    ledger.check()
    clock.step(25)
    assert [r["SequenceNumber"] for r in ledger.check(expired=20)] == list(ledger.acknowledged.values())[20:]
    clock.step(50)
    assert ledger.check(expired=40) == []
    folder = next((server.data_dir / "shards").glob("*/0"))
    old = next(folder.glob("*.log"))
    # Nothing goes before a checkpoint, which so many shards written to call for.
    aws.make_stream(kinesis, "others", 16)
    kinesis.put_records(StreamName="others", Records=[
        {"PartitionKey": "k", "ExplicitHashKey": str(i << 124), "Data": b"x"} for i in range(16)])
    eventually(lambda: not old.exists(), 45, "reclaimed")
    clock.step(0)
    assert all(ledger.put() for _ in range(20))
    assert len(ledger.check(expired=40)) == 20
    server.kill()
    server.start()
    assert len(ledger.check(expired=40)) == 20 and alive(server)


def test_a_changed_retention_ahead_of_time_hides_nothing_new(server, kinesis, clock):
    """Its floor is where the wrong clock put it: hours ahead of the right one."""
    ledger = ready(server, kinesis, "floor")
    assert ledger.put()
    clock.step(40)
    kinesis.increase_stream_retention_period(StreamName="floor", RetentionPeriodHours=48)
    clock.step(0)
    assert all(ledger.put() for _ in range(5))
    assert len(ledger.check(expired=1)) == 5


def test_retention_makes_room_on_a_full_disk(make_server, clock, tmp_path):
    with disks.tmpfs(tmp_path / "data", 96 * MIB) as disk:
        server = make_server("--journal-file-size", "16MiB", "--journal-files", "2", "--segment-size", "16MiB",
                             "--retention-sweep-interval", "1s", data_dir=disk.path,
                             prefix=[*disk.prefix, "env", *(f"{k}={v}" for k, v in clock.env.items())]).start()
        ledger = Ledger(server, "full")
        refused = 0
        while refused < 3:
            refused = 0 if ledger.put(500_000) else refused + 1
        disk.fill()
        ledger.check()
        expired = len(ledger.acknowledged)
        clock.step(25)
        eventually(ledger.put, 45, "room")
        assert all(ledger.put() for _ in range(20))
        ledger.check(expired=expired)
        server.close()


def test_data_is_the_same_by_any_clock(server, kinesis, clock):
    """Places by number and by time, in records that were stamped by three clocks."""
    ledger = ready(server, kinesis, "placed")
    for hours in 0, 2, -2, 1, 0:
        clock.step(hours)
        assert all(ledger.put(100) for _ in range(5))
    records = ledger.read()
    assert len(records) == 25
    for i, record in enumerate(records):
        at = ledger.read("AT_SEQUENCE_NUMBER", StartingSequenceNumber=record["SequenceNumber"])
        after = ledger.read("AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=record["SequenceNumber"])
        assert at == records[i:] and after == records[i + 1:]
    clock.step(2.1)  # by which no record is of the future
    middle = records[7]["ApproximateArrivalTimestamp"]
    found = ledger.read("AT_TIMESTAMP", Timestamp=middle)
    assert found == [r for r in records if r["ApproximateArrivalTimestamp"] >= middle]
    assert all(base64.b64decode(r["Data"]) for r in found)
