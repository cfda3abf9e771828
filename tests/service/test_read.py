"""GetShardIterator and GetRecords: positions, pages, lag, refusals."""

import base64
import datetime
import json
import time

import pytest

from harness import aws, sequence, texts
from harness.aws import expect_refusal, iterator, make_stream, refused
from harness.process import eventually

MIB = 1 << 20
NOW = int(time.time())
UTC = datetime.timezone.utc


@pytest.fixture(scope="module")
def ten(kinesis):
    """A stream of one shard with ten records of at least ten arrival times; its records."""
    make_stream(kinesis, "read-ten")
    for i in range(10):
        kinesis.put_record(StreamName="read-ten", PartitionKey=f"k{i}", Data=str(i).encode())
        time.sleep(0.003)  # so that arrival times differ
    return aws.read_all(kinesis, "read-ten")


def read(kinesis, at, **more):
    return kinesis.get_records(ShardIterator=at, **more)


def data(answer):
    return [int(r["Data"]) for r in answer["Records"]]


def test_trim_horizon_reads_from_the_oldest(kinesis, ten):
    assert [int(r["Data"]) for r in ten] == list(range(10))
    arrivals = [r["ApproximateArrivalTimestamp"] for r in ten]
    assert arrivals == sorted(arrivals) and abs(arrivals[0].timestamp() - time.time()) < 300
    assert any(a.microsecond % 1_000_000 for a in arrivals)  # milliseconds, not seconds
    assert all(a.microsecond % 1000 == 0 for a in arrivals)


@pytest.mark.parametrize("kind, index, expected", [
    ("AT_SEQUENCE_NUMBER", 0, range(0, 10)), ("AT_SEQUENCE_NUMBER", 4, range(4, 10)),
    ("AT_SEQUENCE_NUMBER", 9, range(9, 10)), ("AFTER_SEQUENCE_NUMBER", 0, range(1, 10)),
    ("AFTER_SEQUENCE_NUMBER", 8, range(9, 10)), ("AFTER_SEQUENCE_NUMBER", 9, range(0)),
])
def test_sequence_numbers_position(kinesis, ten, kind, index, expected):
    at = iterator(kinesis, "read-ten", kind, StartingSequenceNumber=ten[index]["SequenceNumber"])
    assert data(read(kinesis, at)) == list(expected)


def test_numbers_that_denote_no_record_position_too(kinesis, ten):
    starting = kinesis.describe_stream(StreamName="read-ten")["StreamDescription"]["Shards"][0][
        "SequenceNumberRange"]["StartingSequenceNumber"]
    fourth = sequence.parse(ten[4]["SequenceNumber"])
    between = sequence.build(fourth.created, fourth.index, fourth.time + 1, 0)
    ahead = sequence.build(fourth.created, fourth.index + 1000, fourth.time, 0)
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        for number, expected in ((starting, range(10)), (between, range(5, 10)), (ahead, range(0))):
            at = iterator(kinesis, "read-ten", kind, StartingSequenceNumber=number)
            assert data(read(kinesis, at)) == list(expected), (kind, number)


def test_timestamps_position_to_the_millisecond(kinesis, ten):
    step = datetime.timedelta(milliseconds=1)
    for i, record in enumerate(ten):
        arrival = record["ApproximateArrivalTimestamp"]
        assert data(read(kinesis, iterator(kinesis, "read-ten", "AT_TIMESTAMP",
                                           Timestamp=arrival)))[0] == i
        after = read(kinesis, iterator(kinesis, "read-ten", "AT_TIMESTAMP", Timestamp=arrival + step))
        assert data(after) == list(range(i + 1, 10))
    assert data(read(kinesis, iterator(kinesis, "read-ten", "AT_TIMESTAMP", Timestamp=0))) == list(
        range(10))


def test_timestamp_at_the_tip_waits_for_what_comes(kinesis, stream):
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"1")
    newest = aws.read_all(kinesis, stream)[0]["ApproximateArrivalTimestamp"]
    time.sleep(0.005)
    at = iterator(kinesis, stream, "AT_TIMESTAMP",
                  Timestamp=newest + datetime.timedelta(milliseconds=1))
    assert data(read(kinesis, at)) == []
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"2")
    assert data(read(kinesis, at)) == [2]


def test_latest_sees_only_what_comes_after_it_was_issued(kinesis, stream):
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"1")
    at = iterator(kinesis, stream, "LATEST")
    first = read(kinesis, at)
    assert data(first) == [] and first["MillisBehindLatest"] == 0
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"2")
    assert data(read(kinesis, at)) == [2]
    assert data(read(kinesis, first["NextShardIterator"])) == [2]


def test_iterators_can_be_used_again_and_change_their_text(kinesis, ten):
    at = iterator(kinesis, "read-ten")
    assert 1 <= len(at) <= 512
    assert [data(read(kinesis, at, Limit=2)) for _ in range(3)] == [[0, 1]] * 3
    seen = {at}
    for _ in range(12):  # past the tip: reads nothing, yet every text is new
        answer = read(kinesis, at, Limit=1)
        assert "ChildShards" not in answer
        at = answer["NextShardIterator"]
        assert at not in seen
        seen.add(at)
    assert data(answer) == []


def test_iterators_of_the_longest_names_fit(kinesis):
    name = "n" * 128
    make_stream(kinesis, name)
    assert len(iterator(kinesis, name)) <= 512


@pytest.mark.parametrize("limit, expected", [(1, 1), (3, 3), (10, 10), (10000, 10)])
def test_limit(kinesis, ten, limit, expected):
    assert len(read(kinesis, iterator(kinesis, "read-ten"), Limit=limit)["Records"]) == expected


def test_pages_cover_everything_once(kinesis, stream):
    total = 1200
    for start in range(0, total, 400):
        kinesis.put_records(StreamName=stream, Records=[
            {"PartitionKey": "k", "Data": str(i).encode()} for i in range(start, start + 400)])
    at, found = iterator(kinesis, stream), []
    while len(found) < total:
        answer = read(kinesis, at, Limit=171)
        assert 0 < len(answer["Records"]) <= 171
        found += data(answer)
        assert (answer["MillisBehindLatest"] == 0) == (len(found) == total)
        at = answer["NextShardIterator"]
    assert found == list(range(total))
    assert data(read(kinesis, iterator(kinesis, stream))) == list(range(total))


def test_an_answer_holds_at_most_ten_mib(kinesis, stream):
    sizes = [MIB - 1] * 12
    for size in sizes:
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"x" * size)
    first = read(kinesis, iterator(kinesis, stream))
    assert len(first["Records"]) == 10  # with their keys exactly 10 MiB
    assert first["MillisBehindLatest"] > 0
    assert len(read(kinesis, first["NextShardIterator"])["Records"]) == 2


def test_a_backlog_read_without_a_limit_comes_whole_and_once(kinesis, stream):
    for i in range(25):
        kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"%02d" % i + b"x" * (MIB - 3))
    at, pages = iterator(kinesis, stream), []
    while not pages or answer["MillisBehindLatest"]:
        answer = read(kinesis, at)
        pages.append([int(r["Data"][:2]) for r in answer["Records"]])
        at = answer["NextShardIterator"]
    assert sum(pages, []) == list(range(25))
    assert len(pages[0]) == 10 and all(1 <= len(page) <= 10 for page in pages)


def test_millis_behind_latest_is_the_age_of_the_last_record_read(kinesis, ten):
    answer = read(kinesis, iterator(kinesis, "read-ten"), Limit=3)
    age = (time.time() - ten[2]["ApproximateArrivalTimestamp"].timestamp()) * 1000
    assert age - 2000 <= answer["MillisBehindLatest"] <= age + 50
    assert read(kinesis, iterator(kinesis, "read-ten"))["MillisBehindLatest"] == 0


def test_shards_are_read_apart(kinesis, name):
    make_stream(kinesis, name, 2)
    kinesis.put_record(StreamName=name, PartitionKey="k", Data=b"0", ExplicitHashKey="0")
    kinesis.put_record(StreamName=name, PartitionKey="k", Data=b"1", ExplicitHashKey=str(2**128 - 1))
    assert [data({"Records": aws.read_all(kinesis, name, s)}) for s in (0, 1)] == [[0], [1]]


@pytest.mark.parametrize("shard", ["shardId-000000000000", "shardId-0", "x-0", "-0000", "0"])
def test_shard_ids_are_parsed_leniently(kinesis, ten, shard):
    at = kinesis.get_shard_iterator(StreamName="read-ten", ShardId=shard,
                                    ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    assert data(read(kinesis, at)) == list(range(10))


@pytest.mark.parametrize("shard", ["2147483648", "ABKLFD8", "2.14E4", "shardId-x", "my-x-0",
                                   "shardId-2147483648", "shardId-00000000000a"])
@pytest.mark.parametrize("name", ["read-ten", "nope"])
def test_shard_ids_that_do_not_parse(kinesis, ten, name, shard):
    expect_refusal(kinesis, "GetShardIterator",
                   {"StreamName": name, "ShardId": shard, "ShardIteratorType": "LATEST"},
                   texts.NOT_FOUND, texts.no_shard_raw(shard, name))


@pytest.mark.parametrize("name, shard, index", [
    ("read-ten", "1", 1), ("read-ten", "shardId-2147483647", 2147483647), ("nope", "x-7", 7)])
def test_missing_shard_or_stream(kinesis, ten, name, shard, index):
    # The look-up comes before the arguments of the type.
    for more in ({}, {"StartingSequenceNumber": "5"}):
        expect_refusal(kinesis, "GetShardIterator",
                       {"StreamName": name, "ShardId": shard, "ShardIteratorType": "LATEST", **more},
                       texts.NOT_FOUND, texts.no_shard(index, name))


EITHER = ("Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and "
          "StartingSequenceNumber or (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. "
          "Request specified {} and {} StartingSequenceNumber.")
WHERE = ("used in GetShardIterator on shard shardId-000000000000 in stream read-ten under account "
         f"{aws.ACCOUNT} is invalid")
ANOTHER = ("Invalid StartingSequenceNumber. It encodes {}, while it was used in a call to a shard "
           "with shardId-000000000000")


@pytest.mark.parametrize("kind, params, message", [
    ("TRIM_HORIZON", {"StartingSequenceNumber": "5"}, EITHER.format("TRIM_HORIZON", "also a")),
    ("LATEST", {"StartingSequenceNumber": "5"}, EITHER.format("LATEST", "also a")),
    ("AT_SEQUENCE_NUMBER", {}, EITHER.format("AT_SEQUENCE_NUMBER", "no")),
    ("AFTER_SEQUENCE_NUMBER", {}, EITHER.format("AFTER_SEQUENCE_NUMBER", "no")),
    ("AT_TIMESTAMP", {}, "Must specify timestampInMillis parameter for iterator of type "
     "AT_TIMESTAMP. Current request has no timestamp parameter."),
    ("AT_TIMESTAMP", {"StartingSequenceNumber": "5", "Timestamp": 1},
     EITHER.format("AT_TIMESTAMP", "also a")),
])
def test_type_and_arguments_must_agree(kinesis, ten, kind, params, message):
    expect_refusal(kinesis, "GetShardIterator",
                   {"StreamName": "read-ten", "ShardId": "0", "ShardIteratorType": kind, **params},
                   texts.INVALID, message)


def test_a_timestamp_with_another_type_is_ignored(kinesis, ten):
    at = iterator(kinesis, "read-ten", "TRIM_HORIZON", Timestamp=time.time() + 1e6)
    assert len(read(kinesis, at)["Records"]) == 10


def test_timestamps_ahead_are_refused(kinesis, ten):
    ahead = (NOW + 3600) * 1000
    with pytest.raises(kinesis.exceptions.InvalidArgumentException) as caught:
        iterator(kinesis, "read-ten", "AT_TIMESTAMP", Timestamp=ahead / 1000)
    message = caught.value.response["Error"]["Message"]
    head, current = message.rsplit(" ", 1)
    assert head == ("The timestampInMillis parameter cannot be greater than the "
                    f"currentTimestampInMillis. timestampInMillis: {ahead}, "
                    "currentTimestampInMillis:")
    assert abs(int(current) / 1000 - time.time()) < 5


def numbered(cases):
    return [pytest.param(*case, id=str(number)) for number, case in enumerate(cases)]


def numbers_refused():
    invalid, foreign = f"{WHERE}.", f"{WHERE} because it did not come from this stream."
    for value in (str(2**185), str(2**129), str(2**185 + 2**184), "9" * 100,
                  sequence.build(NOW, 1, NOW, 0, version=0), sequence.build(NOW, 1, NOW, 0, version=3),
                  sequence.build(NOW, 1 << 63, NOW, 0), sequence.build(16025175000, 1, NOW, 0)):
        yield value, f"StartingSequenceNumber {value} {invalid}"
    for value, encoded in (("5", "shardId-000000000005"),
                           (sequence.build(NOW, 1, NOW, 1), "shardId-000000000001"),
                           (sequence.build(NOW, 1, NOW, 3076), "shardId-000000003076"),
                           (sequence.build(NOW, 1, NOW, 0x80000000), "shardId--02147483648")):
        yield value, ANOTHER.format(encoded)
    for value in ("0", sequence.build(1500000000, 1, 1500000001, 0),
                  sequence.build(NOW, 1, NOW, 0, version=1)):
        yield value, f"StartingSequenceNumber {value} {foreign}"


# Numbered: a value depends on the second in which a process collects, and xdist's must collect the same.
@pytest.mark.parametrize("value, message", numbered(numbers_refused()))
@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_foreign_and_broken_numbers(kinesis, ten, kind, value, message):
    expect_refusal(kinesis, "GetShardIterator", {
        "StreamName": "read-ten", "ShardId": "0", "ShardIteratorType": kind,
        "StartingSequenceNumber": value}, texts.INVALID, message)


BAD_ITERATOR = "Invalid ShardIterator."


def test_broken_iterators(kinesis, ten):
    at = iterator(kinesis, "read-ten")
    raw = bytearray(base64.b64decode(at))
    flipped = [base64.b64encode(raw[:i] + bytes([raw[i] ^ 1]) + raw[i + 1:]).decode()
               for i in range(0, len(raw), 7)]
    cut = [at[:-4], at[:40], at[:1], at[4:], "AAAAAAAAAAE=", "AAAAAAAAAAE" + "A" * 400, "!", "é", " "]
    page = kinesis.list_streams(Limit=1)
    for bad in flipped + cut + [page["NextToken"]] * ("NextToken" in page):
        expect_refusal(kinesis, "GetRecords", {"ShardIterator": bad}, texts.INVALID, BAD_ITERATOR)


def test_an_iterator_in_quotes_is_accepted(kinesis, ten):
    assert len(read(kinesis, json.dumps(iterator(kinesis, "read-ten")))["Records"]) == 10


def test_iterator_of_another_account(server, kinesis, ten):
    other = aws.client(server, account="333333333333")
    at = iterator(kinesis, "read-ten")
    with pytest.raises(other.exceptions.ClientError) as caught:
        read(other, at)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_stream_arn_must_be_the_iterators(kinesis, ten):
    at = iterator(kinesis, "read-ten")
    assert len(read(kinesis, at, StreamARN=aws.arn("read-ten"))["Records"]) == 10
    expect_refusal(kinesis, "GetRecords", {"ShardIterator": at, "StreamARN": aws.arn("other")},
                   texts.INVALID, f"StreamARN {aws.arn('other')} does not match the shard iterator.")


def test_iterator_of_a_deleted_and_of_a_recreated_stream(kinesis, stream):
    at = iterator(kinesis, stream)
    kinesis.delete_stream(StreamName=stream)

    def removed():
        try:
            read(kinesis, at)
            return False
        except kinesis.exceptions.ResourceNotFoundException as error:
            assert error.response["Error"]["Message"] == texts.no_shard(0, stream)
            return True
    eventually(removed)
    make_stream(kinesis, stream)
    with refused(texts.NOT_FOUND, texts.no_shard(0, stream)):
        read(kinesis, at)
    assert read(kinesis, iterator(kinesis, stream))["Records"] == []
