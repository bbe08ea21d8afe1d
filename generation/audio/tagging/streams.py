"""Reading and copying parts of files."""

from typing import BinaryIO

_PIECE = 1 << 20


class NotThatFormat(ValueError):
    """A file is not whole, or not of the format that it should be."""


def read_exactly(source: BinaryIO, count: int) -> bytes:
    """Read so many bytes. Raises NotThatFormat where the file ends before."""
    data = source.read(count)
    if len(data) != count:
        raise NotThatFormat(f"The file breaks off: {count - len(data)} bytes are missing.")
    return data


def copy_exactly(source: BinaryIO, target: BinaryIO, count: int) -> None:
    """Copy so many bytes. Raises NotThatFormat where the file ends before."""
    while count:
        piece = read_exactly(source, min(count, _PIECE))
        target.write(piece)
        count -= len(piece)


def copy_rest(source: BinaryIO, target: BinaryIO) -> None:
    """Copy all that follows."""
    while piece := source.read(_PIECE):
        target.write(piece)
