"""The score of a track: whether there is one, and what is made from it: outline, notes, MIDI and stems."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from generation.engines.base import Engine, ScoredEngine
from generation.engines.registry import UnknownEngine, get_engine
from generation.engines.request import MusicRequest
from generation.models import Track
from generation.storage import content_disposition

if TYPE_CHECKING:  # numpy stays out of the web process
    from generation.audio.types import Samples
    from generation.composer.sound.played_parts import PlayedPart
    from generation.composer.writing.outline import Outline

# Not "audio/midi": clients that are generated from the document know by this type alone that these are bytes.
MIDI_TYPE = "application/octet-stream"


class NoScore(Exception):
    """The track was made without a score, so there are no notes and no stems of it. The message is for its owner."""


class OutdatedScore(NoScore):
    """The track had a score that this version of its engine would write otherwise. The message is for its owner."""


def engine_of(track: Track) -> ScoredEngine:
    """The engine that can write the track's score again. Raises NoScore or OutdatedScore. Load `job` beside tracks."""
    try:
        engine = get_engine(track.job.engine)
    except UnknownEngine:
        raise NoScore(
            "The engine that made this track is not set up here any more, so there is no MIDI of it and no stems."
        ) from None
    scored = _as_scored(engine)
    if scored is None:
        raise NoScore(
            f"{engine.capabilities.title} writes no score, so there is no MIDI of this track and no stems. "
            "Generate it with an engine that writes one, such as the built-in composer."
        )
    if track.score_version != scored.score_version:
        raise OutdatedScore(
            f"{engine.capabilities.title} has changed since it made this track, and would write other notes today. "
            "The audio is kept as it is; for MIDI and stems, generate the music again."
        )
    return scored


def title_of_engine(track: Track) -> str:
    """What the engine that made the track is called. Raises UnknownEngine."""
    return get_engine(track.job.engine).capabilities.title


def has_score(track: Track) -> bool:
    """Whether MIDI and stems of the track can be made. Load `job` beside tracks."""
    try:
        engine_of(track)
    except NoScore:
        return False
    return True


def outline_of(track: Track) -> "Outline":
    """The bars, sections and chords of the track. Raises NoScore or OutdatedScore."""
    return engine_of(track).outline(_request_of(track))


def parts_of(track: Track) -> "Sequence[PlayedPart]":
    """The notes of the track, part by part. Raises NoScore or OutdatedScore."""
    return engine_of(track).parts(_request_of(track))


def midi_of(track: Track, *, quantised: bool = False) -> bytes:
    """The track's score as a MIDI file, as it is heard or as it is written. Raises NoScore or OutdatedScore."""
    return engine_of(track).midi(_request_of(track), quantised=quantised)


def midi_disposition(track: Track, *, quantised: bool = False) -> str:
    """The header that names the MIDI file of a track."""
    return content_disposition(track.title, "mid", " (quantised)" if quantised else "")


def stems_of(track: Track) -> "Iterator[Mapping[str, Samples]]":
    """The track before it was mastered, as blocks (2, frames) by stem. Raises NoScore or OutdatedScore."""
    return engine_of(track).stems(_request_of(track), track.sample_rate)


def _request_of(track: Track) -> MusicRequest:
    """What the track was made of. What its job left to the seed is as it came out: a later version may draw another."""
    alone = track.job.request.variation(track.index)
    return replace(
        alone,
        genre=alone.genre or track.genre or None,
        bpm=alone.bpm or track.bpm,
        key=alone.key or track.key or None,
        time_signature=alone.time_signature or track.time_signature or None,
    )


@cache
def _as_scored(engine: Engine) -> ScoredEngine | None:
    """Found out once for each engine: to ask a protocol takes longer than all the rest."""
    return engine if isinstance(engine, ScoredEngine) else None
