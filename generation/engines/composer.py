"""The built-in composer as an engine: works with no key, no GPU, no weights."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from generation.composer.brief import Brief
from generation.composer.genre.catalog import GENRES
from generation.composer.genre.metres import metres_of
from generation.composer.reading.prompt import read_prompt
from generation.composer.reading.several import notices_of, readings_of, reasons_of
from generation.composer.sound.midi import midi_file
from generation.composer.sound.played_parts import PlayedPart, played_parts
from generation.composer.theory import KEY_NAMES
from generation.composer.writing.compose import SCORE_VERSION, compose
from generation.composer.writing.missing import missing_sections
from generation.composer.writing.outline import Outline, outline_of
from generation.engines.base import InProcessEngine, Music, Resolution, Stopped
from generation.engines.capabilities import Capabilities
from generation.engines.request import MusicRequest
from generation.engines.spelling import spelled

if TYPE_CHECKING:  # numpy stays out of the web process
    from generation.audio.types import Samples

SAMPLE_RATE = 48_000
# A page that shows pieces before they are made asks for the same ones again and again.
KEPT_BRIEFS = 256
Value = TypeVar("Value")


class ComposerEngine(InProcessEngine):
    """Writes and plays music by rule on the worker's own CPU. Its music has a score (ScoredEngine)."""

    score_version = SCORE_VERSION

    def __init__(self) -> None:
        self.capabilities = Capabilities(
            title="Built-in composer",
            description="Rule-based, no AI model.",
            min_duration=5,
            max_duration=300,
            genres=tuple(GENRES),
            keys=KEY_NAMES,
            time_signatures={genre.name: metres_of(genre) for genre in GENRES.values()},
            honours=frozenset({"bpm", "ignored_words", "key", "time_signature"}),
            deterministic=True,
            is_quick=True,
        )

    def normalize(self, request: MusicRequest) -> MusicRequest:
        return spelled(request)

    def resolve(self, request: MusicRequest) -> Resolution:
        request = super().resolve(request).request
        briefs = [_brief(request.variation(index)) for index in range(request.variations)]
        genre = _shared([brief.genre for brief in briefs])
        # One that was drawn would leave fewer genres to draw from.
        metre = _shared([brief.metre.name for brief in briefs]) if genre else request.time_signature
        resolved = dataclasses.replace(
            request,
            genre=genre,
            bpm=_shared([brief.bpm for brief in briefs]),
            key=_shared([brief.key for brief in briefs]),
            time_signature=metre,
        )
        return Resolution(
            resolved,
            readings=readings_of(briefs),
            reasons=reasons_of(briefs),
            notices=notices_of([(*brief.notices, *missing_sections(brief)) for brief in briefs]),
        )

    def variation(self, request: MusicRequest, index: int) -> MusicRequest:
        alone = request.variation(index)
        brief = _brief(alone)
        return dataclasses.replace(
            alone, genre=brief.genre, bpm=brief.bpm, key=brief.key, time_signature=brief.metre.name
        )

    def warm(self) -> None:
        """Begin a piece: it imports and reads all that no piece can begin without."""
        from generation.composer.sound.render import render

        next(render(compose(read_prompt("", duration=5, seed=0)), sample_rate=SAMPLE_RATE))

    def generate(
        self,
        request: MusicRequest,
        on_progress: Callable[[float], None],
        should_stop: Callable[[], bool],
    ) -> Music:
        import numpy as np

        from generation.audio.types import Audio
        from generation.composer.sound.render import render

        brief = _brief(request)
        frames = round(request.duration * SAMPLE_RATE)
        samples = np.zeros((2, frames), dtype=np.float32)
        position = 0
        for chunk in render(compose(brief), sample_rate=SAMPLE_RATE):
            if should_stop():
                raise Stopped
            samples[:, position : position + chunk.shape[1]] = chunk
            position += chunk.shape[1]
            on_progress(position / frames)
        return Music(
            Audio(samples, SAMPLE_RATE),
            bpm=brief.bpm,
            key=brief.key,
            time_signature=brief.metre.name,
            score_version=self.score_version,
        )

    def outline(self, request: MusicRequest) -> Outline:
        return outline_of(_brief(request))

    def parts(self, request: MusicRequest) -> tuple[PlayedPart, ...]:
        return played_parts(compose(_brief(request)))

    def midi(self, request: MusicRequest, *, quantised: bool = False) -> bytes:
        return midi_file(compose(_brief(request)), quantised=quantised)

    def stems(self, request: MusicRequest, sample_rate: int) -> "Iterator[Mapping[str, Samples]]":
        from generation.composer.sound.stems import split

        return split(compose(_brief(request)), sample_rate=sample_rate)


@lru_cache(maxsize=KEPT_BRIEFS)
def _brief(request: MusicRequest) -> Brief:
    return read_prompt(
        request.prompt,
        duration=request.duration,
        seed=request.seed or 0,
        genre=request.genre,
        bpm=request.bpm,
        key=request.key,
        time_signature=request.time_signature,
        ignored=request.ignored_words,
    )


def _shared(values: Sequence[Value]) -> Value | None:
    """What all of them are, or None where they are not the same."""
    return values[0] if values.count(values[0]) == len(values) else None
