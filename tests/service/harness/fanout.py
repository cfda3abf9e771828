"""Enhanced fan-out: consumers by boto3, subscriptions frame by frame, every byte of them checked."""

import base64
import json
import struct
import zlib

from . import aws
from .http import JSON, Headers, Reply, Wire, call
from .model import check_event
from .process import eventually

INITIAL = bytes.fromhex(
    "00000068000000564e6817240b3a6576656e742d74797065070010696e697469616c2d726573706f6e73650d3a636f6e74656e74"
    "2d747970650700106170706c69636174696f6e2f6a736f6e0d3a6d6573736167652d747970650700056576656e747b7dd591c62b")


def register(kinesis, stream, name="app"):
    """The ARN of a new consumer, ACTIVE."""
    arn = kinesis.register_stream_consumer(StreamARN=aws.arn(stream), ConsumerName=name)["Consumer"]["ConsumerARN"]
    eventually(lambda: status(kinesis, arn) == "ACTIVE", message=f"{name} ACTIVE")
    return arn


def status(kinesis, consumer_arn):
    return kinesis.describe_stream_consumer(ConsumerARN=consumer_arn)["ConsumerDescription"]["ConsumerStatus"]


def resume(server, consumer_arn, **more):
    """A subscription in the place of one that was just closed: the server hears of that on another connection.
    Long before the five seconds after which any place is taken over."""
    found = []

    def granted():
        found.append(Subscription(server, consumer_arn, **more))
        return found[-1].refusal is None
    eventually(granted, timeout=4, message="the place is free")
    return found[-1]


class Raised(Exception):
    """An exception frame."""

    def __init__(self, kind, message):
        super().__init__(f"{kind}: {message}")
        self.kind, self.message = kind, message


def parse_frame(data):
    """(headers, payload, rest), or None while the frame is not whole."""
    if len(data) < 12:
        return None
    total, header_bytes, prelude = struct.unpack(">III", data[:12])
    assert prelude == zlib.crc32(data[:8]), "prelude checksum"
    if len(data) < total:
        return None
    frame, rest = data[:total], data[total:]
    assert struct.unpack(">I", frame[-4:])[0] == zlib.crc32(frame[:-4]), "frame checksum"
    headers, at = {}, 12
    while at < 12 + header_bytes:
        size = frame[at]
        name = frame[at + 1:at + 1 + size].decode()
        at += 1 + size
        assert frame[at] == 7, "only strings"
        size = struct.unpack(">H", frame[at + 1:at + 3])[0]
        headers[name] = frame[at + 3:at + 3 + size].decode()
        at += 3 + size
    assert at == 12 + header_bytes
    return headers, frame[at:-4], rest


class Subscription:
    """One SubscribeToShard call. `refusal` is the answer if it is not a stream of events."""

    def __init__(self, server, consumer_arn, shard=0, kind="LATEST", number=None, timeout=10, body=None,
                 content_type=JSON):
        position = {"Type": kind, **({"SequenceNumber": number} if number else {})}
        body = body or json.dumps({"ConsumerARN": consumer_arn, "ShardId": f"shardId-{shard:012}",
                                   "StartingPosition": position}).encode()
        self.wire = Wire(server, timeout)
        self.wire.send(call("SubscribeToShard", body, kind=content_type))
        self.bytes, self.ended, self.refusal = b"", False, None
        self.continuation = number
        lines = self.wire._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        self.headers = Headers(lines[1:])
        if " 200 " not in lines[0]:
            self.refusal = Reply(int(lines[0].split()[1]), self.headers,
                                 self.wire._exactly(int(self.headers["Content-Length"])))
            self.close()
            return
        assert self.headers["Content-Type"] == "application/vnd.amazon.eventstream"
        assert self.headers["Transfer-Encoding"] == "chunked"
        assert "Content-Length" not in self.headers
        self.first = self.frame()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.wire.close()

    def frame(self):
        """(headers, payload) of the next frame; None at the end of the body."""
        while True:
            whole = parse_frame(self.bytes)
            if whole:
                headers, payload, self.bytes = whole
                return headers, payload
            size = int(self.wire._until(b"\r\n"), 16)
            self.bytes += self.wire._exactly(size)
            assert self.wire._exactly(2) == b"\r\n"
            if size == 0:
                assert not self.bytes, "the body ends within a frame"
                self.ended = True
                return None

    def event(self):
        """The next event; None at a clean end."""
        frame = self.frame()
        if frame is None:
            return None
        headers, payload = frame
        assert headers[":content-type"] == "application/json", headers
        if headers[":message-type"] == "exception":
            assert self.frame() is None, "an exception is the end"
            raise Raised(headers[":exception-type"], json.loads(payload)["message"])
        assert headers[":message-type"] == "event" and headers[":event-type"] == "SubscribeToShardEvent", headers
        event = json.loads(payload)
        check_event(event)
        assert ("ContinuationSequenceNumber" in event) != bool(event.get("ChildShards"))
        self.continuation = event.get("ContinuationSequenceNumber")
        return event

    def read(self, count):
        """The data of the next records, `count` or more of them."""
        found = []
        while len(found) < count:
            event = self.event()
            assert event is not None, f"ended after {len(found)} of {count} records"
            found += [base64.b64decode(record["Data"]) for record in event["Records"]]
        return found
