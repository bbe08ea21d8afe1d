"""A file of any format with other tags."""

from collections.abc import Callable, Mapping
from typing import BinaryIO

from generation.audio.tagging.flac import retag_flac
from generation.audio.tagging.mp3 import retag_mp3
from generation.audio.tagging.ogg import retag_opus
from generation.audio.tagging.tags import Tags
from generation.audio.tagging.wav import retag_wav

_RETAG: Mapping[str, Callable[[BinaryIO, BinaryIO, Tags], None]] = {
    "wav": retag_wav,
    "mp3": retag_mp3,
    "flac": retag_flac,
    "opus": retag_opus,
}


def retag(format: str, source: BinaryIO, target: BinaryIO, tags: Tags) -> None:
    """Write a file of this format of `FORMATS` anew with these tags and no other. Its sound stays as it is, bit by bit.

    `source` is read from its beginning and can seek; `target` is written from front to back. Raises NotThatFormat where
    `source` is not such a file.
    """
    source.seek(0)
    _RETAG[format](source, target, tags)
