"""A note in seconds: what performance makes of a score and what every source of sound plays."""

from typing import NamedTuple


class TimedNote(NamedTuple):
    """A note as it is played; `time` and `duration` in seconds from the start of the piece."""

    time: float
    duration: float
    pitch: int
    velocity: int
    voice: str = ""
