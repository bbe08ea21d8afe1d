"""The score: notes, parts and sections, written by composition and read by performance and rendering."""

from dataclasses import dataclass
from typing import NamedTuple

from .metre import FOUR_FOUR, Metre
from .shade import PLAIN, Shade


class Note(NamedTuple):
    """One note; a tuple, because a piece has ten thousand.

    `start` and `length` in beats (quarter notes, in every metre) from the start of the piece, `pitch` a MIDI number,
    `velocity` 1 to 127.
    On a drum part `voice` names the drum (kick, snare, rim, brush, hat, open_hat, ride, crash, clap, shaker,
    tom_high, tom_mid, tom_low, taiko, taiko_high) and `pitch` is 0; on others it may name an articulation ("mute")
    and is mostly empty.
    """

    start: float
    length: float
    pitch: int
    velocity: int
    voice: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of whole bars with one character. `energy` 0 to 1."""

    name: str
    start_bar: int
    bars: int
    energy: float


@dataclass(frozen=True, slots=True)
class Part:
    """What one role plays on one instrument, ordered by start."""

    role: str
    instrument: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """A whole piece: enough to perform it, and how it is to sound beyond its genre (`shade`).

    `bars * bar_seconds + tail == duration` in seconds; `tonic` is a pitch class (0 = C); `mode` a scale name ("minor").
    """

    genre: str
    seed: int
    duration: float
    bpm: float
    tonic: int
    mode: str
    swing: float
    bars: int
    tail: float
    sections: tuple[Section, ...]
    parts: tuple[Part, ...]
    shade: Shade = PLAIN
    metre: Metre = FOUR_FOUR

    @property
    def beat_seconds(self) -> float:
        """How long a beat, a quarter note, lasts."""
        return self.metre.beat_seconds(self.bpm)

    @property
    def bar_seconds(self) -> float:
        """How long a bar lasts."""
        return self.metre.bar_seconds(self.bpm)
