"""Which refusal wins before an operation is entered: method, content type, body, target and
authentication, each against each, judged by a model of the order written here from the specification."""

import itertools
import json

import pytest

from harness import cbor
from harness.http import AUTHORIZATION, CBOR, JSON, SIGNED, TARGET, Caller, ask, request

AMBIGUOUS = "Unable to determine service/operation name to be authorized"


def xml(kind, message):
    return f"<{kind}>\n  <Message>{message}</Message>\n</{kind}>\n".encode()


TARGETS = {"valid": TARGET + "ListStreams", "unknown-operation": TARGET + "Nope",
           "unknown-service": "Other.ListStreams", "other-version": "Kinesis_20131203.ListStreams",
           "case": "kinesis_20131202.ListStreams", "no-operation": "Kinesis_20131202", "absent": None}
KINDS = {"json": JSON, "cbor": CBOR, "plain-json": "application/json", "text": "text/plain",
         "absent": None, "cbor-alias": "application/cbor"}
# How the body looks to a JSON and to a CBOR reader.
BODIES = {"empty": b"", "garbage": b"\x1c{", "list": {"json": b"[]", "cbor": b"\x80"},
          "number": {"json": b"1", "cbor": b"\x01"}, "null": {"json": b"null", "cbor": b"\xf6"},
          "trailing": {"json": b"{} x", "cbor": b"\xa0\x00"},
          "object": {"json": b"{}", "cbor": b"\xa0"}}
SIGNATURES = {"signed": SIGNED, "unsigned": {}, "incomplete": {"Authorization": "AWS4-HMAC-SHA256"}}
INCOMPLETE = ("Authorization header requires 'Credential' parameter. "
              "Authorization header requires 'Signature' parameter. "
              "Authorization header requires 'SignedHeaders' parameter. "
              "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
              "Authorization=AWS4-HMAC-SHA256")


def expected(kind, target, body, signature):
    """(status, content type, document or bytes); a document is compared decoded."""
    kind_text = KINDS[kind]
    encoded = JSON if kind == "json" else CBOR
    if body == "empty":
        error = "SerializationException" if target == "valid" else "UnknownOperationException"
        return 400, encoded, {"__type": error}
    if kind not in ("json", "cbor", "plain-json"):
        if target in ("no-operation", "absent"):
            return 403, None, xml("AccessDeniedException", AMBIGUOUS)
        return 404, None, b"<UnknownOperationException/>\n"
    parsed = body == "object"
    if kind == "plain-json":
        name = "UnknownOperationException" if parsed else "SerializationException"
        return 404 if parsed else 400, kind_text, {
            "Output": {"__type": "com.amazon.coral.service#" + name}, "Version": "1.0"}
    if not parsed:
        return 400, encoded, {"__type": "SerializationException"}
    if target != "valid":
        return 400, encoded, {"__type": "UnknownOperationException"}
    if signature == "unsigned":
        return 400, encoded, {"__type": "MissingAuthenticationTokenException",
                              "message": "Missing Authentication Token"}
    if signature == "incomplete":
        return 400, encoded, {"__type": "IncompleteSignatureException", "message": INCOMPLETE}
    return 200, encoded, {"StreamNames": [], "HasMoreStreams": False, "StreamSummaries": []}


@pytest.fixture(scope="module")
def caller(server):
    return Caller(server)


def decoded(reply):
    kind = reply.headers.get("Content-Type")
    if kind == CBOR:
        return cbor.decode(reply.body)
    if kind in (JSON, "application/json"):
        return json.loads(reply.body)
    return reply.body


@pytest.mark.parametrize("kind, body", itertools.product(KINDS, BODIES))
def test_every_combination(caller, kind, body):
    for target, signature in itertools.product(TARGETS, SIGNATURES):
        bytes_ = BODIES[body]
        if isinstance(bytes_, dict):
            bytes_ = bytes_["cbor" if kind == "cbor" else "json"]
        reply = caller.ask(request(bytes_, headers={
            "X-Amz-Target": TARGETS[target], "Content-Type": KINDS[kind], **SIGNATURES[signature]}))
        status, content_type, document = expected(kind, target, body, signature)
        where = (kind, body, target, signature)
        assert (reply.status, decoded(reply)) == (status, document), (where, reply)
        if status != 403:
            assert reply.headers.get("Content-Type") == content_type, (where, reply)
        assert "x-amzn-requestid" in reply.headers and "x-amz-id-2" in reply.headers, reply


@pytest.mark.parametrize("kind", [JSON + "; charset=utf-8", f"  {JSON}  ;x=y", JSON + ";"])
def test_parameters_of_the_content_type_do_not_matter(caller, kind):
    reply = caller.ask(request(b"{}", headers={"X-Amz-Target": TARGET + "ListStreams",
                                               "Content-Type": kind, **SIGNED}))
    assert reply.status == 200 and reply.headers["Content-Type"] == JSON


@pytest.mark.parametrize("path", ["/", "/anything/at/all", "/?x=1", "//", "/%00%ff", "/a?b=c&d"])
def test_the_path_does_not_matter(caller, path):
    reply = caller.ask(request(b"{}", path=path, headers={
        "X-Amz-Target": TARGET + "ListStreams", "Content-Type": JSON, **SIGNED}))
    assert reply.status == 200, reply


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_other_methods_get_xml(caller, server, method):
    for headers in (SIGNED, {**SIGNED, "X-Amz-Target": TARGET + "ListStreams", "Content-Type": JSON}):
        reply = ask(server, request(method=method, headers=headers), head=method == "HEAD")
        assert reply.status == 403, reply
        body = xml("AccessDeniedException", AMBIGUOUS)
        if method == "HEAD":
            assert reply.headers.get("Content-Length") in (None, "0", str(len(body)))
        else:
            assert reply.body == body


def test_an_unsigned_get_misses_its_token(server):
    reply = ask(server, request(method="GET"))
    assert reply.status == 403
    assert reply.body == xml("MissingAuthenticationTokenException", "Missing Authentication Token")


@pytest.mark.parametrize("depth, status", [(100, 200), (129, 400), (100000, 400)])
def test_depth_of_documents(caller, depth, status):
    for kind, body in ((JSON, b'{"x":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"),
                       (CBOR, b"\xa1\x61x" + b"\x81" * (depth - 2) + b"\x80")):
        reply = caller.ask(request(body, headers={"X-Amz-Target": TARGET + "ListStreams",
                                                  "Content-Type": kind, **SIGNED}))
        assert reply.status == status, (kind, reply)
        if status == 400:
            assert decoded(reply) == {"__type": "SerializationException"}


@pytest.mark.parametrize("body", [
    b"{", b"{]", b"{'a':1}", b'{"a":1,}', b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":NaN}',
    b'{"a":1 "b":2}', b'{"a"}', b'{a:1}', b'{"a":tru}', b'\xef\xbb\xbf{}', b'{"a":"\xff"}',
    b'{"a":"\n"}', b'{"a":"\\x"}', b'{"\xc0\x80":1}', b'{"a":"\\ud800"}'[:-2] + b"\\u12\"}", b"{}{}",
    b"{}\0"])
def test_broken_json(caller, body):
    reply = caller.ask(request(body, headers={"X-Amz-Target": TARGET + "ListStreams",
                                              "Content-Type": JSON, **SIGNED}))
    assert (reply.status, decoded(reply)) == (400, {"__type": "SerializationException"}), reply


# ---- authentication: (headers, query, error, message)

CREDENTIAL = "Credential=a/b/us-east-1/kinesis/aws4_request"
QUERY = {"X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": "a%2Fb%2Fus-east-1%2Fkinesis%2Fc",
         "X-Amz-Signature": "0", "X-Amz-SignedHeaders": "host", "X-Amz-Date": "20260101T000000Z"}
MISSING = ("MissingAuthenticationTokenException", "Missing Authentication Token")


def header_lacks(value, *parts, date=True):
    text = "".join(f"Authorization header requires '{p}' parameter. " for p in parts)
    if not date:
        text += ("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                 "header. ")
    return "IncompleteSignatureException", f"{text}Authorization={value}"


def query_lacks(*names):
    return "IncompleteSignatureException", "".join(
        f"AWS query-string parameters must include '{n}'. " for n in names
    ) + "Re-examine the query-string parameters."


DATE = {"X-Amz-Date": "20260101T000000Z"}
BOTH = ("InvalidSignatureException", "Found both 'X-Amz-Algorithm' as a query-string param and "
        "'Authorization' as HTTP header.")


def header_row(value, *parts, date=True):
    return ({"Authorization": value, **(DATE if date else {})}, {},
            header_lacks(value, *parts, date=date))


def query_row(*without, empty=()):
    query = {k: "" if k in empty else v for k, v in QUERY.items() if k not in without}
    return {}, query, query_lacks(*(n for n in QUERY if n in without or n in empty))


AUTHENTICATION = [
    ({}, {}, MISSING),
    (DATE, {}, MISSING),
    ({}, {"X-Amz-Date": "20260101T000000Z", "X-Amz-Signature": "0"}, MISSING),
    ({"Authorization": AUTHORIZATION, **DATE}, QUERY, BOTH),
    ({"Authorization": "x"}, {"X-Amz-Algorithm": ""}, BOTH),
    header_row("AWS4-HMAC-SHA256", "Credential", "Signature", "SignedHeaders"),
    header_row("AWS4-HMAC-SHA256", "Credential", "Signature", "SignedHeaders", date=False),
    header_row(f"AWS4-HMAC-SHA256 {CREDENTIAL}", "Signature", "SignedHeaders"),
    header_row(f"AWS4-HMAC-SHA256 {CREDENTIAL}, Signature=b", "SignedHeaders"),
    header_row(f"AWS4-HMAC-SHA256 {CREDENTIAL},SignedHeaders=b", "Signature", date=False),
    header_row("AWS4-HMAC-SHA256 Signature=b SignedHeaders=c", "Credential"),
    header_row("Credential=a Signature=b, SignedHeaders=c", "Credential"),  # the first token is dropped
    header_row(f"x {CREDENTIAL} Signature=b,SignedHeaders=c", date=False),
    query_row(*list(QUERY)[1:]),
    query_row("X-Amz-Credential"), query_row("X-Amz-Signature"), query_row("X-Amz-SignedHeaders"),
    query_row("X-Amz-Date"), query_row(empty=("X-Amz-Algorithm",)),
    query_row("X-Amz-Date", empty=("X-Amz-Credential", "X-Amz-Algorithm")),
]
COMPLETE = [
    ({"Authorization": f"x {CREDENTIAL} Signature=b,SignedHeaders=c", **DATE}, {}),
    ({"Authorization": f"x {CREDENTIAL},,Signature=b, , SignedHeaders=c=d",
      "Date": "Thu, 01 Jan 2026 00:00:00 GMT"}, {}),
    ({"authorization": f"AWS4-HMAC-SHA256 {CREDENTIAL}, SignedHeaders=host, Signature=0",
      "x-amz-date": "20260101T000000Z"}, {}),
    ({}, QUERY),
]


def signed_by(headers, query, kind, body):
    path = "/?" + "&".join(f"{k}={v}" for k, v in query.items()) if query else "/"
    return request(body, path=path, headers={"X-Amz-Target": TARGET + "ListStreams",
                                             "Content-Type": kind, **headers})


@pytest.mark.parametrize("headers, query, answer", AUTHENTICATION)
def test_incomplete_authentication(caller, headers, query, answer):
    error, message = answer
    for kind, body in ((JSON, b"{}"), (CBOR, b"\xa0")):
        reply = caller.ask(signed_by(headers, query, kind, body))
        assert (reply.status, decoded(reply)) == (400, {"__type": error, "message": message})
    # Authentication comes before the members are looked at.
    reply = caller.ask(signed_by(headers, query, JSON, b'{"Limit": "x"}'))
    assert decoded(reply)["__type"] == error


@pytest.mark.parametrize("headers, query", COMPLETE)
def test_complete_authentication(caller, headers, query):
    for kind, body in ((JSON, b"{}"), (CBOR, b"\xa0")):
        reply = caller.ask(signed_by(headers, query, kind, body))
        assert reply.status == 200, reply


def test_coercion_comes_before_constraints_and_these_before_the_operation(caller):
    def error(body):
        return decoded(caller.ask(request(json.dumps(body).encode(), headers={
            "X-Amz-Target": TARGET + "DescribeStream", "Content-Type": JSON, **SIGNED})))["__type"]
    assert error({"Limit": "x", "StreamName": ""}) == "SerializationException"
    assert error({"Limit": 0, "StreamName": "nope"}) == "ValidationException"
    assert error({"Limit": 1}) == "InvalidArgumentException"
    assert error({"Limit": 1, "StreamName": "nope"}) == "ResourceNotFoundException"
