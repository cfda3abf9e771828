"""One body in both encodings. It is written as JSON is; the model says which texts are blobs and which
numbers are instants, so that the same body can be sent as CBOR and a CBOR answer be read as JSON."""

import base64
import binascii
import json
import math

from . import cbor, model
from .http import CBOR, JSON

TYPES = {"json": JSON, "cbor": CBOR}
_as_jackson = cbor.Encoder(indefinite=True, chunk=4000)  # what clients in Java send


def _to_cbor(shape, value):
    """Values of a wrong type stay as they are: the server's judgement of them is under test."""
    kind = shape["type"]
    if kind == "structure" and isinstance(value, dict):
        return _members_to_cbor(model.members_of(shape), value)
    if kind == "list" and isinstance(value, list):
        return [_to_cbor(shape["member"], v) for v in value]
    if kind == "blob" and isinstance(value, str):
        try:
            data = base64.b64decode(value, validate=True)
        except binascii.Error:
            return value
        return data if base64.b64encode(data).decode() == value else value
    if kind == "timestamp" and type(value) in (int, float):
        return cbor.Tag(1, math.floor(value * 1000 + 0.5))
    return value


def _members_to_cbor(members, value):
    return {k: _to_cbor(members[k], v) if k in members else v for k, v in value.items()}


def _from_cbor(value):
    if isinstance(value, dict):
        return {k: _from_cbor(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_from_cbor(v) for v in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, cbor.Tag):  # whole seconds without a fraction, as in JSON
        return value.value / 1000 if value.value % 1000 else value.value // 1000
    return value


def encode(protocol, operation, body):
    """Bytes of a request's body; a str is sent as it is."""
    if isinstance(body, str):
        return body.encode()
    if protocol == "json":
        return json.dumps(body).encode()
    return _as_jackson(_members_to_cbor(model.input_members(operation), body))


def decode(protocol, operation, reply):
    """The document of an answer as JSON has it, None if empty, judged by the model on the way."""
    model.check_headers(reply.headers)
    assert reply.headers["Content-Type"] == TYPES[protocol], reply
    if protocol == "json":
        document = json.loads(reply.body) if reply.body else None
        model.check_answer(operation, reply.status, document)
        return document
    document = cbor.decode(reply.body) if reply.body else None
    model.check_answer(operation, reply.status, document, timestamp=cbor.Tag, blob=bytes)
    return _from_cbor(document)
