"""What FLAC and Opus files say of their music: Vorbis comments, and a picture in the form of FLAC."""

import struct
from base64 import b64encode

from generation.audio.tagging.streams import NotThatFormat
from generation.audio.tagging.tags import COVER_TYPE, Tags

_NAMES = {"title": "TITLE", "artist": "ARTIST", "album": "ALBUM", "genre": "GENRE", "comment": "COMMENT"}
_FRONT_COVER = 3
_COLOUR_BITS = 24


def comments(tags: Tags, vendor: bytes, *, picture: bool = False) -> bytes:
    """A list of comments behind the name of the encoder, with the cover among them where that is wished.

    Layout: https://xiph.org/vorbis/doc/v-comment.html
    """
    lines = [f"{_NAMES[name]}={text}" for name, text in tags.texts.items()]
    lines += [
        f"{name}={text}" for name, text in (("BPM", tags.whole_bpm), ("INITIALKEY", tags.short_key)) if text
    ]
    if picture and tags.cover:
        lines.append(f"METADATA_BLOCK_PICTURE={b64encode(picture_block(tags)).decode()}")
    written = [_counted(line.encode()) for line in lines]
    return _counted(vendor) + struct.pack("<I", len(written)) + b"".join(written)


def vendor_of(block: bytes) -> bytes:
    """The name of the encoder at the head of a list of comments. Raises NotThatFormat where it breaks off."""
    if len(block) < 4:
        raise NotThatFormat("The comments of the file break off.")
    return block[4 : 4 + int.from_bytes(block[:4], "little")]


def picture_block(tags: Tags) -> bytes:
    """The cover as FLAC has pictures: https://www.rfc-editor.org/rfc/rfc9639#section-8.8"""
    kind = COVER_TYPE.encode()
    width, height = _size_of_jpeg(tags.cover)
    head = struct.pack(">II", _FRONT_COVER, len(kind)) + kind
    head += struct.pack(">IIIIII", 0, width, height, _COLOUR_BITS, 0, len(tags.cover))
    return head + tags.cover


def _size_of_jpeg(cover: bytes) -> tuple[int, int]:
    """Width and height, from the header of the frame; 0 and 0, "not known", where there is none."""
    position = 2
    while position + 9 <= len(cover) and cover[position] == 0xFF:
        marker = cover[position + 1]
        if 0xC0 <= marker <= 0xC2:
            height, width = struct.unpack(">HH", cover[position + 5 : position + 9])
            return width, height
        position += 2 + int.from_bytes(cover[position + 2 : position + 4], "big")
    return 0, 0


def _counted(text: bytes) -> bytes:
    return struct.pack("<I", len(text)) + text
