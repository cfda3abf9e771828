"""Thousands of connections: those that do nothing, those that do it slowly, and the client among them that works."""

import contextlib
import itertools
import multiprocessing
import resource
import select
import socket
import ssl
import statistics
import time

import pytest

from harness.http import Caller, alive, call
from harness.metrics import metrics
from harness.process import PATIENCE, SANITIZED, eventually

IDLE = 10_000
KIB_PER_CONNECTION_MAX = 64 if SANITIZED else 12
TLS_KIB_PER_CONNECTION_MAX = 256 if SANITIZED else 96


@contextlib.contextmanager
def descriptors(count):
    """As many as the test needs; the server inherits the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < count:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))
        except (ValueError, PermissionError):
            pytest.skip(f"TOO FEW DESCRIPTORS FOR {count} CONNECTIONS: this process may open {hard}")
    else:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, max(hard, count)), max(hard, count)))


class Crowd:
    """Connections from many loopback addresses: one has not ports enough for the like of this."""

    def __init__(self, server, count, greeting=b""):
        self.sockets = []
        for i in range(count):
            one = socket.socket()
            self.sockets.append(one)
            one.bind((f"127.0.1.{1 + i % 250}", 0))
            one.connect((server.host, server.port))
            if greeting:
                one.send(greeting)
            one.setblocking(False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.sockets:
            one.close()

    def send(self, data):
        """To those that are open; the others are counted."""
        gone = 0
        for one in self.sockets:
            try:
                one.send(data)
            except (BrokenPipeError, ConnectionResetError):
                gone += 1
            except BlockingIOError:
                pass
        return gone

    def closed(self):
        poll, count = select.poll(), 0
        for one in self.sockets:
            poll.register(one, select.POLLIN | select.POLLHUP)
        ready = {fd for fd, _ in poll.poll(0)}
        for one in self.sockets:
            if one.fileno() in ready:
                try:
                    while one.recv(65536):
                        pass
                    count += 1
                except BlockingIOError:
                    pass
                except ConnectionResetError:
                    count += 1
        return count


def rss_kib(server):
    with open(f"/proc/{server.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


def latency(servers, seconds=1.5):
    """Of puts to each of them in turn, in seconds: for each the median and the slowest."""
    callers, took, until = [Caller(server) for server in servers], [], time.monotonic() + seconds
    while time.monotonic() < until or len(took) < 20:
        took.append([])
        for caller in callers:
            begun = time.monotonic()
            reply = caller("PutRecord", {"StreamName": "work", "PartitionKey": "k", "Data": "QUFB"})
            assert reply.status == 200, reply
            took[-1].append(time.monotonic() - begun)
    return [(statistics.median(times), max(times)) for times in zip(*took)]


def unharmed(server, other):
    """A client that works is served as by the other one, which has no clients, at the same time: the machine may be
    busy."""
    among, alone = latency([server, other])
    print(f"put: median {alone[0] * 1e3:.2f} ms alone, {among[0] * 1e3:.2f} ms among them; slowest {among[1] * 1e3:.1f} ms")
    assert among[0] < 3 * alone[0] + 0.05, (alone, among)
    assert among[1] < 2 * PATIENCE + 3 * alone[1], "it was held up"


def with_stream(server):
    assert Caller(server)("CreateStream", {"StreamName": "work", "ShardCount": 1}).status == 200
    latency([server], 0.2)
    return server


@pytest.mark.parametrize("kind", ["silent", "http2"] if SANITIZED else ["silent", "used", "http2"])
def test_ten_thousand_idle_connections(make_server, kind):
    count = IDLE if kind == "silent" and not SANITIZED else IDLE // 5
    greeting = {"silent": b"", "used": call("ListStreams"),
                "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"}[kind]
    with descriptors(2 * IDLE - 2000):
        server = make_server("--idle-timeout", f"{8 * PATIENCE:.0f}s", "--connections-max", str(IDLE + 50)).start()
        with_stream(server)
        other = with_stream(make_server().start())
        before = rss_kib(server)
        begun = time.monotonic()
        with Crowd(server, count, greeting) as crowd:
            assert alive(server)
            each = (rss_kib(server) - before) / count
            print(f"{count} connections, {kind}: {each:.2f} KiB of memory for each")
            assert each < KIB_PER_CONNECTION_MAX * (2 if kind == "http2" else 1)
            unharmed(server, other)
            assert crowd.closed() == 0 or time.monotonic() - begun > 7 * PATIENCE
            eventually(lambda: crowd.closed() == count, 30, "the idle deadline closes them")
            assert alive(server)
        with Crowd(server, count, greeting):
            begun = time.monotonic()
            assert server.stop() == 0
            assert time.monotonic() - begun < 8 * PATIENCE, "connections that do nothing hold up the end"


def still_open(server):
    """Connections the server has, or None while it turns away who asks."""
    try:
        return metrics(server).total("millrace_connections_open") - 1
    except (EOFError, ConnectionError):
        return None


def test_beyond_the_most_connections(make_server):
    server = make_server("--connections-max", "100").start()
    with_stream(server)
    other = with_stream(make_server().start())
    with Crowd(server, 90) as crowd:
        with Crowd(server, 200) as more:  # accepted in any order
            eventually(lambda: crowd.closed() + more.closed() == 190, 20, "100 are left")
        eventually(lambda: still_open(server) == 90 - crowd.closed(), 10, "it has seen them leave")
        unharmed(server, other)
    eventually(lambda: still_open(server) == 0, 10, "it has seen them leave")
    with Crowd(server, 90):
        unharmed(server, other)


# ---- Slow ones: a byte now and then, of whatever it is

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x5a" * 600  # a ClientHello, or most of one
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SLOW = {
    "header": (b"POST / HTTP/1.1\r\nX-Long: ", b"x"),
    "body": (call("ListStreams", b"{}" + b" " * 500)[:-500], b" "),
    "chunks": (call("ListStreams", b"", Content_Length=None, Transfer_Encoding="chunked"), b"1\r\n \r\n"),
    "tls": (HELLO[:20], b"\x5a"),
    "preface": (b"", PREFACE),  # a byte at a time
    "frame": (PREFACE + b"\0\0\0\4\0\0\0\0\0" + b"\0\x40\0\1\4\0\0\0\1", b"\x82"),  # of a HEADERS frame
    "settings": (PREFACE, b"\0\0\0\4\0\0\0\0\0"),  # that never ask for anything
    "pings": (PREFACE + b"\0\0\0\4\0\0\0\0\0", b"\0\0\x08\6\0\0\0\0\0" + b"\0" * 8),
}


@pytest.mark.parametrize("kind", ["header", "tls", "frame", "pings"] if SANITIZED else SLOW)
def test_slow_clients_are_cut_off(make_server, kind):
    """Each byte in time, but not the whole."""
    count = 200 if SANITIZED else 1000
    greeting, drip = SLOW[kind]
    with descriptors(2 * count + 1000):
        server = make_server("--header-timeout", "2s", "--body-timeout", "2s", "--idle-timeout", "2s").start()
        eventually(lambda: b"CERTIFICATE" in Caller(server).ask(
            b"GET /_millrace/ca.pem HTTP/1.1\r\nHost: localhost\r\n\r\n").body, 10)
        with_stream(server)
        other = with_stream(make_server().start())
        with Crowd(server, count, greeting) as crowd:
            begun = time.monotonic()

            def trickle():
                for at in itertools.count():
                    crowd.send(PREFACE[at % len(PREFACE):][:1] if drip is PREFACE else drip)
                    time.sleep(0.3)
            slow = multiprocessing.get_context("fork").Process(target=trickle, daemon=True)  # not to be in our way
            slow.start()
            try:
                unharmed(server, other)
                eventually(lambda: crowd.closed() == count, 25, "all are cut off")
            finally:
                slow.kill()
                slow.join()
            assert time.monotonic() - begun > 1.7
        assert alive(server)


def test_handshakes_that_are_never_finished(make_server):
    """TLS costs memory before it is known whether anybody is there."""
    count = 200 if SANITIZED else 1000
    with descriptors(2 * count + 1000):
        server = make_server("--header-timeout", "5s").start()
        with_stream(server)
        other = with_stream(make_server().start())
        eventually(lambda: b"CERTIFICATE" in Caller(server).ask(
            b"GET /_millrace/ca.pem HTTP/1.1\r\nHost: localhost\r\n\r\n").body, 10)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with contextlib.suppress(ssl.SSLWantReadError):
            context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
        before = rss_kib(server)
        with Crowd(server, count, outgoing.read()) as crowd:
            unharmed(server, other)
            each = (rss_kib(server) - before) / count
            print(f"{count} handshakes left undone: {each:.2f} KiB of memory for each")
            assert each < TLS_KIB_PER_CONNECTION_MAX
            eventually(lambda: crowd.closed() == count, 30, "all are cut off")
        assert alive(server)
