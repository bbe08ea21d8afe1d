"""What there is to say of a piece in its files. Imports nothing heavy: the web process has this."""

from dataclasses import dataclass

# In bytes of UTF-8: 2000 characters of any script in common use.
LONGEST_TEXT = 6000
COVER_TYPE = "image/jpeg"
# A key in a file is major or minor: of the other modes those are minor whose third is.
_SIGN_OF_MODE = {"major": "", "lydian": "", "mixolydian": "", "minor": "m", "dorian": "m", "phrygian": "m"}


@dataclass(frozen=True, slots=True)
class Tags:
    """Texts in any script, `bpm` in beats a minute, `key` as "A minor", `cover` a JPEG. What is empty is left out."""

    title: str = ""
    artist: str = ""
    album: str = ""
    genre: str = ""
    comment: str = ""
    bpm: float | None = None
    key: str = ""
    cover: bytes = b""

    @property
    def texts(self) -> dict[str, str]:
        """The texts that are there by their names, as every format can hold them."""
        named = {
            "title": self.title,
            "artist": self.artist,
            "album": self.album,
            "genre": self.genre,
            "comment": self.comment,
        }
        written = {name: _writable(text) for name, text in named.items()}
        return {name: text for name, text in written.items() if text}

    @property
    def whole_bpm(self) -> str:
        """The tempo as players read it: a whole number."""
        return str(round(self.bpm)) if self.bpm else ""

    @property
    def short_key(self) -> str:
        """The key as files have it, "Am" or "F#"; nothing where it is of no kind that they know."""
        tonic, _, mode = self.key.partition(" ")
        sign = _SIGN_OF_MODE.get(mode)
        return "" if sign is None else tonic + sign


def _writable(text: str) -> str:
    """The text without what cannot be written, and not too long."""
    encoded = text.replace("\0", "").encode("utf-8", "replace")
    return encoded[:LONGEST_TEXT].decode("utf-8", "ignore")
