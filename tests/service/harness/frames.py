"""Records in segment files, altered behind the server's back with their checksums made right again
(src/storage/FORMAT.md)."""

import struct

HEADER = 40  # of the file
_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = (_byte >> 1) ^ (0x82F63B78 if _byte & 1 else 0)
    _TABLE.append(_byte)


def crc32c(data, seed=0):
    crc = ~seed & 0xFFFFFFFF
    for byte in data:
        crc = (crc >> 8) ^ _TABLE[(crc ^ byte) & 0xFF]
    return ~crc & 0xFFFFFFFF


def alter(segment, position):
    """Flips a bit in the last byte of the data of the record at `position`."""
    content = bytearray(segment.read_bytes())
    shard = crc32c(content[16:28])  # stream uid and shard
    at = HEADER
    while True:
        data_bytes, key_bytes = struct.unpack_from("<IH", content, at + 8)
        end = at + 32 + key_bytes + data_bytes
        if struct.unpack_from("<Q", content, at + 16)[0] == position:
            break
        at = end
    assert struct.unpack_from("<II", content, at) == (
        crc32c(content[at + 4:at + 32], shard), crc32c(content[at + 32:end])), "not what FORMAT.md says"
    content[end - 1] ^= 1
    struct.pack_into("<I", content, at + 4, crc32c(content[at + 32:end]))
    struct.pack_into("<I", content, at, crc32c(content[at + 4:at + 32], shard))
    segment.write_bytes(content)
