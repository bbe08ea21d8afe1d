"""The ID3v2.3 tag, which stands at the head of an MP3 and in a chunk of a WAV."""

import struct

from generation.audio.tagging.tags import COVER_TYPE, Tags

HEADER_BYTES = 10

_FRAMES = {"title": b"TIT2", "artist": b"TPE1", "album": b"TALB", "genre": b"TCON"}
_LATIN_1, _UTF16 = b"\x00", b"\x01"
_NO_LANGUAGE = b"XXX"
_FRONT_COVER = b"\x03"
_HAS_FOOTER = 0x10


def id3_tag(tags: Tags, encoder: str = "") -> bytes:
    """The tag's bytes, with what encoded the file where that is said; empty if there is nothing to say.

    Version 2.3 with UTF-16 text, which every player and file manager reads in every script; 2.4, with
    UTF-8, is still not read everywhere. Layout: https://id3.org/id3v2.3.0
    """
    texts = tags.texts
    frames = [_frame(name, _UTF16 + _text(texts[tag])) for tag, name in _FRAMES.items() if tag in texts]
    plain = {b"TBPM": tags.whole_bpm, b"TKEY": tags.short_key, b"TSSE": encoder}
    frames += [
        _frame(name, _LATIN_1 + text.encode("latin-1", "replace")) for name, text in plain.items() if text
    ]
    if "comment" in texts:
        no_description = _text("") + b"\0\0"
        frames.append(_frame(b"COMM", _UTF16 + _NO_LANGUAGE + no_description + _text(texts["comment"])))
    if tags.cover:
        described = _LATIN_1 + COVER_TYPE.encode() + b"\0" + _FRONT_COVER + b"\0"
        frames.append(_frame(b"APIC", described + tags.cover))
    body = b"".join(frames)
    return b"ID3\x03\x00\x00" + _synchsafe(len(body)) + body if body else b""


def length_of_tag(header: bytes) -> int:
    """How long the tag is with its header, of which these are the first bytes; 0 where they are none of a tag."""
    if len(header) < HEADER_BYTES or header[:3] != b"ID3":
        return 0
    size = 0
    for byte in header[6:HEADER_BYTES]:
        size = size << 7 | byte & 0x7F
    return HEADER_BYTES + size + (HEADER_BYTES if header[5] & _HAS_FOOTER else 0)


def _text(value: str) -> bytes:
    return b"\xff\xfe" + value.encode("utf-16-le")


def _frame(name: bytes, body: bytes) -> bytes:
    return name + struct.pack(">IH", len(body), 0) + body


def _synchsafe(size: int) -> bytes:
    """28 bits in four bytes whose top bit is clear, so that no size looks like the start of a frame."""
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
