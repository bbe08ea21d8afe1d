"""Giving an Ogg stream a serial number that follows from its content."""

import struct
import zlib
from collections.abc import Iterator

_SERIAL = slice(14, 18)
_CHECKSUM = slice(22, 26)
_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def with_steady_serial(stream: bytes) -> bytes:
    """The same Ogg stream, its serial number replaced by a checksum of what it holds.

    libsndfile draws the number at random, so the same music would never give the same file twice.
    A fixed number would do for one file but clash where files are joined end to end.
    Layout of a page: RFC 3533, section 6.
    """
    pages = list(_pages(stream))
    content = 0
    for page in pages:
        content = zlib.crc32(page[_CHECKSUM.stop :], content)
    return b"".join(_renumbered(page, content) for page in pages)


def _pages(stream: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(stream):
        body = start + 27 + stream[start + 26]
        stop = body + sum(stream[start + 27 : body])
        yield stream[start:stop]
        start = stop


def _renumbered(page: bytes, serial: int) -> bytes:
    renumbered = bytearray(page)
    renumbered[_SERIAL] = struct.pack("<I", serial)
    renumbered[_CHECKSUM] = bytes(4)
    renumbered[_CHECKSUM] = struct.pack("<I", _checksum(renumbered))
    return bytes(renumbered)


def _checksum(page: bytes | bytearray) -> int:
    """Ogg's CRC-32: the polynomial of zlib's, but bits in the other order and no inversion.

    So zlib, fed and read mirrored, computes it at the speed of C.
    """
    mirrored = zlib.crc32(page.translate(_MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
