"""What a genre is: the types its file is read into."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .rhythm import Pattern
from .theory import SCALES, Chord, family

Bars = tuple[tuple[Chord, ...], ...]
"""A progression in C: for each bar its chords, which share it evenly."""


@dataclass(frozen=True, slots=True)
class Feel:
    """How people play it: standard deviations of time (s) and velocity, lags (s) by drum voice or role."""

    timing: float
    velocity: float
    lags: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Voicing:
    """Where chords are voiced: the number of voices and MIDI limits; rootless leaves the root to the bass."""

    voices: int
    low: int
    high: int
    rootless: bool


@dataclass(frozen=True, slots=True)
class Cadence:
    """Last bars: `half` before another section, `full` before the last chord, which is `end`."""

    half: tuple[Chord, ...]
    full: tuple[Chord, ...]
    end: Chord


@dataclass(frozen=True, slots=True)
class SectionKind:
    """What happens in every section of a kind.

    `roles` says who plays and by which of their patterns; `later` who joins from its second time on.
    `harmony` and `theme` name a progression and a melody that kinds may share; `lift` raises the melody by
    scale steps.
    """

    energy: float
    harmony: str
    theme: str
    density: float
    lift: int
    swell: bool
    crash: bool
    fill: str
    roles: Mapping[str, str]
    later: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Player:
    """How a role plays: its style and the style's parameters; lengths in beats, `shift` in semitones."""

    style: str
    velocity: int
    patterns: Mapping[str, tuple[Pattern, ...]]
    low: int
    high: int
    shift: int
    voices: int
    roll: float
    stagger: float
    overlap: float
    legato: float
    ring: float
    density: float
    twin: str


@dataclass(frozen=True, slots=True)
class Fill:
    """What the drums play from beat `start` of a section's last bar."""

    start: float
    voices: Mapping[str, Pattern]


@dataclass(frozen=True, slots=True)
class MelodyStyle:
    """One-bar rhythms to build melodies of, and plans of a four-bar phrase."""

    cells: tuple[Pattern, ...]
    cadences: tuple[Pattern, ...]
    solo: tuple[Pattern, ...]
    plans: tuple[tuple[str, ...], ...]
    chromatic: bool


@dataclass(frozen=True, slots=True)
class Forms:
    """Shapes such as "intro:4 (A:8 B:8)* outro:4", and the kinds whose length may be odd."""

    shapes: tuple[str, ...]
    flexible: frozenset[str]


# A genre that knows only one family plays the other by its relative: the chords of A minor are those of C major.
_RELATIVE = {"major": "minor", "minor": "major"}
_SHIFT = {"major": -3, "minor": 3}
_TRIADS = {"major": (0, 4, 7), "minor": (0, 3, 7)}


def _kindred(mode: str) -> tuple[str, ...]:
    """The mode, and those whose chords may stand in for its own, the nearest first."""
    return (mode, family(mode), *(other for other in SCALES if family(other) == family(mode)))


def _moved(bars: Bars, mode: str) -> Bars:
    shift = _SHIFT[family(mode)]
    return tuple(tuple(chord.transposed(shift) for chord in bar) for bar in bars)


@dataclass(frozen=True, slots=True, eq=False)
class Genre:
    """A genre as its file describes it. `sound` is the file's lower half, unread."""

    name: str
    title: str
    aliases: tuple[str, ...]
    keywords: tuple[str, ...]
    nearest: tuple[str, ...]
    energy: float
    valence: float
    tempo: tuple[float, float]
    swing: tuple[float, float]
    swing_unit: float
    tail: tuple[float, float]
    modes: Mapping[str, float]
    drum_voices: tuple[str, ...]
    ending: tuple[str, ...]
    ending_drums: tuple[str, ...]
    quiet_without: tuple[str, ...]
    instruments: Mapping[str, tuple[str, ...]]
    on_request: Mapping[str, tuple[str, ...]]
    chance: Mapping[str, float]
    feel: Feel
    voicing: Voicing
    progressions: Mapping[tuple[str, str], tuple[Bars, ...]]
    cadences: Mapping[str, Cadence]
    forms: Forms
    sections: Mapping[str, SectionKind]
    players: Mapping[str, Player]
    grooves: Mapping[str, tuple[Mapping[str, Pattern], ...]]
    fills: Mapping[str, tuple[Fill, ...]]
    melody: MelodyStyle
    sound: Mapping[str, Any]

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that can occur, those of `instruments` first."""
        return tuple(dict.fromkeys((*self.instruments, *self.on_request)))

    def progressions_for(self, mode: str, use: str) -> tuple[Bars, ...]:
        """The progressions of a mode, or of the nearest that the genre has; of the relative key's as a last resort."""
        for known in _kindred(mode):
            if (known, use) in self.progressions:
                return self.progressions[known, use]
        return tuple(_moved(bars, mode) for bars in self.progressions_for(_RELATIVE[family(mode)], use))

    def cadence_for(self, mode: str) -> Cadence:
        for known in _kindred(mode):
            if known in self.cadences:
                return self.cadences[known]
        other = self.cadence_for(_RELATIVE[family(mode)])
        shift = _SHIFT[family(mode)]
        return Cadence(
            half=tuple(chord.transposed(shift) for chord in other.half),
            full=tuple(chord.transposed(shift) for chord in other.full),
            end=Chord(0, _TRIADS[family(mode)]),
        )
