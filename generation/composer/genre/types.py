"""The types that a genre's file is read into."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..metre import FOUR_FOUR, Metre
from ..rhythm import Pattern
from ..theory import Chord, family

Bars = tuple[tuple[Chord, ...], ...]
"""A progression in C: for each bar its chords, which share it evenly."""

BAR_KINDS = ("idea", "answer", "sequence", "fragment", "cadence", "rest")
"""What a bar of a phrase may be."""

SOLO = "solo"
"""The theme of sections whose tune is improvised."""


@dataclass(frozen=True, slots=True)
class Feel:
    """How people play it: standard deviations of time (s) and velocity, lags (s) by drum voice or role.

    `liveliness` from 0 to 1 is how much players depart from their patterns, `breath` how much louder they play where
    bar and phrase weigh most than where they weigh least, as a share of their velocity.
    """

    timing: float
    velocity: float
    lags: Mapping[str, float]
    liveliness: float
    breath: float


@dataclass(frozen=True, slots=True)
class Voicing:
    """Where chords are voiced: the number of voices and MIDI limits.

    `rootless` leaves the root of larger chords to the bass, but for the tonic's and the dominant's.
    """

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


HARMONY_WAYS = ("substitute", "dominant", "passing", "inverted", "suspended", "borrowed")
"""How a chord of a progression may change where the progression returns."""


@dataclass(frozen=True, slots=True)
class HarmonyStyle:
    """How much the chords move. All but `ways` are chances.

    `answer`: that a second progression answers the first; `change`: that a bar of a returning phrase becomes another,
    by `ways` of these weights; `pedal`: that an opening or a bridge lies on a held bass; `lift`: that the last chorus
    of a long piece is a step higher.
    """

    answer: float
    change: float
    ways: Mapping[str, float]
    pedal: float
    lift: float


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
    """One-bar rhythms that melodies are like, and plans of a four-bar phrase.

    `kind` of old tunes that rhythms are learned of, "song" or "dance", and how much beside the cells (`learned`).
    `finest` is the finest note, in sixteenths; `pickup` the chance that a theme's phrases begin before the bar, `ahead`
    that a note on the first beat comes early.
    """

    cells: tuple[Pattern, ...]
    cadences: tuple[Pattern, ...]
    solo: tuple[Pattern, ...]
    plans: tuple[tuple[str, ...], ...]
    chromatic: bool
    kind: str
    learned: float
    finest: int
    pickup: float
    ahead: float

    @property
    def has_sixteenths(self) -> bool:
        return self.finest == 1


@dataclass(frozen=True, slots=True)
class MetreStyle:
    """How a genre plays in one metre. What is not said here is derived from how it plays in four.

    `weight` is how often the genre is in that metre where none is asked for; `tempo` in what the metre counts.
    `patterns` are those of each role by name; `cells`, `cadences` and `solo` those of the melody.
    """

    weight: float
    tempo: tuple[float, float] | None
    swing: tuple[float, float] | None
    patterns: Mapping[str, Mapping[str, tuple[Pattern, ...]]]
    grooves: Mapping[str, tuple[Mapping[str, Pattern], ...]]
    fills: Mapping[str, tuple[Fill, ...]]
    cells: tuple[Pattern, ...]
    cadences: tuple[Pattern, ...]
    solo: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Forms:
    """Shapes such as "intro:4 (A:8 B:8)* outro:4", and the kinds whose length may be odd."""

    shapes: tuple[str, ...]
    flexible: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Genre:
    """A genre as its file describes it, in one `metre`: that of its file is four.

    `metres` are all that it is played in. `sound` is the file's lower half, unread.
    """

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
    harmony: HarmonyStyle
    forms: Forms
    sections: Mapping[str, SectionKind]
    players: Mapping[str, Player]
    grooves: Mapping[str, tuple[Mapping[str, Pattern], ...]]
    fills: Mapping[str, tuple[Fill, ...]]
    melody: MelodyStyle
    sound: Mapping[str, Any]
    metres: Mapping[str, MetreStyle]
    metre: Metre = FOUR_FOUR

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role that can occur, those of `instruments` first."""
        return tuple(dict.fromkeys((*self.instruments, *self.on_request)))

    def progressions_for(self, mode: str, use: str) -> tuple[Bars, ...]:
        """The progressions of a mode, or of major or minor where the genre has none of its own for it."""
        return self.progressions.get((mode, use)) or self.progressions[family(mode), use]

    def cadence_for(self, mode: str) -> Cadence:
        return self.cadences.get(mode) or self.cadences[family(mode)]
