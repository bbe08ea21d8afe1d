"""Turns a request into the description and the lyrics that MiniMax Music 3 reads.

Its descriptions begin with tempo and key in sentences of always the same form (the examples beside the weights), and
what is not said of the voice it decides itself. Lyrics have each tag on a line of its own, and are never empty: music
without words has the tags alone. (docs/source/en/api/pipelines/minimax_music3.md of diffusers)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from generation.diffusion.prompts import caption_of, cut_to_fit, plain_key, song_text
from generation.diffusion.songs import SongRequest

UNSUNG: Final = "[intro]\n[instrumental]\n[outro]"
WORDLESS: Final = "[intro]\n[verse]\n[chorus]\n[outro]"
_LEADING_TAGS: Final = re.compile(r"((?:\[[^\[\]]+\]\s*)+)(.*)")
# What the tokenizer would take for the end of the lyrics, and the like.
_CONTROL: Final = re.compile(r"<\|[^|]*\|>")


@dataclass(frozen=True, slots=True)
class MiniMaxWords:
    """The two texts that MiniMax Music 3 reads."""

    caption: str
    lyrics: str


def minimax_words(request: SongRequest, fits: Callable[[str], bool]) -> MiniMaxWords:
    """`fits` is true of captions short enough: of a longer one the prompt is cut, not tempo, key and voice."""
    sung = lyric_lines(request.lyrics or "")
    if sung:
        lyrics, voice = sung, "lead singer"
    elif request.instrumental is False:
        lyrics, voice = WORDLESS, "wordless singing"
    else:
        lyrics, voice = UNSUNG, "none, instrumental"

    def caption(prompt: str) -> str:
        said = prompt.replace("<|", "< |").rstrip(" .,;")
        return " ".join([*_attributes(request), *([f"{said}."] if said else []), f"Vocals: {voice}."])

    return MiniMaxWords(
        caption(cut_to_fit(caption_of(request), lambda prompt: fits(caption(prompt)))), lyrics
    )


def lyric_lines(lyrics: str) -> str:
    """Lyrics without blank lines, and no words behind a tag on its line: the model would leave them out."""
    lines: list[str] = []
    for line in song_text(_CONTROL.sub(" ", lyrics)).splitlines():
        tagged = _LEADING_TAGS.fullmatch(line)
        lines += [tagged[1].strip(), tagged[2]] if tagged else [line]
    return "\n".join(line for line in lines if line)


def _attributes(request: SongRequest) -> list[str]:
    sentences = []
    if request.bpm is not None:
        sentences.append(f"bpm is {request.bpm:.0f}.")
    if request.key is not None:
        tonic, scale = plain_key(request.key).split()
        sentences.append(f"key is {tonic}, and scale is {scale}.")
    return sentences
