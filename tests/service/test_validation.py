"""Coercion and constraint messages, byte for byte: every member of every operation against the tables
of harness/spec.py, then the rows that no table generates."""

import json
import re

import pytest

from harness import texts
from harness.http import Caller
from harness.spec import ADDRESS, FILTERS, MEMBERS, POSITIONS, STREAM_NAME, path, required_only

BOOLEAN = "class java.lang.Boolean can not be converted to "
NUMBER = "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to "
STRING = "class java.lang.String can not be converted to "
LIST_START = "Start of list found where not expected"
MAP_START = "Start of structure or map found where not expected."
BASE64 = "'{}' can not be converted to a Blob: "
CONTAINERS = (([], LIST_START), ({}, MAP_START), ([1], LIST_START), ({"a": 1}, MAP_START))

# Kind -> (value of a wrong type, message).
WRONG = {
    "string": ((True, BOOLEAN + "an String"), (False, BOOLEAN + "an String"), (1, NUMBER + "an String"),
               (1.5, NUMBER + "an String"), *CONTAINERS),
    "integer": (("1", STRING + "an Integer"), ("", STRING + "an Integer"),
                (True, BOOLEAN + "an Integer"), *CONTAINERS),
    "boolean": ((1, NUMBER + "an Boolean"), (0, NUMBER + "an Boolean"),
                ("maybe", "'MAYBE' can not be converted to an Boolean"), *CONTAINERS),
    "blob": ((True, BOOLEAN + "a Blob"), (1, NUMBER + "a Blob"), *CONTAINERS,
             *((text, BASE64.format(text) + "Base64 encoded length is expected a multiple of 4 bytes "
                f"but found: {len(text)}") for text in ("a", "ab", "abc", "abcde")),
             *((text, BASE64.format(text) + f"Invalid Base64 character: '{c}'") for text, c in (
                 ("ab*d", "*"), ("ab d", " "), ("a-_d", "-"), ("=abc", "="), ("ab=c", "="))),
             *((text, BASE64.format(text) + "Invalid last non-pad Base64 character dectected")
               for text in ("AB==", "AAB=", "AAAAAP=="))),
    "timestamp": (("2020-01-01", STRING + "milliseconds since epoch"),
                  (True, BOOLEAN + "milliseconds since epoch"), *CONTAINERS),
    "list": (("x", "Expected list or null"), (1, "Expected list or null"),
             (True, "Expected list or null"), ({}, MAP_START), ({"a": 1}, MAP_START)),
    "map": (("x", "Expected map or null"), (1, "Expected map or null"),
            (False, "Expected map or null"), ([], LIST_START)),
    "structure": (("x", "Expected null"), (1, "Expected null"), (True, "Expected null"),
                  ([], LIST_START)),
}


def everywhere(members, wrap=lambda value: value, prefix=""):
    """(member, dotted path, function that puts a value for it into a body) for members at any depth."""
    for member in members:
        def put(value, member=member):
            return wrap({member.name: value})
        where = path(member, prefix)
        yield member, where, put
        if member.members and member.kind == "structure":
            yield from everywhere(member.members, lambda v, put=put, m=member: put({**m.good, **v}),
                                  where + ".")
        elif member.members:
            first = member.good[0]
            yield from everywhere(member.members, lambda v, put=put, f=first: put([{**f, **v}]),
                                  where + ".1.member.")


def wrong_types():
    for operation, members in MEMBERS.items():
        base = required_only(operation)
        for member, where, put in everywhere(members):
            for value, message in WRONG[member.kind]:
                yield pytest.param(operation, {**base, **put(value)}, message,
                                   id=f"{operation}-{where}-{json.dumps(value)}")


def long_text(length):
    return "a" * length


def broken(member):
    """(value, printed value or None, constraints violated) for one member."""
    if member.required:
        yield None, "null", [texts.NOT_NULL]
    if member.kind == "string":
        for value in member.bad:
            yield value, f"'{value}'", [texts.matches(member.pattern)]
        if member.least == 1:
            fails = member.pattern and not re.fullmatch(member.pattern, "")
            pattern = [texts.matches(member.pattern)] if fails else []
            yield "", "''", pattern + [texts.at_least(1)]
        if member.most:
            value = long_text(member.most + 1)
            if member.pattern and member.pattern.startswith("arn"):
                value = (member.good + value)[:member.most + 1]
            pattern = [texts.matches(member.pattern)] if member.pattern == "[a-z0-9]{20}-[a-z0-9]{3}" \
                else []
            yield value, f"'{value}'", pattern + [texts.at_most(member.most)]
        for value in ("", "x", member.enum[0].lower(), member.enum[0] + " ") if member.enum else ():
            yield value, f"'{value}'", [texts.one_of(member.enum)]
    elif member.kind == "integer" and member.least is not None:
        for value in {member.least - 1, -1, -2147483648}:
            if value < member.least:
                yield value, f"'{value}'", [texts.value_at_least(member.least)]
        if member.most:
            yield member.most + 1, f"'{member.most + 1}'", [texts.value_at_most(member.most)]
            # Clamped before it is judged.
            yield 100000000000, "'2147483647'", [texts.value_at_most(member.most)]
        yield -100000000000, "'-2147483648'", [texts.value_at_least(member.least)]
        floor = member.least - 1
        yield member.least - 0.5, f"'{floor}'", [texts.value_at_least(member.least)]
    elif member.kind == "list" and member.enum:
        yield [], "'[]'", [texts.at_least(member.least)]
        yield ["ALL"] * 8, f"'[{', '.join(['ALL'] * 8)}]'", [texts.at_most(member.most)]
        each = f"Member must satisfy constraint: [{texts.one_of(member.enum)}]"
        for value in ([""], ["ALL", "all"]):
            yield value, f"'[{', '.join(value)}]'", [each]
    elif member.kind == "list" and member.members and member.least is not None:
        yield [], None, [texts.at_least(member.least)]
        if member.most:
            yield member.good * (member.most + 1), None, [texts.at_most(member.most)]
    elif member.kind == "list" and not member.members:
        yield [], "'[]'", [texts.at_least(member.least)]
        many = [f"k{i}" for i in range(member.most + 1)]
        yield many, f"'[{', '.join(many)}]'", [texts.at_most(member.most)]
        each = f"Member must satisfy constraint: [{texts.at_most(128)}, {texts.at_least(1)}]"
        for value in ([""], ["a", "", "b"], ["b" * 129], ["", "c" * 129]):
            yield value, f"'[{', '.join(value)}]'", [each]
    elif member.kind == "map":
        if member.least is not None:
            yield {}, "'{}'", [texts.at_least(member.least)]
        keys = f"Map keys must satisfy constraint: [{texts.at_most(128)}, {texts.at_least(1)}]"
        values = f"Map value must satisfy constraint: [{texts.at_most(256)}, {texts.at_least(0)}]"
        yield {"": "v"}, "'{=v}'", [keys]
        yield {"k" * 129: "v"}, "'{" + "k" * 129 + "=v}'", [keys]
        yield {"k": "v" * 257}, "'{k=" + "v" * 257 + "}'", [values]
        yield {"": "v" * 257}, "'{=" + "v" * 257 + "}'", [keys, values]


def broken_constraints():
    for operation, members in MEMBERS.items():
        base = required_only(operation)
        for member, where, put in everywhere(members):
            for i, (value, shown, constraints) in enumerate(broken(member)):
                message = texts.violations(*(texts.violation(shown, where, c) for c in constraints))
                yield pytest.param(operation, {**base, **put(value)}, message,
                                   id=f"{operation}-{where}-{i}")


def legal():
    for operation, members in MEMBERS.items():
        base = required_only(operation)
        for member, where, put in everywhere(members):
            if member.kind != "structure":
                yield pytest.param(operation, {**base, **put(member.good)}, id=f"{operation}-{where}")
            if not member.required:
                yield pytest.param(operation, {**base, **put(None)}, id=f"{operation}-{where}-null")


@pytest.fixture(scope="module")
def caller(server):
    return Caller(server)


def refusal(caller, operation, body):
    reply = caller(operation, body)
    assert reply.status == 400, reply
    return reply.json


@pytest.mark.parametrize("operation, body, message", list(wrong_types()))
def test_wrong_type(caller, operation, body, message):
    assert refusal(caller, operation, body) == {"__type": "SerializationException",
                                                "Message": message}


@pytest.mark.parametrize("operation, body, message", list(broken_constraints()))
def test_broken_constraint(caller, operation, body, message):
    assert refusal(caller, operation, body) == {"__type": "ValidationException", "message": message}


@pytest.mark.parametrize("operation, body", list(legal()))
def test_legal_value(caller, operation, body):
    """It reaches the operation, which may refuse it for other reasons."""
    reply = caller(operation, body)
    if reply.status == 200:
        return
    found = reply.json
    assert found["__type"] != "SerializationException", found
    assert "validation error" not in found.get("message", ""), found


def name_errors(value, where="streamName"):
    shown = f"'{value}'"
    return (texts.violation(shown, where, texts.matches(STREAM_NAME.pattern)),
            texts.violation(shown, where, texts.at_least(1)))


def missing(i, name):
    return texts.violation("null", f"records.{i}.member.{name}", texts.NOT_NULL)


GRIN = "\U0001f600"

# Bodies no table generates; a str is sent as it is.
COLLECTED = [
    ("CreateStream", {"ShardCount": 0, "StreamName": ""}, texts.violations(
        texts.violation("'0'", "shardCount", texts.value_at_least(1)), *name_errors(""))),
    ("CreateStream", {"StreamModeDetails": {}, "Tags": {}, "WarmThroughputMiBps": -1,
                      "MaxRecordSizeInKiB": 0}, texts.violations(
        texts.violation("null", "streamName", texts.NOT_NULL),
        texts.violation("null", "streamModeDetails.streamMode", texts.NOT_NULL),
        texts.violation("'{}'", "tags", texts.at_least(1)),
        texts.violation("'-1'", "warmThroughputMiBps", texts.value_at_least(0)),
        texts.violation("'0'", "maxRecordSizeInKiB", texts.value_at_least(1024)))),
    ("GetShardIterator", {}, texts.violations(
        texts.violation("null", "shardId", texts.NOT_NULL),
        texts.violation("null", "shardIteratorType", texts.NOT_NULL))),
    ("GetShardIterator", {"ShardId": "", "ShardIteratorType": "x", "StartingSequenceNumber": "y",
                          "StreamName": "", "StreamARN": "", "StreamId": ""}, texts.violations(
        *name_errors("", "shardId"),
        texts.violation("'x'", "shardIteratorType", texts.one_of(POSITIONS)),
        texts.violation("'y'", "startingSequenceNumber", texts.matches(r"0|([1-9]\d{0,128})")),
        *name_errors(""),
        *(texts.violation("''", "streamARN", c)
          for c in (texts.matches(ADDRESS[1].pattern), texts.at_least(1))),
        *(texts.violation("''", "streamId", c)
          for c in (texts.matches(ADDRESS[2].pattern), texts.at_least(1))))),
    ("ListShards", {"ShardFilter": {"Type": "x", "ShardId": "ä"}, "MaxResults": 0}, texts.violations(
        texts.violation("'0'", "maxResults", texts.value_at_least(1)),
        texts.violation("'x'", "shardFilter.type", texts.one_of(FILTERS)),
        texts.violation("'ä'", "shardFilter.shardId", texts.matches(STREAM_NAME.pattern)))),
    # Whether a partition key is needed, the stream decides: see test_control.py.
    ("PutRecord", {}, texts.violations(texts.violation("null", "data", texts.NOT_NULL))),
    ("PutRecords", {"Records": [{"Data": ""}, {"PartitionKey": "k"}, {"PartitionKey": ""}]},
     texts.violations(missing(2, "data"),
                      texts.violation("''", "records.3.member.partitionKey", texts.at_least(1)),
                      missing(3, "data"))),
    # Ten at most are collected.
    ("PutRecords", {"Records": [{"PartitionKey": ""}] * 6}, texts.violations(*(
        each for i in range(1, 6) for each in (
            texts.violation("''", f"records.{i}.member.partitionKey", texts.at_least(1)),
            missing(i, "data"))))),
    ("PutRecords", {"Records": [{"PartitionKey": "k"}] * 12, "StreamName": ""}, texts.violations(
        *(missing(i, "data") for i in range(1, 11)))),
    # Lengths are UTF-16 units, values are printed as they came.
    ("PutRecord", {"PartitionKey": GRIN * 129, "Data": ""}, texts.violations(
        texts.violation(f"'{GRIN * 129}'", "partitionKey", texts.at_most(256)))),
    ("PutRecord", {"PartitionKey": "é" * 257, "Data": ""}, texts.violations(
        texts.violation(f"'{'é' * 257}'", "partitionKey", texts.at_most(256)))),
    ("GetRecords", {"ShardIterator": "\"'\\\n\t\u0001" * 100}, texts.violations(
        texts.violation("'" + "\"'\\\n\t\u0001" * 100 + "'", "shardIterator", texts.at_most(512)))),
    ("ListTagsForStream", {"StreamName": "a", "ExclusiveStartTagKey": GRIN * 65}, texts.violations(
        texts.violation(f"'{GRIN * 65}'", "exclusiveStartTagKey", texts.at_most(128)))),
    ("RemoveTagsFromStream", {"TagKeys": [""] * 51}, texts.violations(
        texts.violation("'[" + ", ".join([""] * 51) + "]'", "tagKeys", texts.at_most(50)),
        texts.violation("'[" + ", ".join([""] * 51) + "]'", "tagKeys",
                        f"Member must satisfy constraint: [{texts.at_most(128)}, {texts.at_least(1)}]"))),
    # Fractions are rounded down, null is absence, names are case-sensitive, the last key wins.
    ("ListStreams", {"Limit": 0.99}, texts.violations(
        texts.violation("'0'", "limit", texts.value_at_least(1)))),
    ("ListStreams", {"Limit": -0.1}, texts.violations(
        texts.violation("'-1'", "limit", texts.value_at_least(1)))),
    ("ListStreams", '{"Limit": 1e400}', texts.violations(
        texts.violation("'2147483647'", "limit", texts.value_at_most(10000)))),
    ("ListStreams", '{"Limit": 123456789012345678901234567890}', texts.violations(
        texts.violation("'2147483647'", "limit", texts.value_at_most(10000)))),
    ("CreateStream", {"StreamName": None, "ShardCount": 1}, texts.violations(
        texts.violation("null", "streamName", texts.NOT_NULL))),
    ("CreateStream", {"streamName": "a", "Streamname": "a", "ShardCount": 1}, texts.violations(
        texts.violation("null", "streamName", texts.NOT_NULL))),
    ("ListStreams", '{"Limit": 1, "Limit": 0}', texts.violations(
        texts.violation("'0'", "limit", texts.value_at_least(1)))),
]


@pytest.mark.parametrize("operation, body, message", COLLECTED)
def test_collected_violations(caller, operation, body, message):
    sent = body.encode() if isinstance(body, str) else body
    assert refusal(caller, operation, sent) == {"__type": "ValidationException", "message": message}


def test_two_hundred_tags_are_the_most(caller):
    tags = {f"k{i}": "" for i in range(201)}
    found = refusal(caller, "AddTagsToStream", {"StreamName": "a", "Tags": tags})
    head, tail = "1 validation error detected: Value '{", "}' at 'tags' failed to satisfy constraint: "
    assert found["message"].startswith(head) and found["message"].endswith(tail + texts.at_most(200))
    shown = found["message"][len(head):-len(tail + texts.at_most(200))]
    assert sorted(shown.split(", ")) == sorted(f"{k}=" for k in tags)


@pytest.mark.parametrize("operation, body, message", [
    ("PutRecords", {"Records": [1]}, "Expected null"),
    ("PutRecords", {"Records": ["x"]}, "Expected null"),
    ("PutRecords", {"Records": [[]]}, LIST_START),
    ("PutRecords", {"Records": [{"PartitionKey": "k", "Data": ""}, {"PartitionKey": 1}]},
     NUMBER + "an String"),
    ("RemoveTagsFromStream", {"TagKeys": [1]}, NUMBER + "an String"),
    ("RemoveTagsFromStream", {"TagKeys": ["a", True]}, BOOLEAN + "an String"),
    ("RemoveTagsFromStream", {"TagKeys": ["a", ["b"]]}, LIST_START),
    ("RemoveTagsFromStream", {"TagKeys": ["a", {}]}, MAP_START),
    ("AddTagsToStream", {"Tags": {"a": 1}}, NUMBER + "an String"),
    ("AddTagsToStream", {"Tags": {"a": []}}, LIST_START),
    ("CreateStream", {"StreamModeDetails": {"StreamMode": 1}}, NUMBER + "an String"),
    # A wrong type anywhere comes before all constraints.
    ("CreateStream", {"StreamName": "", "ShardCount": 0, "MaxRecordSizeInKiB": "x"},
     STRING + "an Integer"),
])
def test_wrong_type_inside(caller, operation, body, message):
    assert refusal(caller, operation, body) == {"__type": "SerializationException",
                                                "Message": message}


@pytest.mark.parametrize("text", ["true", "false", "1", "0", "yes", "no", "TRUE", "No"])
def test_texts_that_are_booleans(caller, text):
    found = refusal(caller, "DeleteStream", {"StreamName": "nope", "EnforceConsumerDeletion": text})
    assert found["__type"] == "ResourceNotFoundException"


def test_unknown_members_are_ignored(caller):
    reply = caller("ListStreams", {"Limit": 1, "Unknown": {"deep": [1, {"x": None}]}, "limit": "x"})
    assert reply.status == 200, reply


def test_fractions_are_rounded_down(caller):
    assert caller("ListStreams", {"Limit": 1.99}).status == 200
    assert caller("ListStreams", b'{"Limit": 1e2}').status == 200
