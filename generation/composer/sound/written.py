"""From a score to timed events as they are written: straight, on the grid, and no louder than written."""

import math
from collections.abc import Iterable
from operator import attrgetter

from ..score import Note, Score
from ..sources.timed_note import TimedNote

STEPS_PER_BEAT = 4
_GRIDS = (8, 6)
"""What is written as such: 32nds, and triplets of sixteenths."""
_NEAR = 1e-6
_SHORTEST = 1 / 32
_ORDER = attrgetter("time", "pitch", "voice")


def written(score: Score) -> dict[str, tuple[TimedNote, ...]]:
    """The events of each role in order of time, all within the piece.

    A chord that is rolled has its notes a little after one another: they begin with the sixteenth in which they are
    struck.
    """
    return {part.role: tuple(_events(part.notes, score.beat_seconds, score.duration)) for part in score.parts}


def on_grid(start: float) -> float:
    """The beat on which a note is written that is struck at this one."""
    for grid in _GRIDS:
        nearest = round(start * grid) / grid
        if abs(nearest - start) < _NEAR:
            return nearest
    return math.floor(start * STEPS_PER_BEAT) / STEPS_PER_BEAT


def _events(notes: Iterable[Note], beat: float, end: float) -> list[TimedNote]:
    events: dict[tuple[float, int, str], TimedNote] = {}
    for start, length, pitch, velocity, voice in notes:
        begin = on_grid(start)
        time = begin * beat
        duration = min(max(start + length - begin, _SHORTEST) * beat, end - time)
        place = (begin, pitch, voice)
        # What is struck twice on one place of the grid is written once.
        if duration > 0 and (place not in events or velocity > events[place].velocity):
            events[place] = TimedNote(time, duration, pitch, velocity, voice)
    return sorted(events.values(), key=_ORDER)
