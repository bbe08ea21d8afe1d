"""The tags of an MP3: an ID3 tag before its frames."""

from typing import BinaryIO

from generation.audio.tagging.id3 import HEADER_BYTES, id3_tag, length_of_tag
from generation.audio.tagging.streams import NotThatFormat, copy_rest
from generation.audio.tagging.tags import Tags

ENCODER = "LAME 3.100, 192 kbit/s"


def retag_mp3(source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Write `source` with these tags in place of those that it has, and its frames unchanged."""
    source.seek(length_of_tag(source.read(HEADER_BYTES)))
    start = source.read(2)
    if len(start) < 2 or start[0] != 0xFF or start[1] & 0xE0 != 0xE0:
        raise NotThatFormat("The file is no MP3.")
    target.write(id3_tag(tags, ENCODER) + start)
    copy_rest(source, target)
