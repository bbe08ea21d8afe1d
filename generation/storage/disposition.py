"""The header that names a download (RFC 6266), from a title in any script."""

import re
import unicodedata
from urllib.parse import quote

MAX_BYTES = 180  # of the name in UTF-8: with its extension well under the 255 that file systems take
DEFAULT = "track"
_RESERVED = set('/\\:*?"<>|')  # path separators, and what Windows takes in no file name
# Devices of Windows, where a file of such a name cannot be saved, whatever follows the name after a dot.
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|(?:COM|LPT)[0-9¹²³]|CONIN\$|CONOUT\$) *(?=\.|$)", re.IGNORECASE)
_JOINERS = "\u200c\u200d"  # invisible, but part of the spelling of Persian, of Indic scripts and of emoji
_ATTR_CHARS = "!#$&+-.^_`|~"  # what RFC 5987 lets stand unquoted, beside letters and digits


def content_disposition(title: str, extension: str, ending: str = "") -> str:
    """Return an `attachment` header for a track's title and an extension such as `wav` or `.mp3`.

    It carries `filename` in plain ASCII for old clients and `filename*` in UTF-8. Path separators,
    control and text-direction characters are gone, the length is bounded, a title of nothing else
    becomes `track`, and one that names a device of Windows gets a `_`. `ending`, in ASCII, follows the title and is
    never cut. Raises ValueError where the extension is not made of ASCII letters and digits.
    """
    suffix = extension.removeprefix(".")
    if not (suffix.isascii() and suffix.isalnum()):
        raise ValueError(f"{extension!r} is no file extension.")
    name = file_name(title, ending)
    plain = f"{_ascii(name)}.{suffix}"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(f'{name}.{suffix}', safe=_ATTR_CHARS)}"


def file_name(title: str, ending: str = "") -> str:
    """Return a title as a file name without extension: one line, at most 180 bytes, never empty nor a device."""
    kept = "".join(_kept(character) for character in unicodedata.normalize("NFC", title))
    one_line = " ".join(kept.split())
    cut = one_line.encode()[: MAX_BYTES - len(ending)].decode(errors="ignore")
    return _no_device((cut.strip(f" .{_JOINERS}") or DEFAULT) + ending)


def _no_device(name: str) -> str:
    match = _DEVICE.match(name)
    return name if match is None else f"{match[0].rstrip()}_{name[match.end() :]}"


def _kept(character: str) -> str:
    if character in _RESERVED or character.isspace():
        return " "
    if unicodedata.category(character).startswith("C") and character not in _JOINERS:
        return ""
    return character


def _ascii(name: str) -> str:
    # A "%" is left out because some browsers would decode what follows it.
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    safe = "".join(" " if character in _RESERVED or character == "%" else character for character in plain)
    return _no_device(" ".join(safe.split()).strip(" .") or DEFAULT)
