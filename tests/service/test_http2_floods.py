"""Floods of HTTP/2 frames on a real connection, plain and under TLS: each ends its own connection, with
a GOAWAY that says so, and nobody else's."""

import contextlib
import select
import socket
import ssl
import struct

import pytest

from harness import process

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 6, 7, 9
END_STREAM, END_HEADERS = 1, 4
# nghttp2 has limits of its own, of resets and CONTINUATION, and other words for them.
REASONS = {1: "PROTOCOL_ERROR", 2: "INTERNAL_ERROR", 11: "ENHANCE_YOUR_CALM"}
POST = b"\x83\x86\x84\x01\1a"  # :method POST, :scheme http, :path /, :authority a
OWN_REASONS = {"rapid reset": {"INTERNAL_ERROR"}, "CONTINUATION": {"PROTOCOL_ERROR"},
               "empty CONTINUATION": {"PROTOCOL_ERROR"}}
FRAMES_MAX = 50_000


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + struct.pack("!BBI", kind, flags, stream) + payload


FLOODS = {
    "rapid reset": lambda i: frame(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, POST) + frame(
        RESET, 0, 2 * i + 1, struct.pack("!I", 8)),
    "CONTINUATION": lambda i: frame(CONTINUATION, 0, 1, b"\0\1x\1y") if i else frame(HEADERS, 0, 1, POST),
    "empty CONTINUATION": lambda i: frame(CONTINUATION, 0, 1) if i else frame(HEADERS, 0, 1, POST),
    "SETTINGS": lambda i: frame(SETTINGS, 0, 0, struct.pack("!HI", 4, 65_535 + i % 2)),
    "PING": lambda i: frame(PING, 0, 0, struct.pack("!Q", i)),
    "empty DATA": lambda i: frame(DATA, 0, 1) if i else frame(HEADERS, END_HEADERS, 1, POST),
}


@contextlib.contextmanager
def connection(server, tls):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20 * process.PATIENCE) as plain:
        if not tls:
            yield plain
            return
        context = ssl._create_unverified_context()
        context.set_alpn_protocols(["h2"])
        with context.wrap_socket(plain, server_hostname="localhost") as wrapped:
            yield wrapped


def frames(received):
    while len(received) >= 9:
        size = int.from_bytes(received[:3], "big")
        yield received[3], received[9:9 + size]
        received = received[9 + size:]


def goaways(received):
    return [int.from_bytes(payload[4:8], "big") for kind, payload in frames(received) if kind == GOAWAY]


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_ends_its_connection(server, flood, tls):
    with connection(server, tls) as bystander, connection(server, tls) as flooding:
        bystander.sendall(PREFACE + frame(SETTINGS, 0, 0))
        flooding.sendall(PREFACE + frame(SETTINGS, 0, 0))
        received = b""
        for first in range(0, FRAMES_MAX, 10):
            flooding.sendall(b"".join(FLOODS[flood](i) for i in range(first, first + 10)))
            # Now and then, lest unread bytes reset the connection and take the reason with them.
            if select.select([flooding], [], [], 0)[0]:
                received += flooding.recv(65_536)
                if goaways(received):
                    break
        reasons = {REASONS[error] for error in goaways(received)}
        assert reasons and (reasons <= OWN_REASONS.get(flood, set()) | {"ENHANCE_YOUR_CALM"})
        bystander.sendall(frame(PING, 0, 0, b"12345678"))
        answered = b""
        while b"12345678" not in answered:
            more = bystander.recv(4096)
            assert more, "the other connection was closed"
            answered += more
