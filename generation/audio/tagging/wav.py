"""The tags of a WAV: an `id3 ` chunk, and an INFO list beside it where all texts are ASCII.

INFO has no encoding of its own: readers take it for the code page of their machine or for UTF-8, so that what is not
ASCII is mojibake in some. Readers that know both go by one of them alone, as FFmpeg by INFO, so what INFO cannot say
must not be missing there: then there is none.
"""

import struct
from typing import BinaryIO

from generation.audio.tagging.id3 import id3_tag
from generation.audio.tagging.streams import NotThatFormat, copy_exactly, read_exactly
from generation.audio.tagging.tags import Tags

_INFO = {"title": b"INAM", "artist": b"IART", "album": b"IPRD", "genre": b"IGNR", "comment": b"ICMT"}
_ID3 = b"id3 "


def retag_wav(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Write `source` with these tags in place of those that it has: its other chunks in front, unchanged."""
    riff, _, kind = struct.unpack("<4sI4s", read_exactly(source, 12))
    if (riff, kind) != (b"RIFF", b"WAVE"):
        raise NotThatFormat("The file is no WAV.")
    kept = _chunks(source)
    ours = _chunk(b"LIST", _info(tags)) + _chunk(_ID3, id3_tag(tags))
    size = 4 + sum(8 + _even(length) for _, _, length in kept) + len(ours)
    target.write(struct.pack("<4sI4s", b"RIFF", size, b"WAVE"))
    for name, start, length in kept:
        target.write(struct.pack("<4sI", name, length))
        source.seek(start)
        copy_exactly(source, target, length)
        target.write(bytes(_even(length) - length))
    target.write(ours)


def _chunks(source: BinaryIO) -> list[tuple[bytes, int, int]]:
    """The chunks that say nothing of the music: the name of each, where its content starts, and how long that is."""
    kept = []
    while header := source.read(8):
        if len(header) < 8:
            raise NotThatFormat("The file breaks off.")
        name, length = struct.unpack("<4sI", header)
        start = source.tell()
        is_info = name == b"LIST" and source.read(4) == b"INFO"
        if not is_info and name.lower() != _ID3:
            kept.append((name, start, length))
        source.seek(start + _even(length))
    return kept


def _info(tags: Tags) -> bytes:
    texts = tags.texts
    if not texts or not all(text.isascii() for text in texts.values()):
        return b""
    return b"INFO" + b"".join(_chunk(_INFO[name], text.encode() + b"\0") for name, text in texts.items())


def _chunk(name: bytes, content: bytes) -> bytes:
    """A chunk, or nothing where it would be empty."""
    if not content:
        return b""
    return struct.pack("<4sI", name, len(content)) + content + bytes(_even(len(content)) - len(content))


def _even(length: int) -> int:
    return length + length % 2
