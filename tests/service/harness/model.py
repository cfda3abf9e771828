"""Judges raw answers by the service's newest model (tests/model/kinesis.json), which knows more than the
installed botocore may: a member the model does not know, a wrong type, a null, a missing required member
or an unknown enum value is a defect of the server."""

import base64
import json
import pathlib
import re

_MODEL = json.loads((pathlib.Path(__file__).resolve().parents[2] / "model/kinesis.json").read_text())
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# What the model requires but the service leaves out, by the behaviour specification.
_OPTIONAL = {"SubscribeToShardEvent.ContinuationSequenceNumber"}  # of a shard's last event


def operations():
    return _MODEL["operations"].keys()


def input_members(operation):
    return _MODEL["operations"][operation]["input"]


def output_members(operation):
    """Of a successful answer; empty for operations that have no body."""
    return _MODEL["operations"][operation]["output"]


def members_of(structure):
    return _MODEL["shapes"][structure["ref"]]


def structure_problems(name, members, value, path, kinds):
    if not isinstance(value, dict):
        yield f"{path}: not a structure: {value!r}"
        return
    for unknown in value.keys() - members.keys():
        yield f"{path}.{unknown}: unknown to the model"
    for member, details in members.items():
        if member in value:
            yield from problems(details, value[member], f"{path}.{member}", **kinds)
        elif details.get("required") and f"{name}.{member}" not in _OPTIONAL:
            yield f"{path}.{member}: required but absent"


def problems(shape, value, path, timestamp=(int, float), blob=str):
    """Yields one sentence per deviation of `value` from `shape`, a member of the model."""
    kind = shape["type"]
    kinds = {"timestamp": timestamp, "blob": blob}
    if kind == "structure":
        yield from structure_problems(shape["ref"], members_of(shape), value, path, kinds)
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path}: not a list: {value!r}"
            return
        for i, item in enumerate(value):
            yield from problems(shape["member"], item, f"{path}[{i}]", **kinds)
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{path}: not a map: {value!r}"
            return
        for key, item in value.items():
            yield from problems(shape["value"], item, f"{path}.{key}", **kinds)
    elif kind == "string":
        if not isinstance(value, str):
            yield f"{path}: not a string: {value!r}"
        elif "enum" in shape and value not in shape["enum"]:
            yield f"{path}: {value!r} is not of {shape['enum']}"
        elif "pattern" in shape and not re.fullmatch(shape["pattern"], value):
            yield f"{path}: {value!r} does not match {shape['pattern']}"
    elif kind == "boolean":
        if not isinstance(value, bool):
            yield f"{path}: not a boolean: {value!r}"
    elif kind in ("integer", "long"):
        if not isinstance(value, int) or isinstance(value, bool):
            yield f"{path}: not an integer: {value!r}"
    elif kind == "timestamp":
        if not isinstance(value, timestamp) or isinstance(value, bool):
            yield f"{path}: not a timestamp: {value!r}"
    elif kind == "blob":
        if not isinstance(value, blob):
            yield f"{path}: not a blob: {type(value)}"
        elif isinstance(value, str):
            try:
                base64.b64decode(value, validate=True)
            except ValueError:
                yield f"{path}: not base64"
    else:
        yield f"{path}: unexpected kind {kind}"


def check_answer(operation, status, document, **kinds):
    """Raises unless a decoded answer of `operation` is what the model allows."""
    if status == 200:
        members = output_members(operation)
        if not members:
            assert document is None, f"{operation}: body where the model has none: {document!r}"
            return
        found = list(structure_problems(operation, members, document, operation, kinds))
        assert not found, "; ".join(found)
        return
    assert isinstance(document, dict), document
    assert isinstance(document.get("__type"), str), document
    assert "#" not in document["__type"], document
    text = "Message" if document["__type"] == "SerializationException" else "message"
    assert document.keys() <= {"__type", text}, document
    assert isinstance(document.get(text, ""), str), document


def check_event(event):
    """The same for an event of SubscribeToShard."""
    members = _MODEL["shapes"]["SubscribeToShardEvent"]
    found = list(structure_problems("SubscribeToShardEvent", members, event, "event", {}))
    assert not found, "; ".join(found)


def check_headers(headers):
    """`headers`: a case-insensitive mapping. Every answer to a request that was read has these."""
    assert _UUID.fullmatch(headers["x-amzn-RequestId"]), headers
    assert 48 <= len(base64.b64decode(headers["x-amz-id-2"], validate=True)) <= 80, headers
    assert headers.get("Date"), headers
    assert headers.get("Connection") is None, headers
