"""Words for keys and modes."""

import re

from ..theory import SCALES, parse_key
from .matching import Notes

_MODES = "major|minor|maj|min|" + "|".join(mode for mode in SCALES if mode not in ("major", "minor"))
_KEY = re.compile(
    rf"(?<!\w)((?:in|key of|key:?)\s+)?([A-Ga-g])(\s?[#♯]|b|♭|[\s-](?:sharp|flat))?"
    rf"[\s-]*({_MODES})(?!\w)(?!\s+key)"
)
_SHORT_KEY = re.compile(
    r"(?<!\w)(?:[Ii]n|[Kk]ey of|[Kk]ey:?)\s+([A-G](?:[#♯b♭]m?|m|(?=\s*(?:[,.;!?)]|$))))(?![\w'’#])"
)
_MODE_ALONE = re.compile(
    r"(?<!\w)(?:in (?:a )?(major|minor)(?!\w)|(major|minor)[\s-](?:key|mode|scale)"
    r"|(dorian|phrygian|lydian|mixolydian)(?!\w))"
)


def read_key(text: str, notes: Notes) -> tuple[int | None, str]:
    """The tonic's pitch class and the mode that a prompt asks for; None and "" for what it leaves open."""
    for match in notes.matches(_KEY, text):
        introduced, letter, sign, mode = match.groups()
        if letter == "a" and not introduced:
            continue
        tonic, mode = parse_key(f"{letter}{(sign or '').strip(' -')} {mode}")
        notes.reason(match[0].strip(), "key")
        return tonic, mode
    for short in notes.matches(_SHORT_KEY, text)[:1]:
        tonic, mode = parse_key(short[1])
        notes.reason(short[0].strip(), "key")
        return tonic, mode
    for alone in notes.matches(_MODE_ALONE, text.lower())[:1]:
        mode = next(filter(None, alone.groups()))
        notes.reason(alone[0].strip(), mode)
        return None, mode
    return None, ""
