"""CBOR by hand (RFC 8949 as AWS bends it), small and independent of the server and of any library.

The encoder writes what clients in the field write: definite or indefinite containers, chunked text and
byte strings, tags, floats of three widths. The decoder refuses what no answer may hold."""

import dataclasses
import struct


@dataclasses.dataclass(frozen=True)
class Tag:
    number: int
    value: object


@dataclasses.dataclass(frozen=True)
class Raw:
    """Bytes put in as they are."""
    data: bytes


UNDEFINED = Raw(b"\xf7")


def head(major, argument):
    for limit, code, form in ((24, None, None), (1 << 8, 24, ">B"), (1 << 16, 25, ">H"),
                              (1 << 32, 26, ">I"), (1 << 64, 27, ">Q")):
        if argument < limit:
            if code is None:
                return bytes([major << 5 | argument])
            return bytes([major << 5 | code]) + struct.pack(form, argument)
    raise OverflowError(argument)


class Encoder:
    def __init__(self, indefinite=False, chunk=None):
        self.indefinite = indefinite  # maps and arrays
        self.chunk = chunk            # strings longer than this are sent in chunks of this size

    def _string(self, major, data, cut):
        if self.chunk is None or len(data) <= self.chunk:
            return head(major, len(data)) + data
        pieces = b"".join(head(major, len(p)) + p for p in cut(data))
        return bytes([major << 5 | 31]) + pieces + b"\xff"

    def _bytes(self, data):
        return self._string(2, data, lambda d: [d[i:i + self.chunk]
                                                for i in range(0, len(d), self.chunk)])

    def _text(self, text):
        def cut(_):  # each chunk must be valid UTF-8 by itself
            return [text[i:i + self.chunk].encode() for i in range(0, len(text), self.chunk)]
        return self._string(3, text.encode(), cut)

    def _container(self, major, items, count):
        if self.indefinite:
            return bytes([major << 5 | 31]) + items + b"\xff"
        return head(major, count) + items

    def __call__(self, value):
        if isinstance(value, Raw):
            return value.data
        if isinstance(value, Tag):
            return head(6, value.number) + self(value.value)
        if value is None:
            return b"\xf6"
        if value is True:
            return b"\xf5"
        if value is False:
            return b"\xf4"
        if isinstance(value, int):
            return head(0, value) if value >= 0 else head(1, -1 - value)
        if isinstance(value, float):
            return b"\xfb" + struct.pack(">d", value)
        if isinstance(value, bytes):
            return self._bytes(value)
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, (list, tuple)):
            return self._container(4, b"".join(map(self, value)), len(value))
        if isinstance(value, dict):
            return self._container(5, b"".join(self(k) + self(v) for k, v in value.items()), len(value))
        raise TypeError(value)


encode = Encoder()
HALF = {1.0: Raw(b"\xf9\x3c\x00"), 2.5: Raw(b"\xf9\x41\x00"), 0.0: Raw(b"\xf9\x00\x00")}


def single(value):
    return Raw(b"\xfa" + struct.pack(">f", value))


_BREAK = object()


class _Decoder:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        assert self.at + count <= len(self.data), "truncated CBOR"
        found = self.data[self.at:self.at + count]
        self.at += count
        return found

    def argument(self, info):
        if info < 24:
            return info
        assert info in (24, 25, 26, 27), f"additional information {info}"
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def items(self, info):
        """The items of a container, definite or not, as an iterator of decoded values."""
        if info != 31:
            for _ in range(self.argument(info)):
                yield self.value()
            return
        while (item := self.value(allow_break=True)) is not _BREAK:
            yield item

    def value(self, allow_break=False):
        initial = self.take(1)[0]
        major, info = initial >> 5, initial & 31
        if initial == 0xFF:
            assert allow_break, "stray break"
            return _BREAK
        if major == 0:
            return self.argument(info)
        if major == 1:
            return -1 - self.argument(info)
        if major in (2, 3):
            assert info != 31, "AWS answers with definite strings"
            data = self.take(self.argument(info))
            return data if major == 2 else data.decode("utf-8")
        if major == 4:
            return list(self.items(info))
        if major == 5:
            if info != 31:
                return self.pairs(list(self.pair() for _ in range(self.argument(info))))
            flat = list(self.items(31))
            assert len(flat) % 2 == 0, "odd map"
            return self.pairs(list(zip(flat[::2], flat[1::2])))
        if major == 6:
            return Tag(self.argument(info), self.value())
        if info == 27:
            return struct.unpack(">d", self.take(8))[0]
        assert info in (20, 21), f"no answer holds simple value or float {info}"
        return info == 21

    def pair(self):
        return self.value(), self.value()

    @staticmethod
    def pairs(found):
        keys = [k for k, _ in found]
        assert all(isinstance(k, str) for k in keys) and len(set(keys)) == len(keys), keys
        return dict(found)


def decode(data):
    decoder = _Decoder(data)
    value = decoder.value()
    assert decoder.at == len(data), "trailing bytes"
    return value
