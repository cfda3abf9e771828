"""Stream tags and retention changes."""

import pytest

from harness import aws, texts
from harness.aws import expect_refusal, ignore_metadata

CHARACTERS = ("Some tags contain invalid characters. Valid characters: Unicode letters, digits, "
              "white space, _ . / = + - % @.")


def illegal(verb, where, name):
    return (f"Failed to {verb} tags {where} stream {name} under account {aws.ACCOUNT} because some "
            "tags contained illegal characters. The allowed characters are Unicode letters, "
            "white-spaces, '_',',','/','=','+','-','@'.")


def tags(kinesis, name, **params):
    found = kinesis.list_tags_for_stream(StreamName=name, **params)
    return {t["Key"]: t["Value"] for t in found["Tags"]}, found["HasMoreTags"]


def test_tags_are_added_overwritten_and_removed(kinesis, stream):
    assert tags(kinesis, stream) == ({}, False)
    assert ignore_metadata(kinesis.add_tags_to_stream(
        StreamName=stream, Tags={"a": "1", "B": "", "ключ": "значение"})) == {}
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"a": "2", "A": "3"})
    assert tags(kinesis, stream) == ({"A": "3", "B": "", "a": "2", "ключ": "значение"}, False)
    assert ignore_metadata(kinesis.remove_tags_from_stream(
        StreamName=stream, TagKeys=["a", "never-there", "B"])) == {}
    assert tags(kinesis, stream) == ({"A": "3", "ключ": "значение"}, False)


def test_all_documented_characters_are_legal(kinesis, stream):
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"aZ09_.:/=+-@ é\u1fff\ud7ff": "x: /=+-@_."})
    assert len(tags(kinesis, stream)[0]) == 1


def test_listing_pages_in_code_unit_order(kinesis, stream):
    keys = sorted(f"k{i:02}" for i in range(50))
    kinesis.add_tags_to_stream(StreamName=stream, Tags={k: k for k in keys})
    found, more = tags(kinesis, stream)
    assert (list(found), more) == (keys, False)
    found, more = tags(kinesis, stream, Limit=7)
    assert (list(found), more) == (keys[:7], True)
    found, more = tags(kinesis, stream, ExclusiveStartTagKey=keys[6], Limit=50)
    assert (list(found), more) == (keys[7:], False)
    found, more = tags(kinesis, stream, ExclusiveStartTagKey="k065", Limit=1)
    assert (list(found), more) == (["k07"], True)
    assert tags(kinesis, stream, ExclusiveStartTagKey="z") == ({}, False)


def test_at_most_fifty_tags(kinesis, stream):
    kinesis.add_tags_to_stream(StreamName=stream, Tags={f"k{i}": "" for i in range(49)})
    full = (f"Failed to add tags to stream {stream} under account {aws.ACCOUNT} because a given "
            "stream cannot have more than 50 tags associated with it.")
    expect_refusal(kinesis, "AddTagsToStream", {"StreamName": stream, "Tags": {"x": "", "y": ""}},
                   texts.INVALID, full)
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"x": "", "k1": "again"})
    assert len(tags(kinesis, stream)[0]) == 50
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"k2": "overwriting is no addition"})
    expect_refusal(kinesis, "AddTagsToStream", {"StreamName": stream, "Tags": {"z": ""}},
                   texts.INVALID, full)


@pytest.mark.parametrize("bad", ["tab\t", "line\n", "comma,", "semi;", "quote'", "hash#", "bang!",
                                 "\u20ac", "star*", "back\\slash", "both,%"])
def test_invalid_characters(kinesis, stream, bad):
    for params in ({"Tags": {bad: "v"}}, {"Tags": {"k": bad}}):
        expect_refusal(kinesis, "AddTagsToStream", {"StreamName": stream, **params},
                       texts.INVALID, CHARACTERS)
    expect_refusal(kinesis, "RemoveTagsFromStream", {"StreamName": stream, "TagKeys": ["a", bad]},
                   texts.INVALID, CHARACTERS)
    assert tags(kinesis, stream) == ({}, False)


def test_percent_has_a_text_of_its_own(kinesis, stream):
    for params in ({"Tags": {"100%": "v"}}, {"Tags": {"k": "100%"}}):
        expect_refusal(kinesis, "AddTagsToStream", {"StreamName": stream, **params},
                       texts.INVALID, illegal("add", "to", stream))
    expect_refusal(kinesis, "RemoveTagsFromStream", {"StreamName": stream, "TagKeys": ["100%"]},
                   texts.INVALID, illegal("remove", "from", stream))


@pytest.mark.parametrize("key", ["aws:x", "AWS:x", "aWs:"])
def test_reserved_prefix(kinesis, stream, key):
    expect_refusal(kinesis, "AddTagsToStream", {"StreamName": stream, "Tags": {key: "v"}},
                   texts.INVALID, illegal("add", "to", stream))
    kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=[key])  # additions only


def test_a_missing_stream_wins_over_bad_characters(kinesis):
    for operation, params in [("AddTagsToStream", {"Tags": {"a;": ""}}),
                              ("RemoveTagsFromStream", {"TagKeys": ["a;"]}),
                              ("ListTagsForStream", {"ExclusiveStartTagKey": "a;"})]:
        expect_refusal(kinesis, operation, {"StreamName": "nope", **params},
                       texts.NOT_FOUND, texts.no_stream("nope"))


@pytest.mark.parametrize("bad", [{"a;": ""}, {"aws:k": ""}, {"k": "%"}])
def test_create_stream_judges_tags_alike(kinesis, name, bad):
    with pytest.raises(kinesis.exceptions.InvalidArgumentException):
        kinesis.create_stream(StreamName=name, ShardCount=1, Tags=bad)
    expect_refusal(kinesis, "DescribeStream", {"StreamName": name}, texts.NOT_FOUND,
                   texts.no_stream(name))


def retention(kinesis, name):
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"][
        "RetentionPeriodHours"]


def too_short(hours):
    return (f"Minimum allowed retention period is 24 hours. Requested retention period "
            f"({hours} hours) is too short.")


def too_long(hours):
    return (f"Maximum allowed retention period is 8760 hours. Requested retention period "
            f"({hours} hours) is too long.")


def test_retention_moves_both_ways(kinesis, stream):
    kinesis.put_record(StreamName=stream, PartitionKey="k", Data=b"kept")
    for operation, hours in [("increase", 24), ("increase", 25), ("increase", 8760),
                             ("decrease", 8760), ("decrease", 100), ("decrease", 24),
                             ("decrease", 24)]:
        change = getattr(kinesis, f"{operation}_stream_retention_period")
        assert ignore_metadata(change(StreamName=stream, RetentionPeriodHours=hours)) == {}
        assert retention(kinesis, stream) == hours
    assert [r["Data"] for r in aws.read_all(kinesis, stream)] == [b"kept"]


@pytest.mark.parametrize("operation, hours, message", [
    ("Increase", 1, too_short(1)), ("Increase", 23, too_short(23)),
    ("Increase", 8761, too_long(8761)), ("Increase", 10**12, too_long(2147483647)),
    ("Decrease", 23, too_short(23)), ("Decrease", 8761, too_long(8761)),
    ("Increase", 47, "Requested retention period (47 hours) for stream {S} can not be shorter than "
     "existing retention period (48 hours). Use DecreaseRetentionPeriod API."),
    ("Decrease", 49, "Requested retention period (49 hours) for stream {S} can not be longer than "
     "existing retention period (48 hours). Use IncreaseRetentionPeriod API."),
])
def test_retention_refusals(kinesis, stream, operation, hours, message):
    kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=48)
    expect_refusal(kinesis, f"{operation}StreamRetentionPeriod",
                   {"StreamName": stream, "RetentionPeriodHours": hours},
                   texts.INVALID, message.replace("{S}", stream))
    assert retention(kinesis, stream) == 48


@pytest.mark.parametrize("operation", ["Increase", "Decrease"])
def test_a_missing_stream_wins_over_bad_hours(kinesis, operation):
    expect_refusal(kinesis, f"{operation}StreamRetentionPeriod",
                   {"StreamName": "nope", "RetentionPeriodHours": 1},
                   texts.NOT_FOUND, texts.no_stream("nope"))
    expect_refusal(kinesis, f"{operation}StreamRetentionPeriod",
                   {"StreamName": "nope", "RetentionPeriodHours": 0}, texts.VALIDATION,
                   texts.violations(texts.violation("'0'", "retentionPeriodHours",
                                                    texts.value_at_least(1))))
