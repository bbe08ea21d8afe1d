"""The tags of a WAV: an `id3 ` chunk, and an INFO list beside it where all texts are ASCII.

INFO has no encoding of its own: readers take it for the code page of their machine or for UTF-8, so that what is not
ASCII is mojibake in some. Readers that know both go by one of them alone, as FFmpeg by INFO, so what INFO cannot say
must not be missing there: then there is none.

Both stand in front of the sound. A browser that finds chunks behind it, as the size of the file tells, asks for the end
of the file before it plays its beginning; in WebKitGTK 2.50 that can leave it standing at the first sample.
"""

import struct
from typing import BinaryIO

from generation.audio.tagging.id3 import id3_tag
from generation.audio.tagging.streams import NotThatFormat, copy_exactly, read_exactly
from generation.audio.tagging.tags import Tags

_INFO = {"title": b"INAM", "artist": b"IART", "album": b"IPRD", "genre": b"IGNR", "comment": b"ICMT"}
_ID3, _SOUND = b"id3 ", b"data"


def retag_wav(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Write `source` with these tags, in front of the sound, in place of those that it has; other chunks stay."""
    riff, _, kind = struct.unpack("<4sI4s", read_exactly(source, 12))
    if (riff, kind) != (b"RIFF", b"WAVE"):
        raise NotThatFormat("The file is no WAV.")
    kept = _chunks(source)
    sound = next((number for number, (name, _, _) in enumerate(kept) if name == _SOUND), None)
    if sound is None:
        raise NotThatFormat("The file has no sound.")
    ours = _chunk(b"LIST", _info(tags)) + _chunk(_ID3, id3_tag(tags))
    size = 4 + sum(8 + _even(length) for _, _, length in kept) + len(ours)
    target.write(struct.pack("<4sI4s", b"RIFF", size, b"WAVE"))
    for number, (name, start, length) in enumerate(kept):
        if number == sound:
            target.write(ours)
        target.write(struct.pack("<4sI", name, length))
        source.seek(start)
        copy_exactly(source, target, length)
        target.write(bytes(_even(length) - length))


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
