"""Turns a request into captions and lyrics, in the form that each model was trained on."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from generation.diffusion.languages import UNKNOWN, language_of
from generation.diffusion.songs import SongRequest

INSTRUMENTAL: Final = "[Instrumental]"
_SECTIONS: Final = (
    "intro|verse|pre-?chorus|chorus|post-?chorus|refrain|hook|bridge|breakdown|break|build|drop|interlude|"
    "instrumental|solo|outro|ending"
)
_TAG: Final = re.compile(r"\[\s*([^\[\]]+?)\s*\]")
# "(Chorus)", "Verse 2:" — on a line of their own; a word without either may be sung.
_LOOSE_TAG: Final = re.compile(
    rf"\(\s*((?:{_SECTIONS})(?:\s+\d+)?)\s*\)|((?:{_SECTIONS})(?:\s+\d+)?)\s*:", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class AceStepWords:
    """The inputs of ACE-Step, each in the field that it was trained on."""

    caption: str
    lyrics: str
    language: str
    bpm: int | None
    key: str | None


def ace_step_words(request: SongRequest) -> AceStepWords:
    """Tempo and key go into fields of their own: the model reads them there and not in the caption."""
    lyrics = song_text(request.lyrics or "")
    sung = bool(lyrics) or request.instrumental is False
    caption = caption_of(request)
    if sung and not lyrics:
        caption = _joined([caption, "vocals"])
    return AceStepWords(
        caption=caption,
        lyrics=lyrics if sung else INSTRUMENTAL,
        language=language_of(lyrics) if lyrics else UNKNOWN,
        bpm=None if request.bpm is None else round(request.bpm),
        key=None if request.key is None else plain_key(request.key),
    )


def caption_with_tempo_and_key(request: SongRequest, fits: Callable[[str], bool]) -> str:
    """The caption with tempo and key in words, "92 BPM, D minor", for models without fields for them.

    Of a caption that does not fit the rest is cut off, and they stay.
    """
    tempo_and_key = [
        *([] if request.bpm is None else [f"{request.bpm:.0f} BPM"]),
        *([] if request.key is None else [plain_key(request.key)]),
    ]
    caption = cut_to_fit(caption_of(request), lambda text: fits(_joined([text, *tempo_and_key])))
    return _joined([caption, *tempo_and_key])


def plain_key(key: str) -> str:
    """The key as ASCII: "B♭ minor" is "Bb minor"."""
    return key.replace("♯", "#").replace("♭", "b")


def caption_of(request: SongRequest) -> str:
    """The prompt, then the genre and tags that it does not name already."""
    return _joined([" ".join(request.prompt.split()), (request.genre or "").replace("_", " "), *request.tags])


def song_text(lyrics: str) -> str:
    """Lyrics as the models know them: one tag in brackets before each section, a blank line between them."""
    sections: list[list[str]] = [[]]
    for line in map(str.strip, lyrics.splitlines()):
        tag = _tag(line)
        if (tag or not line) and sections[-1]:
            sections.append([])
        if line:
            sections[-1].append(tag or line)
    return "\n\n".join("\n".join(section) for section in sections if section)


def cut_to_fit(text: str, fits: Callable[[str], bool]) -> str:
    """The longest beginning of the text, in whole words where it has any, of which `fits` is true."""
    if fits(text):
        return text
    longest = bisect_right(range(1, len(text)), False, key=lambda length: not fits(text[:length]))
    beginning = text[:longest]
    words = beginning.rsplit(maxsplit=1)
    return (words[0] if len(words) > 1 else beginning).rstrip(" ,;")


def _tag(line: str) -> str | None:
    if bracketed := _TAG.fullmatch(line):
        return f"[{bracketed[1]}]"
    if loose := _LOOSE_TAG.fullmatch(line):
        return f"[{(loose[1] or loose[2]).capitalize()}]"
    return None


def _joined(phrases: list[str]) -> str:
    text = ""
    for phrase in phrases:
        said = re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.IGNORECASE)
        if phrase and not said:
            text = f"{text}, {phrase}" if text else phrase
    return text
