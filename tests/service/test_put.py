"""PutRecord and PutRecords: routing, numbers, sizes, refusals."""

import hashlib
import time

import pytest

from harness import aws, sequence, texts
from harness.aws import expect_refusal, ignore_metadata, make_stream, read_all

MIB = 1 << 20
SPACE = 2**128


def put(kinesis, name, **params):
    return kinesis.put_record(StreamName=name, **{"PartitionKey": "k", "Data": b"d", **params})


@pytest.fixture(scope="module")
def three(kinesis):
    return make_stream(kinesis, "put-three", 3)


@pytest.fixture(scope="module")
def large(kinesis):
    return make_stream(kinesis, "put-large", 1, MaxRecordSizeInKiB=10240)


@pytest.fixture(scope="module")
def one(kinesis):
    return make_stream(kinesis, "put-one", 1)


def test_answers_have_no_encryption_type(kinesis, one):
    found = ignore_metadata(put(kinesis, one))
    assert found.keys() == {"ShardId", "SequenceNumber"}
    found = ignore_metadata(kinesis.put_records(
        StreamName=one, Records=[{"PartitionKey": "k", "Data": b"d"}]))
    assert found.keys() == {"FailedRecordCount", "Records"} and found["FailedRecordCount"] == 0
    assert found["Records"][0].keys() == {"ShardId", "SequenceNumber"}


@pytest.mark.parametrize("key, shard", [("a", 0), ("b", 1), ("e", 2), ("f", 1)])
def test_partition_keys_route_by_md5(kinesis, three, key, shard):
    assert put(kinesis, three, PartitionKey=key)["ShardId"] == texts.SHARD_ID.format(shard)


def test_many_keys_route_by_md5_of_utf8(kinesis, name):
    make_stream(kinesis, name, 7)
    keys = [f"k{i}" for i in range(60)] + ["ключ", "日本", "\U0001f600", "é", "e\u0301", " ", "\t\n", "\0"]
    found = kinesis.put_records(
        StreamName=name, Records=[{"PartitionKey": k, "Data": k.encode()} for k in keys])
    for key, record in zip(keys, found["Records"]):
        digest = int.from_bytes(hashlib.md5(key.encode()).digest(), "big")
        assert record["ShardId"] == texts.SHARD_ID.format(min(digest // (SPACE // 7), 6)), key
    stored = {r["PartitionKey"]: r["Data"] for s in range(7) for r in read_all(kinesis, name, s)}
    assert stored == {k: k.encode() for k in keys}


WIDTH = SPACE // 3


@pytest.mark.parametrize("hash_key, shard", [
    (0, 0), (1, 0), (WIDTH - 1, 0), (WIDTH, 1), (2 * WIDTH - 1, 1), (2 * WIDTH, 2),
    (3 * WIDTH, 2), (SPACE - 1, 2)])
def test_explicit_hash_keys_route_at_the_boundaries(kinesis, three, hash_key, shard):
    found = put(kinesis, three, ExplicitHashKey=str(hash_key))
    assert found["ShardId"] == texts.SHARD_ID.format(shard)
    batch = kinesis.put_records(StreamName=three, Records=[
        {"PartitionKey": "a", "Data": b"", "ExplicitHashKey": str(hash_key)}])
    assert batch["Records"][0]["ShardId"] == texts.SHARD_ID.format(shard)


@pytest.mark.parametrize("value", [str(SPACE), "9" * 39])
def test_hash_keys_beyond_the_space_fail_the_call(kinesis, name, value):
    make_stream(kinesis, name)
    message = ("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
               f"Specified value was {value}")
    bad = {"PartitionKey": "k", "Data": b"d", "ExplicitHashKey": value}
    expect_refusal(kinesis, "PutRecord", {"StreamName": name, **bad}, texts.INVALID, message)
    expect_refusal(kinesis, "PutRecords", {
        "StreamName": name, "Records": [{"PartitionKey": "k", "Data": b"d"}, bad]},
        texts.INVALID, message)
    assert read_all(kinesis, name) == []


def test_a_missing_stream_wins_over_bad_hash_and_number(kinesis):
    expect_refusal(kinesis, "PutRecord", {
        "StreamName": "nope", "PartitionKey": "k", "Data": b"", "ExplicitHashKey": str(SPACE),
        "SequenceNumberForOrdering": "1"}, texts.NOT_FOUND, texts.no_stream("nope"))


def test_numbers_follow_the_bit_layout(kinesis, name):
    make_stream(kinesis, name, 20)
    shards = kinesis.describe_stream(StreamName=name)["StreamDescription"]["Shards"]
    for index in (0, 1, 15, 16, 19):
        start = shards[index]
        before = int(time.time())
        found = [put(kinesis, name, ExplicitHashKey=start["HashKeyRange"]["StartingHashKey"])
                 for _ in range(3)]
        after = int(time.time())
        numbers = [sequence.parse(f["SequenceNumber"]) for f in found]
        first = sequence.parse(start["SequenceNumberRange"]["StartingSequenceNumber"])
        assert {(n.shard, n.created) for n in numbers} == {(index, first.created)}
        assert all(before - 1 <= n.time <= after + 1 for n in numbers)
        assert 1 <= numbers[0].index < numbers[1].index < numbers[2].index
        stored = read_all(kinesis, name, index)
        assert [r["SequenceNumber"] for r in stored] == [f["SequenceNumber"] for f in found]
        # The number's seconds are the arrival's.
        assert [int(r["ApproximateArrivalTimestamp"].timestamp()) for r in stored] == [
            n.time for n in numbers]


def test_numbers_of_one_batch_increase_in_request_order(kinesis, three):
    records = [{"PartitionKey": f"k{i}", "Data": str(i).encode()} for i in range(500)]
    found = kinesis.put_records(StreamName=three, Records=records)
    assert found["FailedRecordCount"] == 0 and len(found["Records"]) == 500
    for shard in range(3):
        own = [int(r["SequenceNumber"]) for r in found["Records"]
               if r["ShardId"] == texts.SHARD_ID.format(shard)]
        assert len(own) > 100 and own == sorted(set(own))


def ordering_refusal(value, name):
    return (f"ExclusiveMinimumSequenceNumber {value} used in PutRecord on stream {name} under "
            f"account {aws.ACCOUNT} is invalid.")


NOW = int(time.time())


@pytest.mark.parametrize("value", [
    str(2**185), str(2**185 + 2**184), str(2**129), str(2**187), "9" * 129,
    sequence.build(NOW, 1, NOW, 0, version=0),
    sequence.build(NOW, 1, NOW, 0, version=3),
    sequence.build(NOW, 1 << 63, NOW, 0),
    sequence.build(16025175000, 1, NOW, 0),
    sequence.build(NOW, 1, NOW + 3600, 0),
], ids=range(10))
def test_ordering_number_must_parse_and_not_lie_ahead(kinesis, one, value):
    expect_refusal(kinesis, "PutRecord", {
        "StreamName": one, "PartitionKey": "k", "Data": b"", "SequenceNumberForOrdering": value},
        texts.INVALID, ordering_refusal(value, one))


def test_ordering_number_of_any_shard_is_legal(kinesis, one, three):
    first = put(kinesis, one)["SequenceNumber"]
    second = put(kinesis, one, SequenceNumberForOrdering=first)["SequenceNumber"]
    assert int(second) > int(first)
    for foreign in (put(kinesis, three, PartitionKey="b")["SequenceNumber"], "0", "5",
                    sequence.build(1700000000, 5, 1700000000, 77),
                    sequence.build(1700000000, 5, 1700000000, 77, version=1)):
        put(kinesis, one, SequenceNumberForOrdering=foreign)


def test_bad_hash_wins_over_bad_ordering_number(kinesis, one):
    expect_refusal(kinesis, "PutRecord", {
        "StreamName": one, "PartitionKey": "k", "Data": b"", "ExplicitHashKey": str(SPACE),
        "SequenceNumberForOrdering": str(2**185)}, texts.INVALID,
        "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
        f"Specified value was {SPACE}")


@pytest.mark.parametrize("data", [b"", b"\0", bytes(range(256)), b"\xff" * 5, b"x" * (MIB - 1)],
                         ids=["empty", "nul", "all-bytes", "five", "one-mib"])
def test_data_comes_back_byte_identical(kinesis, name, data):
    make_stream(kinesis, name)
    put(kinesis, name, Data=data)
    found = read_all(kinesis, name)
    assert [(r["PartitionKey"], r["Data"]) for r in found] == [("k", data)]
    assert found[0].keys() == {"SequenceNumber", "ApproximateArrivalTimestamp", "Data",
                               "PartitionKey"}


def test_key_of_256_units_of_any_script(kinesis, name):
    make_stream(kinesis, name)
    keys = ["x" * 256, "й" * 256, "\U0001f600" * 128]
    for key in keys:
        put(kinesis, name, PartitionKey=key)
    assert [r["PartitionKey"] for r in read_all(kinesis, name)] == keys
    for key in ("x" * 257, "\U0001f600" * 128 + "x"):
        expect_refusal(kinesis, "PutRecord", {"StreamName": name, "PartitionKey": key, "Data": b""},
                       texts.VALIDATION, texts.violations(
                           texts.violation(f"'{key}'", "partitionKey", texts.at_most(256))))


def too_long(*where, limit=MIB):
    return texts.violations(*(texts.violation(None, w, texts.at_most(limit)) for w in where))


def test_a_record_is_data_and_key_within_the_streams_limit(kinesis, one):
    put(kinesis, one, PartitionKey="йй", Data=b"x" * (MIB - 4))
    for key, size in (("k", MIB), ("йй", MIB - 3), ("k", MIB + 1), ("k", 2 * MIB)):
        expect_refusal(kinesis, "PutRecord",
                       {"StreamName": one, "PartitionKey": key, "Data": b"x" * size},
                       texts.VALIDATION, too_long("data"))


def test_all_oversize_records_of_a_batch_are_named(kinesis, name):
    make_stream(kinesis, name)
    sizes = [1, MIB, 1, MIB + 5]
    expect_refusal(kinesis, "PutRecords", {
        "StreamName": name,
        "Records": [{"PartitionKey": "k", "Data": b"x" * size} for size in sizes]},
        texts.VALIDATION, too_long("records.2.member.data", "records.4.member.data"))
    assert read_all(kinesis, name) == []


def test_large_records_where_the_stream_allows(kinesis, large):
    data = bytes(range(256)) * (10 * 4096)
    data = data[:-1]
    put(kinesis, large, Data=data)
    batch = kinesis.put_records(StreamName=large, Records=[
        {"PartitionKey": "k", "Data": data[:5 * MIB - 1]} for _ in range(2)])
    assert batch["FailedRecordCount"] == 0
    # Each answer holds at least one record due, however large, and at most 10 MiB.
    at, sizes = aws.iterator(kinesis, large), []
    for _ in range(2):
        answer = kinesis.get_records(ShardIterator=at)
        sizes.append([len(r["Data"]) for r in answer["Records"]])
        assert all(data.startswith(r["Data"]) for r in answer["Records"])
        at = answer["NextShardIterator"]
    assert sizes == [[10 * MIB - 1], [5 * MIB - 1, 5 * MIB - 1]]


def test_ten_mib_is_the_most_for_any_record(kinesis, large):
    expect_refusal(kinesis, "PutRecord",
                   {"StreamName": large, "PartitionKey": "k", "Data": b"x" * (10 * MIB)},
                   texts.VALIDATION, too_long("data", limit=10 * MIB))
    for stream in (large, "nope"):  # the constraint stage comes before the stream is looked up
        expect_refusal(kinesis, "PutRecord",
                       {"StreamName": stream, "PartitionKey": "k", "Data": b"x" * (10 * MIB + 1)},
                       texts.VALIDATION, too_long("data", limit=10 * MIB))


def test_a_batch_is_at_most_ten_mib(kinesis, name):
    make_stream(kinesis, name)
    full = [{"PartitionKey": "k", "Data": b"x" * (MIB - 1)} for _ in range(10)]
    assert kinesis.put_records(StreamName=name, Records=full)["FailedRecordCount"] == 0
    expect_refusal(kinesis, "PutRecords",
                   {"StreamName": name, "Records": full + [{"PartitionKey": "k", "Data": b""}]},
                   texts.INVALID, "Records size exceeds 10 MB limit")
    assert len(read_all(kinesis, name)) == 10


def test_a_batch_is_1_to_500_records(kinesis, one):
    record = {"PartitionKey": "k", "Data": b""}
    for count, constraint in ((0, texts.at_least(1)), (501, texts.at_most(500))):
        expect_refusal(kinesis, "PutRecords", {"StreamName": one, "Records": [record] * count},
                       texts.VALIDATION,
                       texts.violations(texts.violation(None, "records", constraint)))


def test_writes_to_a_deleted_stream_are_refused(kinesis, stream):
    kinesis.delete_stream(StreamName=stream)
    expect_refusal(kinesis, "PutRecord", {"StreamName": stream, "PartitionKey": "k", "Data": b""},
                   texts.NOT_FOUND, texts.no_stream(stream))
    expect_refusal(kinesis, "PutRecords",
                   {"StreamName": stream, "Records": [{"PartitionKey": "k", "Data": b""}]},
                   texts.NOT_FOUND, texts.no_stream(stream))
