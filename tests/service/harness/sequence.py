"""Sequence numbers taken apart, independently of the server: 47 hex digits, most significant first."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Sequence:
    created: int  # the shard's creation, Unix seconds
    index: int
    time: int     # of the record, Unix seconds
    shard: int


def parse(text):
    digits = f"{int(text):x}"
    assert len(text) == 56 and len(digits) == 47, text
    assert digits[0] == "2" and digits[46] == "2" and digits[27:29] == "00", digits
    shard = int(digits[38:46], 16)
    assert int(digits[10], 16) == shard & 15, digits
    return Sequence(int(digits[1:10], 16), int(digits[11:27], 16), int(digits[29:38], 16), shard)


def build(created, index, time, shard, version=2, first=2):
    """Any number of that layout, legal or not."""
    return str(int(f"{first:x}{created:09x}{shard & 15:x}{index:016x}00{time:09x}"
                   f"{shard & 0xFFFFFFFF:08x}{version:x}", 16))
