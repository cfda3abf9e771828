"""HTTP/1.1 as bytes: framing, limits, persistence, hostile and slow clients."""


import base64
import json
import resource
import signal
import socket
import threading
import time

import pytest

from harness import cbor, texts
from harness.http import (CBOR, JSON, SIGNED, TARGET, Caller, Wire, alive, call,
                          request)
from harness.metrics import metrics
from harness.model import check_headers
from harness.process import PATIENCE, Server, eventually

MIB = 1 << 20
BODY_MAX = 16 * MIB
LIST = {"X-Amz-Target": TARGET + "ListStreams", "Content-Type": JSON, **SIGNED}
EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date"


@pytest.fixture
def wire(server):
    with Wire(server) as made:
        yield made


def ok(reply):
    assert reply.status == 200, reply
    assert reply.json["StreamNames"] == []
    return reply


def test_each_answer_has_its_own_ids(wire):
    replies = [ok(wire.ask(call("ListStreams"))) for _ in range(20)]
    for reply in replies:
        check_headers(reply.headers)
    assert len({r.headers["x-amzn-RequestId"] for r in replies}) == 20
    assert len({r.headers["x-amz-id-2"] for r in replies}) == 20


# ---- CORS

def test_origin_opens_the_answer(wire):
    for data in (call("ListStreams", Origin="http://a"), request(headers={"Origin": "http://a"}),
                 request(method="GET", headers={"Origin": "http://a"})):
        reply = wire.ask(data)
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        assert reply.headers["Access-Control-Expose-Headers"] == EXPOSED
        check_headers(reply.headers)
    reply = wire.ask(call("ListStreams"))
    assert not any(name.startswith("access-control") for name in reply.headers)


@pytest.mark.parametrize("asked, answered", [
    ({}, {}),
    ({"Access-Control-Request-Headers": "x-amz-date, X-Y"},
     {"access-control-allow-headers": "x-amz-date, X-Y"}),
    ({"Access-Control-Request-Method": "PUT"}, {"access-control-allow-methods": "PUT"}),
    ({"Access-Control-Request-Headers": "a", "Access-Control-Request-Method": "POST"},
     {"access-control-allow-headers": "a", "access-control-allow-methods": "POST"}),
])
def test_preflight(wire, asked, answered):
    reply = wire.ask(request(method="OPTIONS", headers={"Origin": "null", **asked}))
    headers = dict(reply.headers)
    assert headers.pop("x-amzn-requestid") and headers.pop("date")
    assert (reply.status, reply.body) == (200, b"")
    assert headers == {"access-control-allow-origin": "*", "access-control-max-age": "172800",
                       "content-length": "0", **answered}


# ---- framing

def test_byte_by_byte(wire):
    for byte in call("ListStreams"):
        wire.send(bytes([byte]))
    ok(wire.receive())


def test_two_requests_cut_at_every_place(wire):
    both = call("ListStreams") + call("DescribeStreamSummary", {"StreamName": "second"})
    for cut in range(1, len(both), 7):
        wire.send(both[:cut])
        wire.send(both[cut:])
        ok(wire.receive())
        assert wire.receive().json["message"] == texts.no_stream("second")


def test_pipelined_requests_are_answered_in_order(wire):
    names = [f"pipelined-{i}" for i in range(200)]
    sender = threading.Thread(target=wire.send, args=(
        b"".join(call("DescribeStreamSummary", {"StreamName": n}) for n in names),))
    sender.start()
    for name in names:
        assert wire.receive().json["message"] == texts.no_stream(name)
    sender.join()


def test_pipelining_keeps_order_when_operations_differ_in_cost(wire, kinesis):
    kinesis.create_stream(StreamName="pipelined", ShardCount=1)
    put = {"StreamName": "pipelined", "PartitionKey": "k", "Data": "QQ=="}
    wire.send(b"".join(call("PutRecord", put) + call("DescribeLimits") for _ in range(50)))
    numbers = []
    for _ in range(50):
        numbers.append(int(wire.receive().json["SequenceNumber"]))
        assert "ShardLimit" in wire.receive().json
    assert numbers == sorted(set(numbers))
    kinesis.delete_stream(StreamName="pipelined")


def chunked(*pieces, trailer=b""):
    body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
    return request(body + b"0\r\n" + trailer + b"\r\n", length=False,
                   headers={**LIST, "Transfer-Encoding": "chunked"})


@pytest.mark.parametrize("data", [
    chunked(b"{}"), chunked(b"{", b"}"), chunked(b"{", b" " * 70000, b"}"),
    chunked(b"{}", trailer=b"X-Trailer: 1\r\n"),
    chunked(b"{}").replace(b"\r\n2\r\n", b"\r\n02;name=value\r\n"),
    chunked(b" " * 10 + b"{}").replace(b"\r\nc\r\n", b"\r\nC\r\n"),
])
def test_chunked_bodies(wire, data):
    for _ in range(2):
        ok(wire.ask(data))
    ok(wire.ask(call("ListStreams")))


def test_empty_chunked_body_is_an_empty_body(wire):
    reply = wire.ask(chunked())
    assert (reply.status, reply.json) == (400, {"__type": "SerializationException"})


def test_expect_100_continue(wire):
    body = b'{"Limit": 5}'
    wire.send(request(length=False, headers={**LIST, "Content-Length": str(len(body)),
                                             "Expect": "100-continue"}))
    assert wire.receive().status == 100
    wire.send(body)
    ok(wire.receive())
    ok(wire.ask(call("ListStreams")))


def test_expect_is_needless_once_the_body_is_there(wire):
    wire.send(request(b"{}", headers={**LIST, "Expect": "100-continue"}))
    reply = wire.receive()
    ok(wire.receive() if reply.status == 100 else reply)


# ---- limits

def refused_as_too_large(reply):
    assert reply.status == 413 and reply.body == b"", reply
    assert reply.headers["Transfer-Encoding"] == "chunked", reply
    assert "x-amzn-RequestId" not in reply.headers, reply


@pytest.mark.parametrize("expect", [{}, {"Expect": "100-continue"}], ids=["plain", "expect"])
@pytest.mark.parametrize("length", [BODY_MAX + 1, 1 << 40, (1 << 63) - 1])
def test_announced_body_too_large(server, wire, length, expect):
    wire.send(request(length=False, headers={**LIST, "Content-Length": str(length), **expect}))
    refused_as_too_large(wire.receive())
    assert alive(server)


def test_streamed_body_too_large(server, wire):
    wire.send(request(length=False, headers={**LIST, "Transfer-Encoding": "chunked"}))
    piece = b"100000\r\n" + b" " * MIB + b"\r\n"
    try:
        for _ in range(20):
            wire.send(piece)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the server need not read on
    try:
        refused_as_too_large(wire.receive())
    except (ConnectionResetError, EOFError):
        pass
    assert alive(server)


def test_the_largest_body_is_read(wire):
    ok(wire.ask(call("ListStreams", b"{" + b" " * (BODY_MAX - 2) + b"}")))


def test_the_largest_header_is_read_and_a_larger_refused(server, wire):
    ok(wire.ask(call("ListStreams", X_Long="x" * 60000)))
    with Wire(server) as other:
        try:
            reply = other.ask(call("ListStreams", X_Long="x" * 70000))
            assert reply.status in (400, 413, 431), reply
        except (ConnectionResetError, BrokenPipeError, EOFError):
            pass
    assert alive(server)


def test_a_header_without_end(server):
    with Wire(server) as wire:
        wire.send(b"POST / HTTP/1.1\r\n")
        try:
            for _ in range(200):
                wire.send(b"X-Filler: " + b"y" * 1000 + b"\r\n")
            assert wire.receive().status in (400, 413, 431)
        except (ConnectionResetError, BrokenPipeError, EOFError):
            pass
    assert alive(server)


MALFORMED = [
    b"GARBAGE\r\n\r\n", b"\r\n\r\n\r\n\r\nnothing\r\n\r\n", b"POST /\r\n\r\n",
    b"POST / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1 x\r\nHost: a\r\n\r\n", b"\0\0\0\0\r\n\r\n",
    b"POST / HTTP/1.1\r\nNo colon\r\n\r\n", b"POST / HTTP/1.1\r\n: empty\r\n\r\n",
    b"POST / HTTP/1.1\r\nA: \0\r\n\r\n", b"POST / HTTP/1.1\r\nBad Name: 1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}XX0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n"
    b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x11" * 60,  # a TLS ClientHello
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 9,
    b"\xff" * 100_000,
]


@pytest.mark.parametrize("data", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_requests_end_the_connection(server, data):
    """An error answer or none, then the end: no second answer to what follows, and no harm."""
    with Wire(server, timeout=5) as wire:
        received = b""
        try:
            wire.send(data)
            wire.socket.shutdown(socket.SHUT_WR)
            while piece := wire.socket.recv(65536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert received.count(b"HTTP/1.1 ") <= 1, received
    if received.startswith(b"HTTP/"):
        assert 400 <= int(received.split(b" ")[1]) < 600, received
    assert b"smuggled" not in received
    assert alive(server)


def test_two_lengths_that_agree_or_not_never_split_a_request(server):
    inner = call("ListStreams")
    data = request(inner, headers={**LIST, "Transfer-Encoding": "chunked"})
    with Wire(server) as wire:
        try:
            wire.send(data)
            wire.socket.shutdown(socket.SHUT_WR)
            received = b""
            while piece := wire.socket.recv(65536):
                received += piece
        except (ConnectionResetError, BrokenPipeError):
            pass
    assert b"StreamNames" not in received


# ---- persistence

def test_connection_close_is_honoured(wire):
    ok(wire.ask(call("ListStreams", Connection="close")))
    assert wire.closed()


def test_http_1_0_is_answered_and_closed(wire):
    reply = wire.ask(request(b"{}", headers=LIST, version="1.0"))
    assert reply.status == 200
    assert wire.closed()


def test_a_half_closed_client_gets_its_answers(wire):
    wire.send(call("ListStreams") * 3)
    wire.socket.shutdown(socket.SHUT_WR)
    for _ in range(3):
        ok(wire.receive())
    assert wire.closed()


def test_a_client_that_leaves_in_the_middle_does_no_harm(server):
    for cut in (1, 20, 200, -1):
        with Wire(server) as wire:
            wire.send(call("ListStreams", b"{}" + b" " * 500)[:cut])
    for _ in range(20):
        with Wire(server) as wire:  # leaves without reading the answer, with a reset
            wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            wire.send(call("ListStreams"))
    assert alive(server)


def test_many_connections(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    wires = [Wire(server) for _ in range(600)]
    try:
        for wire in wires:
            wire.send(call("ListStreams"))
        for wire in wires:
            ok(wire.receive())
        for wire in reversed(wires):
            ok(wire.ask(call("ListStreams")))
    finally:
        for wire in wires:
            wire.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_slow_reader_gets_everything(server, kinesis):
    kinesis.create_stream(StreamName="slow", ShardCount=1)
    for _ in range(9):
        kinesis.put_record(StreamName="slow", PartitionKey="k", Data=b"x" * (MIB - 1))
    at = kinesis.get_shard_iterator(StreamName="slow", ShardId="0",
                                    ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    with Wire(server) as wire:
        # Much less and the kernel would send by its persist timer alone: minutes.
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 << 10)
        wire.send(call("GetRecords", {"ShardIterator": at}) + call("DescribeLimits"))
        time.sleep(0.3)  # the answer does not fit into any socket buffer
        assert alive(server)
        assert len(wire.receive().json["Records"]) == 9
        assert "ShardLimit" in wire.receive().json
    kinesis.delete_stream(StreamName="slow")


# ---- answers of many megabytes, which are encoded while they are sent

LARGE = [(f'k"\\\n\t\u20ac{i}', bytes([i % 256]) * (1 + i * 997 % 60_000)) for i in range(300)]  # 9 MB


def put_large(server, stream="large"):
    caller = Caller(server)
    assert caller("CreateStream", {"StreamName": stream, "ShardCount": 1}).status == 200
    for at in range(0, len(LARGE), 50):
        reply = caller("PutRecords", {"StreamName": stream, "Records": [
            {"PartitionKey": key, "Data": base64.b64encode(data).decode()} for key, data in LARGE[at:at + 50]]})
        assert reply.json["FailedRecordCount"] == 0
    return caller("GetShardIterator", {"StreamName": stream, "ShardId": "0",
                                       "ShardIteratorType": "TRIM_HORIZON"}).json["ShardIterator"]


def records_of(reply):
    if reply.headers["Content-Type"] == CBOR:
        return [(r["PartitionKey"], r["Data"]) for r in cbor.decode(reply.body)["Records"]]
    return [(r["PartitionKey"], base64.b64decode(r["Data"])) for r in reply.json["Records"]]


@pytest.fixture(scope="module")
def large(server):
    return put_large(server)


@pytest.mark.parametrize("kind", [JSON, CBOR])
def test_a_large_answer_has_a_length_and_keeps_the_connection(wire, large, kind):
    body = {"ShardIterator": large}
    if kind == CBOR:
        body = cbor.encode(body)
    wire.send(call("GetRecords", body, kind=kind) * 2 + call("DescribeLimits"))
    for _ in range(2):
        reply = wire.receive()
        assert len(reply.body) == int(reply.headers["Content-Length"]) > 8_000_000
        assert records_of(reply) == LARGE
    assert "ShardLimit" in wire.receive().json


def test_a_large_answer_to_http_1_0_keeps_the_connection_if_asked(wire, large):
    head = {**LIST, "X-Amz-Target": TARGET + "GetRecords", "Connection": "keep-alive"}
    for _ in range(2):
        reply = wire.ask(request(json.dumps({"ShardIterator": large}).encode(), headers=head, version="1.0"))
        assert records_of(reply) == LARGE
        assert reply.headers["Connection"] == "keep-alive"


def test_a_half_closed_client_gets_its_large_answer(wire, large):
    wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 << 10)
    wire.send(call("GetRecords", {"ShardIterator": large}))
    wire.socket.shutdown(socket.SHUT_WR)
    assert records_of(wire.receive()) == LARGE
    assert wire.closed()


def test_a_client_that_leaves_in_a_large_answer_gives_its_memory_back(make_server):
    server = make_server().start()
    at = put_large(server)

    def held():
        return metrics(server).total("millrace_body_memory_bytes")
    with Wire(server) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 << 10)
        wire.send(call("GetRecords", {"ShardIterator": at}))
        eventually(lambda: held() > 8_000_000)
    eventually(lambda: held() == 0)
    assert alive(server)


def test_a_large_answer_is_finished_when_the_server_stops(make_server):
    server = make_server().start()
    at = put_large(server)
    with Wire(server) as wire:
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 << 10)
        wire.send(call("GetRecords", {"ShardIterator": at}))
        wire._more()
        server.signal(signal.SIGTERM)
        time.sleep(0.3)
        assert records_of(wire.receive()) == LARGE
        assert wire.closed()
    assert server.wait() == 0


def test_ipv6(make_server):
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
    server = make_server(host="::1").start()
    assert alive(server)


# ---- slow clients, with short deadlines

@pytest.fixture(scope="module")
def hasty(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("hasty") / "data", "--idle-timeout", "1s",
                  "--header-timeout", "1s", "--body-timeout", "1s").start()
    yield made
    Server.every.remove(made)
    made.close()


def until_closed(wire, drip=b""):
    begun = time.monotonic()
    wire.socket.settimeout(0.1 if drip else 10 * PATIENCE)
    while time.monotonic() - begun < 10 * PATIENCE:
        try:
            if drip:
                wire.send(drip)
            if not wire.socket.recv(4096):
                return
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return
    raise AssertionError("still open")


@pytest.mark.parametrize("sent, drip", [
    (b"", b""), (call("ListStreams"), b""), (b"POST / HTTP/1.1\r\nX: ", b""),
    (b"POST / HTTP/1.1\r\nX: ", b"x"), (call("ListStreams")[:-1], b""),
    (request(length=False, headers={**LIST, "Content-Length": "100"}), b""),
], ids=["silent", "idle", "stalled-header", "dripping-header", "cut-body", "stalled-body"])
def test_deadlines(hasty, sent, drip):
    begun = time.monotonic()
    with Wire(hasty) as wire:
        wire.send(sent)
        if sent == call("ListStreams"):
            ok(wire.receive())
        until_closed(wire, drip)
        assert 0.9 < time.monotonic() - begun
    assert alive(hasty)


def test_deadlines_are_renewed_by_each_request(make_server):
    server = make_server("--idle-timeout", "3s", "--header-timeout", "3s", "--body-timeout", "3s").start()
    with Wire(server) as wire:
        for _ in range(6):
            ok(wire.ask(call("ListStreams")))
            time.sleep(0.7)


def test_cors_and_account_of_a_chunked_cbor_call(server):
    """Everything at once, as a browser SDK might."""
    reply = Caller(server).ask(request(
        b"1\r\n\xa0\r\n0\r\n\r\n", length=False, headers={
            "X-Amz-Target": TARGET + "DescribeLimits", "Content-Type": CBOR, "Origin": "http://a",
            "Transfer-Encoding": "chunked", **SIGNED}))
    assert reply.status == 200 and reply.headers["Content-Type"] == CBOR
    assert reply.headers["Access-Control-Expose-Headers"] == EXPOSED

