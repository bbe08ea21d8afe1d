"""Names of stored audio: keys that this site makes, never anything that a user typed."""

import posixpath
import re

from django.core.exceptions import SuspiciousFileOperation

MAX_LENGTH = 512
CONTENT_TYPES = {
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".zip": "application/zip",
}
# No segment starts with a dot, so neither ".." nor the drafts of half-written files can be named.
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")


def checked_name(name: str, max_length: int | None = None) -> str:
    """Return the name as it is, such as `tracks/<job>/<track>/master.wav`.

    Raises SuspiciousFileOperation for any other kind: absolute, climbing, hidden, with a backslash, NUL,
    space or letter outside ASCII, or longer than `max_length` (512 characters where none is given).
    """
    if len(name) > (max_length or MAX_LENGTH):
        raise SuspiciousFileOperation(f"The storage name {name[:80]!r}… is too long.")
    if not _NAME.fullmatch(name):
        raise SuspiciousFileOperation(
            f"{name!r} is not a storage name: those are made of a-z, 0-9, '-', '_', '.' and '/'."
        )
    return name


def content_type_of(name: str) -> str:
    """Return the media type of a name by its extension; `application/octet-stream` for an unknown one."""
    return CONTENT_TYPES.get(posixpath.splitext(name)[1].lower(), "application/octet-stream")
