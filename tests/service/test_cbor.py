"""AWS CBOR with independent bytes: what Java SDKs send is understood, answers follow AWS's form, and
both encodings mean the same for every operation."""

import base64
import dataclasses
import json
import time

import pytest

from harness import cbor, model, texts
from harness.cbor import HALF, Raw, Tag, single
from harness.http import CBOR, SIGNED, Caller, request
from harness.process import ACCOUNT


SIXTEEN = {
    "AddTagsToStream", "CreateStream", "DecreaseStreamRetentionPeriod", "DeleteStream",
    "DescribeLimits", "DescribeStream", "DescribeStreamSummary", "GetRecords", "GetShardIterator",
    "IncreaseStreamRetentionPeriod", "ListShards", "ListStreams", "ListTagsForStream", "PutRecord",
    "PutRecords", "RemoveTagsFromStream"}


@dataclasses.dataclass(frozen=True)
class Instant:
    """A timestamp in a request: milliseconds."""
    ms: int


def to_json(value):
    if isinstance(value, dict):
        return {k: to_json(v) for k, v in value.items()}
    if isinstance(value, list):
        return [to_json(v) for v in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.ms / 1000 if isinstance(value, Instant) else value


def to_cbor(value):
    if isinstance(value, dict):
        return {k: to_cbor(v) for k, v in value.items()}
    if isinstance(value, list):
        return [to_cbor(v) for v in value]
    return Tag(1, value.ms) if isinstance(value, Instant) else value


def plain(member, value):
    """A decoded value of either encoding as the same Python value; `member` is the model's."""
    kind = member["type"]
    if kind == "structure":
        return plain_members(model.members_of(member), value)
    if kind == "list":
        return [plain(member["member"], v) for v in value]
    if kind == "timestamp":
        return value.value if isinstance(value, Tag) else round(value * 1000)
    if kind == "blob" and isinstance(value, str):
        return base64.b64decode(value, validate=True)
    return value


def plain_members(members, document):
    return {k: plain(members[k], v) for k, v in document.items()}


def check_timestamp(value):
    """Tag 1 and an integer count of milliseconds."""
    return isinstance(value, Tag) and value.number == 1 and type(value.value) is int


class Both:
    """One server, spoken to in either encoding; every answer is judged by the model."""

    def __init__(self, server):
        self.caller = Caller(server)

    def json(self, operation, body):
        reply = self.caller(operation, json.dumps(to_json(body)).encode())
        return self._judge(operation, reply, json.loads(reply.body) if reply.body else None)

    def cbor(self, operation, body, encoder=cbor.encode, prefix=b""):
        return self.raw(operation, prefix + encoder(to_cbor(body)))

    def raw(self, operation, data):
        reply = self.caller(operation, data, kind=CBOR)
        assert reply.headers["Content-Type"] == CBOR, reply
        document = cbor.decode(reply.body) if reply.body else None
        return self._judge(operation, reply, document, timestamp=Tag, blob=bytes)

    @staticmethod
    def _judge(operation, reply, document, **kinds):
        model.check_headers(reply.headers)
        model.check_answer(operation, reply.status, document, **kinds)
        if reply.status != 200 or document is None:
            return reply.status, document
        return reply.status, plain_members(model.output_members(operation), document)


@pytest.fixture(scope="module")
def both(server):
    return Both(server)


ENCODERS = {
    "definite": (cbor.Encoder(), b""),
    "indefinite": (cbor.Encoder(indefinite=True), b""),
    "chunked-strings": (cbor.Encoder(chunk=3), b""),
    "as-jackson": (cbor.Encoder(indefinite=True, chunk=2), b""),
    "self-described": (cbor.Encoder(indefinite=True), b"\xd9\xd9\xf7"),
}


@pytest.mark.parametrize("style", ENCODERS)
def test_all_operations_in_every_style_of_encoding(both, style):
    """A stream's life in CBOR beside the same life in JSON: the answers agree in everything but
    names, numbers and instants."""
    encoder, prefix = ENCODERS[style]
    used = set()

    def life(speak, name):
        def call(operation, **body):
            used.add(operation)
            status, document = speak(operation, body)
            assert status == 200, (operation, document)
            return document
        records = [{"PartitionKey": f"key-{i}é", "Data": bytes([i] * i), "ExplicitHashKey": str(i)}
                   for i in range(20)]
        seen = [call("CreateStream", StreamName=name, ShardCount=2, MaxRecordSizeInKiB=2048,
                     StreamModeDetails={"StreamMode": "PROVISIONED"}, Tags={"a": "1", "b": ""}),
                call("DescribeStream", StreamName=name, Limit=1),
                call("DescribeStreamSummary", StreamName=name),
                call("IncreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=48),
                call("DecreaseStreamRetentionPeriod", StreamName=name, RetentionPeriodHours=30),
                call("AddTagsToStream", StreamName=name, Tags={"c": "ключ", "d": "x"}),
                call("RemoveTagsFromStream", StreamName=name, TagKeys=["a", "d"]),
                call("ListTagsForStream", StreamName=name, Limit=50),
                call("ListShards", StreamName=name, MaxResults=10, ShardFilter={
                    "Type": "FROM_TIMESTAMP", "Timestamp": Instant(1_600_000_000_123)}),
                call("PutRecord", StreamName=name, PartitionKey="k", Data=b"\0\xff" * 100),
                call("PutRecords", StreamName=name, Records=records),
                call("DescribeLimits")]
        for position in ({"ShardIteratorType": "TRIM_HORIZON"},
                         {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": Instant(1_600_000_000_123)},
                         {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER",
                          "StartingSequenceNumber": seen[10]["Records"][3]["SequenceNumber"]}):
            at = call("GetShardIterator", StreamName=name, ShardId="shardId-000000000000", **position)
            found = call("GetRecords", ShardIterator=at["ShardIterator"], Limit=12)
            assert found.pop("NextShardIterator")
            seen.append(found)
        assert name in call("ListStreams", Limit=100)["StreamNames"]
        seen.append(call("DeleteStream", StreamName=name, EnforceConsumerDeletion=False))
        return seen

    def neutral(value, name):
        if isinstance(value, dict):
            return {k: "some" if k in VARYING else neutral(v, name) for k, v in value.items()}
        if isinstance(value, list):
            return [neutral(v, name) for v in value]
        return value.replace(name, "S") if isinstance(value, str) else value

    names = f"in-json-{style}", f"in-cbor-{style}"
    in_json = life(both.json, names[0])
    in_cbor = life(lambda op, body: both.cbor(op, body, encoder, prefix), names[1])
    assert [neutral(a, names[0]) for a in in_json] == [neutral(a, names[1]) for a in in_cbor]
    assert used == SIXTEEN


VARYING = {"SequenceNumber", "StartingSequenceNumber", "StreamCreationTimestamp",
           "ApproximateArrivalTimestamp", "MillisBehindLatest"}


@pytest.fixture(scope="module")
def stored(both):
    """A stream with records, the same for both encodings."""
    assert both.json("CreateStream", {"StreamName": "stored", "ShardCount": 1})[0] == 200
    for i in range(5):
        both.json("PutRecord", {"StreamName": "stored", "PartitionKey": f"k{i}", "Data": bytes(range(i))})
    return "stored"


@pytest.mark.parametrize("operation, body", [
    ("DescribeStream", {}), ("DescribeStreamSummary", {}), ("ListShards", {}), ("ListTagsForStream", {})])
def test_both_encodings_describe_the_same(both, stored, operation, body):
    body = {"StreamName": stored, **body}
    assert both.json(operation, body) == both.cbor(operation, body)


def read(both, body):
    status, found = both.cbor("GetShardIterator", {
        "StreamName": "stored", "ShardId": "0", "ShardIteratorType": "TRIM_HORIZON", **body})
    assert status == 200, found
    return both.cbor("GetRecords", {"ShardIterator": found["ShardIterator"]})[1]["Records"]


def test_records_are_the_same_in_both_and_instants_are_milliseconds(both, stored):
    _, at = both.json("GetShardIterator", {"StreamName": stored, "ShardId": "0",
                                           "ShardIteratorType": "TRIM_HORIZON"})
    in_json = both.json("GetRecords", at)[1]["Records"]
    in_cbor = both.cbor("GetRecords", at)[1]["Records"]
    assert in_json == in_cbor and len(in_json) == 5
    assert all(abs(r["ApproximateArrivalTimestamp"] - time.time() * 1000) < 300_000 for r in in_cbor)
    reply = both.caller("GetRecords", cbor.encode(at), kind=CBOR)
    for record in cbor.decode(reply.body)["Records"]:
        assert check_timestamp(record["ApproximateArrivalTimestamp"])
    reply = both.caller("DescribeStreamSummary", cbor.encode({"StreamName": stored}), kind=CBOR)
    created = cbor.decode(reply.body)["StreamDescriptionSummary"]["StreamCreationTimestamp"]
    assert check_timestamp(created) and created.value % 1000 == 0


def test_every_form_of_an_instant_is_milliseconds(both, stored):
    everything = read(both, {})
    third = everything[3]["ApproximateArrivalTimestamp"]
    since = [record for record in everything if record["ApproximateArrivalTimestamp"] >= third]
    for value in (Tag(1, third), third, Tag(1, float(third)), float(third)):
        found = read(both, {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": value})
        assert found == since
        earlier = read(both, {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": Instant(third - 60_000)})
        assert len(earlier) == 5


@pytest.mark.parametrize("limit", [2, 2.5, HALF[2.5], single(2.75), 2.999])
def test_floats_are_rounded_down(both, stored, limit):
    _, at = both.json("GetShardIterator", {"StreamName": stored, "ShardId": "0",
                                           "ShardIteratorType": "TRIM_HORIZON"})
    assert len(both.cbor("GetRecords", {**at, "Limit": limit})[1]["Records"]) == 2


def test_undefined_and_null_are_absence(both, stored):
    for nothing in (None, cbor.UNDEFINED):
        status, _ = both.cbor("DescribeStream", {"StreamName": stored, "Limit": nothing,
                                                 "StreamARN": nothing, "Unknown": nothing})
        assert status == 200


def test_data_as_base64_text_is_accepted(both):
    both.json("CreateStream", {"StreamName": "lenient", "ShardCount": 1})
    for value in ("AP8=", b"\0\xff", Tag(22, b"\0\xff")):
        status, found = both.cbor("PutRecord", {"StreamName": "lenient", "PartitionKey": "k",
                                                "Data": value})
        assert status == 200, found
    _, at = both.cbor("GetShardIterator", {"StreamName": "lenient", "ShardId": "0",
                                           "ShardIteratorType": "TRIM_HORIZON"})
    assert [r["Data"] for r in both.cbor("GetRecords", at)[1]["Records"]] == [b"\0\xff"] * 3


def test_bytes_are_no_text(both):
    status, found = both.cbor("DescribeStream", {"StreamName": b"stored"})
    assert (status, found) == (400, {
        "__type": "SerializationException",
        "Message": "Start of structure or map found where not expected."})


def test_numbers_beyond_the_range_are_clamped(both):
    for value, shown, limit in ((2**64 - 1, "2147483647", texts.value_at_most(10000)),
                                (2**31, "2147483647", texts.value_at_most(10000)),
                                (-2**64, "-2147483648", texts.value_at_least(1)),
                                (1e300, "2147483647", texts.value_at_most(10000))):
        found = both.cbor("ListStreams", {"Limit": value})[1]
        assert found["message"] == texts.violations(texts.violation(f"'{shown}'", "limit", limit))


MALFORMED = {
    "truncated-map": b"\xa1", "truncated-key": b"\xa1\x65Lim", "truncated-value": b"\xa1\x65Limit\x19\x00",
    "no-end": b"\xbf\x65Limit\x01", "odd-indefinite-map": b"\xbf\x65Limit\xff",
    "stray-break": b"\xff", "break-in-definite": b"\xa1\x65Limit\xff",
    "reserved-information": b"\xa1\x65Limit\x1c", "reserved-information-30": b"\xbe",
    "indefinite-integer": b"\xa1\x65Limit\x1f", "indefinite-tag": b"\xa1\x65Limit\xdf\x01",
    "text-in-bytes": b"\xa1\x61x\x5f\x61a\xff", "bytes-in-text": b"\xa1\x61x\x7f\x41a\xff",
    "nested-chunks": b"\xa1\x61x\x7f\x7f\x61a\xff\xff",
    "bad-utf8": b"\xa1\x61x\x62\xc3\x28", "bad-utf8-key": b"\xa1\x62\xc3\x28\x01",
    "huge-array": b"\xa1\x61x\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    "huge-map": b"\xbb\xff\xff\xff\xff\xff\xff\xff\xff",
    "huge-bytes": b"\xa1\x61x\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "huge-text": b"\xa1\x61x\x7b\x00\x00\xff\xff\xff\xff\xff\xff",
    "large-array": b"\xa1\x61x\x9a\x7f\xff\xff\xff", "trailing": b"\xa0\xa0",
    "top-level-text": b"\x62{}", "top-level-tagged-number": b"\xc1\x01",
    "tags-all-the-way": b"\xc1" * 100_000 + b"\xa0",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed(both, name):
    assert both.raw("ListStreams", MALFORMED[name]) == (400, {"__type": "SerializationException"})


def test_unknown_members_of_any_kind_are_skipped(both):
    odd = {"a": 1.5, "b": [1, {"x": b"\0"}], "c": Tag(99, "t"), "d": Raw(b"\xf8\x63"), "e": -2**64,
           "f": Raw(b"\x9f\xbf\xff\xff"), "g": Raw(b"\xe0"), "h": cbor.UNDEFINED}
    for value in odd.values():
        status, found = both.cbor("ListStreams", {"Unknown": value, "Limit": 1})
        assert status == 200, (value, found)


def test_identity_comes_from_the_credential_scope(both, stored):
    _, found = both.cbor("DescribeStreamSummary", {"StreamName": stored})
    assert found["StreamDescriptionSummary"]["StreamARN"] == (
        f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/{stored}")


def ask_rpc(caller, operation, body, **headers):
    named = {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", **SIGNED, **headers}
    reply = caller.ask(request(cbor.encode(body), path=f"/service/Kinesis_20131202/operation/{operation}",
                               headers=named))
    assert reply.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert reply.headers["Content-Type"] == "application/cbor"
    return reply.status, cbor.decode(reply.body) if reply.body else None


def test_rpc_v2(server, stream):
    """Smithy's RPC v2: the operation in the path, times in seconds, errors named by the model."""
    caller = Caller(server)
    before = time.time()
    status, put = ask_rpc(caller, "PutRecord", {"StreamName": stream, "PartitionKey": "k", "Data": b"\x00\xff"})
    assert status == 200 and put["ShardId"] == "shardId-000000000000"
    for kind in ({"ShardIteratorType": "TRIM_HORIZON"},
                 {"ShardIteratorType": "AT_TIMESTAMP", "Timestamp": Tag(1, before - 1)}):
        status, found = ask_rpc(caller, "GetShardIterator", {"StreamName": stream, "ShardId": put["ShardId"], **kind})
        assert status == 200, found
        status, got = ask_rpc(caller, "GetRecords", {"ShardIterator": found["ShardIterator"]})
        record, = got["Records"]
        assert record["Data"] == b"\x00\xff" and record["SequenceNumber"] == put["SequenceNumber"]
        arrived = record["ApproximateArrivalTimestamp"]
        assert arrived.number == 1 and before - 1 < arrived.value < time.time() + 1
    assert ask_rpc(caller, "DeleteStream", {"StreamName": "none-such"})[1]["__type"] == (
        "com.amazonaws.kinesis#ResourceNotFoundException")
    assert ask_rpc(caller, "DeleteStream", {"StreamName": 5})[0] == 400
    assert ask_rpc(caller, "NoSuch", {}) == (400, {"__type": "com.amazonaws.kinesis#UnknownOperationException"})
