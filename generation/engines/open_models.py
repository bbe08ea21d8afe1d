"""Open models as engines see them: what each can do, an order in its words, and what its errors mean."""

import re
from math import ceil
from typing import Final

from generation.composer.genre.catalog import GENRES
from generation.composer.theory import KEY_NAMES
from generation.diffusion.catalog import Model
from generation.diffusion.prompts import song_text
from generation.diffusion.songs import SongRequest
from generation.engines.capabilities import Capabilities
from generation.engines.request import MAX_TAKES, MusicRequest

SOUND_ALONE = (
    "Without a wish for tempo, key or words, the best take is chosen by its sound alone: by how little of it is noise, "
    "silence or cut off."
)
HINTS = "Tempo and key are hints to this model. What came out is measured and shown beside them."

# A brisk pop song; beyond it singers, and models, swallow words.
WORDS_PER_SECOND: Final = 2.5
# Scripts that are written without spaces, or with few: so many characters are sung in the time of a word.
_PER_WORD: Final = {
    # Kana, Han and Hangul
    2: re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]"),
    # Thai, Lao, Burmese and Khmer
    4: re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"),
}


def capabilities_of(model: Model) -> Capabilities:
    """What may be asked of a model."""
    return Capabilities(
        title=model.title,
        description=model.description,
        min_duration=model.min_duration,
        max_duration=model.max_duration,
        genres=tuple(GENRES),
        keys=KEY_NAMES,
        max_takes=MAX_TAKES,
        honours=model.honours,
        model=model.repo,
        licence=model.licence,
        licence_url=model.licence_url,
        licence_note=model.licence_note,
        commercial_use=model.commercial,
    )


def song_of(request: MusicRequest) -> SongRequest:
    """One variation of an order, as a model is asked for it."""
    return SongRequest(
        prompt=request.prompt,
        duration=request.duration,
        seed=request.seed or 0,
        genre=request.genre,
        bpm=request.bpm,
        key=request.key,
        instrumental=request.instrumental,
        lyrics=request.lyrics,
        tags=request.tags,
        takes=request.takes,
    )


def notices_about(request: MusicRequest, model: Model) -> tuple[str, ...]:
    """The notices of an order to a model."""
    hints = request.bpm is not None or request.key is not None
    notices = [HINTS] if hints else []
    if request.takes > 1 and not hints and not request.lyrics:
        notices.append(SOUND_ALONE)
    words = count_sung_words(request.lyrics or "")
    if words > WORDS_PER_SECOND * request.duration:
        seconds = ceil(words / WORDS_PER_SECOND)
        longer = f", or ask for about {seconds:,} seconds" if seconds <= model.max_duration else ""
        notices.append(
            f"The lyrics have about {words:,} words, many for {request.duration:g} seconds: some may be rushed or left "
            f"out. Shorten them{longer}."
        )
    return tuple(notices)


def count_sung_words(lyrics: str) -> int:
    """How many words are to be sung, without the tags of sections.

    >>> count_sung_words("[Verse 1]\\nthe rain is falling\\n\\nChorus:\\n雨が降る")
    6
    """
    sung = re.sub(r"\[[^\[\]]*\]", " ", song_text(lyrics))
    words = 0.0
    for per_word, characters in _PER_WORD.items():
        sung, found = characters.subn(" ", sung)
        words += found / per_word
    return ceil(words + sum(any(map(str.isalnum, word)) for word in sung.split()))
