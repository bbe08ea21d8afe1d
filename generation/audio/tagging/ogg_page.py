"""Pages of an Ogg stream: https://www.rfc-editor.org/rfc/rfc3533#section-6"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO, Self

from generation.audio.tagging.streams import NotThatFormat, read_exactly

CONTINUED = 0x01
_HEADER = struct.Struct("<4sBBqIIIB")
_CHECKSUM = slice(22, 26)
_MOST_SEGMENTS = 255
_WHOLE_SEGMENT = 255
_NO_PACKET_ENDS = -1
_BITS_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class Page:
    """A page: `position` is that of the stream at its end, `segments` the lengths of the pieces of its content."""

    flags: int
    position: int
    serial: int
    number: int
    segments: bytes
    content: bytes

    @classmethod
    def read(cls, source: BinaryIO) -> Self | None:
        """The next page of a file, None at its end. Raises NotThatFormat where there is something else."""
        start = source.read(1)
        if not start:
            return None
        header = start + read_exactly(source, _HEADER.size - 1)
        capture, _, flags, position, serial, number, _, count = _HEADER.unpack(header)
        if capture != b"OggS":
            raise NotThatFormat("The file is no Ogg stream.")
        segments = read_exactly(source, count)
        return cls(flags, position, serial, number, segments, read_exactly(source, sum(segments)))

    @property
    def ends_packet(self) -> bool:
        """Whether the last packet on the page ends there."""
        return bool(self.segments) and self.segments[-1] < _WHOLE_SEGMENT

    def numbered(self, number: int) -> Self:
        return replace(self, number=number)

    def written(self) -> bytes:
        """The bytes of the page, with their checksum."""
        fields = (b"OggS", 0, self.flags, self.position, self.serial, self.number, 0, len(self.segments))
        page = bytearray(_HEADER.pack(*fields) + self.segments + self.content)
        page[_CHECKSUM] = _checksum(page).to_bytes(4, "little")
        return bytes(page)


def pages_of(packet: bytes, serial: int, first_number: int) -> Iterator[Page]:
    """A header packet on pages of its own, numbered from that number on."""
    lengths = [_WHOLE_SEGMENT] * (len(packet) // _WHOLE_SEGMENT) + [len(packet) % _WHOLE_SEGMENT]
    start = 0
    for number, segments in enumerate(_groups(lengths), start=first_number):
        stop = start + sum(segments)
        ends = segments[-1] < _WHOLE_SEGMENT
        flags = 0 if number == first_number else CONTINUED
        yield Page(flags, 0 if ends else _NO_PACKET_ENDS, serial, number, segments, packet[start:stop])
        start = stop


def _groups(lengths: list[int]) -> Iterable[bytes]:
    return (bytes(lengths[at : at + _MOST_SEGMENTS]) for at in range(0, len(lengths), _MOST_SEGMENTS))


def _checksum(page: bytes | bytearray) -> int:
    """The CRC-32 of Ogg: that of zlib with the bits of everything in the other order, and nothing inverted."""
    crc = zlib.crc32(page.translate(_BITS_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{crc:032b}"[::-1], 2)
