"""The tags of a FLAC file: a block of comments and one for the picture, before its frames."""

from typing import BinaryIO

from generation.audio.tagging import vorbis
from generation.audio.tagging.streams import NotThatFormat, copy_rest, read_exactly
from generation.audio.tagging.tags import Tags

_PADDING, _COMMENTS, _PICTURE = 1, 4, 6
_LAST = 0x80


def retag_flac(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Write `source` with these tags in place of those that it has, and its frames unchanged."""
    if source.read(4) != b"fLaC":
        raise NotThatFormat("The file is no FLAC.")
    blocks, vendor = _blocks(source)
    blocks.append((_COMMENTS, vorbis.comments(tags, vendor)))
    if tags.cover:
        blocks.append((_PICTURE, vorbis.picture_block(tags)))
    target.write(b"fLaC")
    for place, (kind, content) in enumerate(blocks, start=1):
        is_last = place == len(blocks)
        target.write(bytes([kind | (_LAST if is_last else 0)]) + len(content).to_bytes(3, "big") + content)
    copy_rest(source, target)


def _blocks(source: BinaryIO) -> tuple[list[tuple[int, bytes]], bytes]:
    """The blocks that say nothing of the music, each with its kind, and the name of the encoder."""
    blocks, vendor, is_last = [], b"", False
    while not is_last:
        header = read_exactly(source, 4)
        is_last, kind = bool(header[0] & _LAST), header[0] & ~_LAST
        content = read_exactly(source, int.from_bytes(header[1:], "big"))
        if kind == _COMMENTS:
            vendor = vorbis.vendor_of(content)
        elif kind not in (_PADDING, _PICTURE):
            blocks.append((kind, content))
    return blocks, vendor
