"""Judges raw answers by botocore's own service model: a member the model does not know, a wrong type,
a null, a missing required member or an unknown enum value is a defect of the server."""

import base64
import re

import botocore.session

SERVICE = botocore.session.get_session().get_service_model("kinesis")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# What the model requires but the service leaves out, by the behaviour specification.
_OPTIONAL = {"SubscribeToShardEvent.ContinuationSequenceNumber"}  # of a shard's last event


def problems(shape, value, path, timestamp=(int, float), blob=str):
    """Yields one sentence per deviation of `value` from `shape`."""
    kind = shape.type_name
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path}: not a structure: {value!r}"
            return
        for name in value.keys() - shape.members.keys():
            yield f"{path}.{name}: unknown to the model"
        for name in set(shape.required_members) - value.keys():
            if f"{shape.name}.{name}" not in _OPTIONAL:
                yield f"{path}.{name}: required but absent"
        for name in value.keys() & shape.members.keys():
            yield from problems(shape.members[name], value[name], f"{path}.{name}", timestamp, blob)
    elif kind == "list":
        if not isinstance(value, list):
            yield f"{path}: not a list: {value!r}"
            return
        for i, item in enumerate(value):
            yield from problems(shape.member, item, f"{path}[{i}]", timestamp, blob)
    elif kind == "map":
        if not isinstance(value, dict):
            yield f"{path}: not a map: {value!r}"
            return
        for key, item in value.items():
            yield from problems(shape.value, item, f"{path}.{key}", timestamp, blob)
    elif kind == "string":
        if not isinstance(value, str):
            yield f"{path}: not a string: {value!r}"
        elif getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{path}: {value!r} is not of {shape.enum}"
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
        shape = SERVICE.operation_model(operation).output_shape
        if shape is None:
            assert document is None, f"{operation}: body where the model has none: {document!r}"
            return
        found = list(problems(shape, document, operation, **kinds))
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
    found = list(problems(SERVICE.shape_for("SubscribeToShardEvent"), event, "event"))
    assert not found, "; ".join(found)


def check_headers(headers):
    """`headers`: a case-insensitive mapping. Every answer to a request that was read has these."""
    assert _UUID.fullmatch(headers["x-amzn-RequestId"]), headers
    assert 48 <= len(base64.b64decode(headers["x-amz-id-2"], validate=True)) <= 80, headers
    assert headers.get("Date"), headers
    assert headers.get("Connection") is None, headers
