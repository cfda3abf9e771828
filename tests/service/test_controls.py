"""A broker for tests lets its clock be stopped and moved on: what takes minutes or days happens at once, and has
happened when the answer comes. Clients' signatures and the Date header stay by the real time."""

import concurrent.futures
import email.utils
import time

import pytest

from harness import aws, fanout
from harness.controls import Controls
from harness.http import Caller, alive, get
from harness.ledger import Ledger
from harness.process import PATIENCE, eventually

DAY = 86_400


@pytest.fixture
def server(make_server):
    return make_server("--test-controls", "true").start()


@pytest.fixture
def controls(server):
    return Controls(server)


@pytest.fixture
def kinesis(server):
    return aws.client(server)


def near(a, b, by=2):
    return abs(a - b) < by * PATIENCE


def status(kinesis, name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamStatus"]


def stamps(kinesis, name):
    return [r["ApproximateArrivalTimestamp"].timestamp() for r in aws.read_all(kinesis, name)]


def test_it_goes_with_the_machines_until_it_is_moved(controls):
    begun = controls.clock()
    assert near(begun["now"], time.time()) and begun["frozen"] is False and begun["ahead"] == 0
    moved = controls.clock(advance=3600.5)
    assert moved["ahead"] == 3600.5 and near(moved["now"], time.time() + 3600.5) and moved["frozen"] is False
    there = controls.clock(now=moved["now"] + DAY, advance=1)
    assert near(there["now"], moved["now"] + DAY + 1, 1)
    assert controls.clock()["now"] >= there["now"]
    assert near(controls.clock()["ahead"], there["ahead"], 0.01)


def test_a_frozen_clock_stands_and_goes_on_from_there(controls):
    frozen = controls.clock(frozen=True)
    time.sleep(0.1)
    assert controls.clock()["now"] == frozen["now"] and controls.clock()["frozen"] is True
    assert controls.clock()["ahead"] < -0.09
    assert controls.clock(advance=0.25)["now"] == pytest.approx(frozen["now"] + 0.25)
    assert controls.clock(frozen=True)["now"] == pytest.approx(frozen["now"] + 0.25)
    gone_on = controls.clock(frozen=False)
    assert gone_on["frozen"] is False and near(gone_on["now"], frozen["now"] + 0.25, 1)
    time.sleep(0.1)
    assert controls.clock()["now"] >= gone_on["now"] + 0.1


def test_records_are_stamped_by_it(kinesis, controls):
    aws.make_stream(kinesis, "stamped")
    instants = []
    controls.clock(frozen=True)
    for _ in range(3):
        instants.append(controls.clock(advance=1000)["now"])
        for _ in range(5):
            kinesis.put_record(StreamName="stamped", PartitionKey="k", Data=b"x")
    assert stamps(kinesis, "stamped") == [pytest.approx(at) for at in instants for _ in range(5)]
    at = aws.iterator(kinesis, "stamped", "AT_TIMESTAMP", Timestamp=instants[1] - 1)
    answer = kinesis.get_records(ShardIterator=at, Limit=1)
    assert len(kinesis.get_records(ShardIterator=at)["Records"]) == 10
    assert answer["MillisBehindLatest"] == 1_000_000, "to the last record, which is of now"


def test_an_iterator_lives_five_minutes(kinesis, controls):
    aws.make_stream(kinesis, "s")
    controls.clock(frozen=True)
    at = aws.iterator(kinesis, "s")
    controls.clock(advance=299)
    kinesis.get_records(ShardIterator=at)
    controls.clock(advance=2)
    with pytest.raises(kinesis.exceptions.ExpiredIteratorException):
        kinesis.get_records(ShardIterator=at)


def test_retention_ends_and_is_longer_if_told_so(server, kinesis, controls):
    aws.make_stream(kinesis, "short")
    aws.make_stream(kinesis, "long")
    kinesis.increase_stream_retention_period(StreamName="long", RetentionPeriodHours=48)
    ledgers = [Ledger(server, name, make=False) for name in ("short", "long")]
    assert all(ledger.put() for ledger in ledgers for _ in range(5))
    controls.clock(advance=DAY - 60)
    for ledger in ledgers:
        assert len(ledger.check()) == 5
    controls.clock(advance=120)
    assert ledgers[0].check(expired=5) == []
    assert len(ledgers[1].check()) == 5
    assert ledgers[0].put() and len(ledgers[0].check(expired=5)) == 1
    controls.clock(advance=DAY)
    assert ledgers[1].check(expired=5) == []


def test_a_subscription_ends_after_its_five_minutes(server, kinesis, controls):
    aws.make_stream(kinesis, "pushed")
    consumer = fanout.register(kinesis, "pushed")
    controls.clock(frozen=True)
    with fanout.Subscription(server, consumer, timeout=20) as found:
        kinesis.put_record(StreamName="pushed", PartitionKey="k", Data=b"1")
        assert found.read(1) == [b"1"]
        controls.clock(advance=299)
        kinesis.put_record(StreamName="pushed", PartitionKey="k", Data=b"2")
        assert found.read(1) == [b"2"], "it has a second left"
        controls.clock(advance=2)
        while found.event() is not None:
            pass
        assert found.ended


def test_transitions_are_over_when_the_answer_comes(make_server):
    server = make_server("--test-controls", "true", "--create-delay", "1h", "--update-delay", "30m",
                         "--delete-delay", "2h", "--consumer-delay", "10m").start()
    kinesis, controls = aws.client(server), Controls(server)
    controls.clock(frozen=True)
    names = [f"s{i}" for i in range(5)]
    for name in names:
        kinesis.create_stream(StreamName=name, ShardCount=2)
    controls.clock(advance=3599)
    assert [status(kinesis, name) for name in names] == ["CREATING"] * 5
    controls.clock(advance=1)
    assert [status(kinesis, name) for name in names] == ["ACTIVE"] * 5
    arn = kinesis.register_stream_consumer(StreamARN=aws.arn("s0"), ConsumerName="c")["Consumer"]["ConsumerARN"]
    kinesis.update_shard_count(StreamName="s0", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    kinesis.delete_stream(StreamName="s1")
    controls.clock(advance=600)
    assert fanout.status(kinesis, arn) == "ACTIVE" and status(kinesis, "s0") == "UPDATING"
    controls.clock(advance=1200)
    assert status(kinesis, "s0") == "ACTIVE" and status(kinesis, "s1") == "DELETING"
    assert kinesis.describe_stream_summary(StreamName="s0")["StreamDescriptionSummary"]["OpenShardCount"] == 4
    controls.clock(advance=5400)
    assert "s1" not in kinesis.list_streams()["StreamNames"]


def test_the_disk_is_worked_on_while_the_clock_stands(server, kinesis, controls):
    controls.clock(frozen=True)
    ledger = Ledger(server, "gone")
    assert ledger.put()
    folder = next((server.data_dir / "shards").glob("*"))
    kinesis.delete_stream(StreamName="gone")
    eventually(lambda: not folder.exists(), 30, "removed")


def test_limits_are_those_of_its_seconds(make_server):
    server = make_server("--test-controls", "true", "--limits", "true").start()
    kinesis, controls = aws.client(server), Controls(server)
    controls.clock(frozen=True)
    aws.make_stream(kinesis, "narrow")
    for _ in range(3):
        taken = 0
        for _ in range(4):
            answer = kinesis.put_records(StreamName="narrow",
                                         Records=[{"PartitionKey": "k", "Data": b"x"}] * 400)
            taken += 400 - answer["FailedRecordCount"]
        assert taken == 1000, "a second of them"
        controls.clock(advance=1)


def test_the_real_time_stays_where_clients_need_it(server, kinesis, controls):
    aws.make_stream(kinesis, "dated")
    controls.clock(advance=400 * DAY)
    reply = Caller(server)("ListStreams", {})
    assert near(email.utils.parsedate_to_datetime(reply.headers["Date"]).timestamp(), time.time(), 5)
    kinesis.put_record(StreamName="dated", PartitionKey="k", Data=b"x")  # by the SDK, which compares
    assert near(stamps(kinesis, "dated")[0], time.time() + 400 * DAY, 30)


def test_what_was_acknowledged_ahead_of_time_is_kept(server, kinesis, controls):
    """A start goes by the machine's clock again."""
    ledger = Ledger(server, "kept")
    for _ in range(3):
        assert all(ledger.put() for _ in range(5))
        controls.clock(advance=3 * 3600)
    server.kill()
    server.start()
    assert controls.clock()["ahead"] == 0
    assert len(ledger.check()) == 15
    assert ledger.put() and len(ledger.check()) == 16


@pytest.mark.parametrize("body, says", [
    (b"", "the body must be a JSON object"),
    (b"[]", "the body must be a JSON object"),
    (b'{"advance": 1', "the body must be a JSON object"),
    (b"[" * (8 << 20), "the body must not be longer than 1024 bytes"),
    ({"advance": -1}, "advance must be from 0 to 10000000000"),
    ({"advance": 1e11}, "advance must be from 0 to 10000000000"),
    ({"advance": "1"}, "advance must be a number of seconds"),
    ({"now": None}, "now must be a number of seconds"),
    ({"frozen": 1}, "frozen must be true or false"),
    ({"faster": 2}, "there are frozen, now and advance"),
    ({"frozen": True, "now": 1_700_000_000}, "the clock does not go back, nor beyond the year 2199"),
    ({"frozen": True, "advance": 1e10}, "the clock does not go back, nor beyond the year 2199"),
])
def test_a_wrong_order_changes_nothing(server, controls, body, says):
    reply = controls.ask(body, method="POST")
    assert (reply.status, reply.body.decode()) == (400, says + "\n")
    after = controls.clock()
    assert after["ahead"] == 0 and after["frozen"] is False


def test_another_sites_page_cannot_move_it(server, controls):
    for kind in "text/plain", "application/x-www-form-urlencoded", "text/plain; application/json", "":
        assert controls.ask({"advance": 1}, kind=kind).status == 415
    assert controls.ask({}, kind="application/json; charset=utf-8").status == 200
    asked = controls.ask(b"", method="OPTIONS")
    assert asked.status == 405 and "Access-Control-Allow-Origin" not in asked.headers
    assert controls.ask(b"{}", method="PUT").headers["Allow"] == "GET, HEAD, POST"
    assert controls.clock()["ahead"] == 0


def test_by_default_it_cannot_be_moved(make_server):
    server = make_server().start()
    for reply in get(server, "/_millrace/clock"), Controls(server).ask({"advance": 1}):
        assert (reply.status, reply.body) == (404, b"The clock is moved only in a broker with --test-controls.\n")
    assert alive(server)


def test_many_move_it_while_others_write(server, kinesis, controls):
    """Everybody is answered, stamps never go back, and nothing is lost."""
    ledgers = [Ledger(server, f"s{i}") for i in range(4)]

    def write(ledger):
        return all(ledger.put(100) for _ in range(200))

    def move(i):
        return [controls.clock(advance=1, frozen=j % 2 == 0)["now"] for j in range(50)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(write, ledger) for ledger in ledgers]
        moving = [pool.submit(move, i) for i in range(4)]
        assert all(each.result() for each in writing)
        for each in moving:
            assert each.result() == sorted(each.result())
    assert controls.clock()["ahead"] == pytest.approx(200, abs=60)
    for ledger in ledgers:
        found = [r["ApproximateArrivalTimestamp"] for r in ledger.check()]
        assert len(found) == 200 and found == sorted(found)
