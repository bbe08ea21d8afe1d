"""The ID3v2.3 tag at the head of an MP3. LAME, as it is bound for Python, writes none."""

import struct
from collections.abc import Mapping

_FRAMES = {"title": b"TIT2", "artist": b"TPE1", "album": b"TALB", "genre": b"TCON"}
_UTF16 = b"\x01"
_NO_LANGUAGE = b"XXX"


def id3_tag(tags: Mapping[str, str]) -> bytes:
    """The tag's bytes for `title`, `artist`, `album`, `genre` and `comment`; empty if there are none.

    Version 2.3 with UTF-16 text, which every player and file manager reads in every script; 2.4, with
    UTF-8, is still not read everywhere. Layout: https://id3.org/id3v2.3.0
    """
    frames = b"".join(
        _frame(name, _UTF16 + _text(tags[tag])) for tag, name in _FRAMES.items() if tags.get(tag)
    )
    if tags.get("comment"):
        no_description = _text("") + b"\0\0"
        frames += _frame(b"COMM", _UTF16 + _NO_LANGUAGE + no_description + _text(tags["comment"]))
    return b"ID3\x03\x00\x00" + _synchsafe(len(frames)) + frames if frames else b""


def _text(value: str) -> bytes:
    return b"\xff\xfe" + value.encode("utf-16-le")


def _frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">IH", len(body), 0) + body


def _synchsafe(size: int) -> bytes:
    """28 bits in four bytes whose top bit is clear, so that no size looks like the start of a frame."""
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
