"""HTTP/1.1 by hand: requests as bytes, answers parsed strictly, so that nothing hides behind a client
library. One `Wire` is one connection."""

import json
import re
import socket

from .process import ACCOUNT, PATIENCE, REGION

JSON = "application/x-amz-json-1.1"
CBOR = "application/x-amz-cbor-1.1"
TARGET = "Kinesis_20131202."
AUTHORIZATION = (f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/kinesis/aws4_request, "
                 "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64)
SIGNED = {"Authorization": AUTHORIZATION, "X-Amz-Date": "20260101T000000Z"}


class Headers(dict):
    """Case-insensitive; a repeated name is a defect of the server."""

    def __init__(self, lines=()):
        super().__init__()
        for line in lines:
            name, value = line.split(": ", 1)
            assert name.lower() not in self, f"repeated header {name}"
            assert re.fullmatch(r"[A-Za-z0-9-]+", name), name
            super().__setitem__(name.lower(), value)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def get(self, name, default=None):
        return super().get(name.lower(), default)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.body[:300]!r}>"


def request(body=b"", *, method="POST", path="/", headers=None, length=True, version="1.1"):
    """The bytes of one request. A header whose value is None is left out."""
    fields = {"Host": "localhost", **(headers or {})}
    if length and (body or method == "POST"):
        fields.setdefault("Content-Length", str(len(body)))
    lines = [f"{method} {path} HTTP/{version}"]
    lines += [f"{k}: {v}" for k, v in fields.items() if v is not None]
    return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


def call(operation, body=b"{}", *, kind=JSON, **headers):
    """The bytes of an operation's request, signed."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return request(body, headers={"X-Amz-Target": TARGET + operation, "Content-Type": kind,
                                  **SIGNED, **named})


class Wire:
    def __init__(self, server, timeout=10):
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(timeout * PATIENCE)
        self.socket.connect((server.host, server.port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(1 << 20)
        if not data:
            raise EOFError(f"closed with {self.buffer!r} unread")
        self.buffer += data

    def _until(self, mark):
        while mark not in self.buffer:
            self._more()
        found, self.buffer = self.buffer.split(mark, 1)
        return found

    def _exactly(self, count):
        while len(self.buffer) < count:
            self._more()
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def _chunks(self):
        body = b""
        while True:
            size = int(self._until(b"\r\n"), 16)
            body += self._exactly(size)
            assert self._exactly(2) == b"\r\n"
            if size == 0:
                return body

    def receive(self, head=False):
        """One answer; `head`: to a HEAD request, so without a body."""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.[01] (\d{3}) .*", lines[0])
        assert match, lines[0]
        headers = Headers(lines[1:])
        status = int(match[1])
        if head or status < 200 or status == 204:
            return Reply(status, headers, b"")
        if headers.get("Transfer-Encoding") == "chunked":
            return Reply(status, headers, self._chunks())
        return Reply(status, headers, self._exactly(int(headers["Content-Length"])))

    def ask(self, data, head=False):
        self.send(data)
        return self.receive(head)

    def closed(self):
        """Waits for the server to close; what came before must be nothing."""
        try:
            rest = self.buffer + self.socket.recv(1 << 16)
        except ConnectionResetError:
            rest = self.buffer
        assert rest == b"", rest
        return True


def ask(server, data, head=False):
    """One request on a connection of its own."""
    with Wire(server) as wire:
        return wire.ask(data, head)


def get(server, path, **headers):
    with Wire(server) as wire:
        return wire.ask(request(method="GET", path=path, headers=headers))


def alive(server):
    """The server still answers a sound request."""
    reply = ask(server, call("ListStreams"))
    assert reply.status == 200, reply
    return True


class Caller:
    """Operations over one kept-alive connection, opened anew after a failure."""

    def __init__(self, server):
        self.server, self.wire = server, None

    def ask(self, data):
        wire, self.wire = self.wire or Wire(self.server), None
        reply = wire.ask(data)
        self.wire = wire  # kept only if all went well
        return reply

    def __call__(self, operation, body=b"{}", **more):
        return self.ask(call(operation, body, **more))


# A PutRecord body long enough to be cut.
LONG_BODY = {"PartitionKey": "k", "Data": "QUFB" * 200}
