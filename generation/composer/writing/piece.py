"""A piece while it is being arranged: what every player needs to know."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial

from ..genre.density import thinned
from ..genre.types import Genre, Player, SectionKind
from ..instruments import RANGES, TEXTURES
from ..metre import PHRASE_BARS
from ..randomness import Stream, stream
from ..rhythm import Hit
from ..structure import AS_USUAL, Structure
from .harmony import Chart, Span, voicings
from .melody_fitting import MelodyNote
from .patterns import play_patterns, struck_again
from .plan import Plan, PlannedSection
from .takes import best_melody

# Styles whose line is made note by note, or is one with another's.
_STEADY = ("drums", "lead")
_CHORDAL = ("comp", "pad", "arpeggio", "power")
_LONG_SECTION = 8
_ENOUGH = 3
# How often somebody joins a long section in its middle.
_LATE = 0.6
_PEAK = 2.5
_ACCENTS = {"X": 1.1, "x": 0.96, "o": 0.78, "m": 0.7}
MIDI_FULL = 127


@dataclass(frozen=True)
class Piece:
    """Plan, chords and cast of a piece; `casting` holds the instrument of each role.

    `density` from -1 to 1 is how much plays, `asked` holds the roles that were asked for.
    """

    genre: Genre
    seed: int
    energy: float
    plan: Plan
    chart: Chart
    casting: Mapping[str, str]
    structure: Structure = AS_USUAL
    density: float = 0.0
    asked: frozenset[str] = frozenset()

    def stream(self, *names: str | int) -> Stream:
        """The stream of a decision in this piece."""
        return stream(self.seed, self.genre.name, *names)

    def player(self, role: str) -> Player:
        return self.genre.players[role]

    def kind(self, section: PlannedSection) -> SectionKind:
        return self.genre.sections[section.kind]

    @cached_property
    def end(self) -> float:
        """The beat of the final chord."""
        return self.plan.bars * self.bar_beats

    @property
    def bar_beats(self) -> float:
        """How many beats a bar has."""
        return self.plan.metre.beats

    @cached_property
    def voicings(self) -> tuple[tuple[int, ...], ...]:
        """The chord's notes for each span of the chart."""
        return voicings(self.chart, self.genre.voicing)

    def voicing_of(self, span: Span) -> tuple[int, ...]:
        return self.voicings[self.chart.index_at(span.start)]

    def register(self, role: str) -> tuple[int, int]:
        """Where a role's tunes lie, moved by octaves to suit its instrument, and cut to what that can play."""
        player = self.player(role)
        lowest, highest = RANGES.get(self.casting[role], (0, MIDI_FULL))
        shift = 0
        while player.high + shift > highest + 4 and player.low + shift - 12 >= lowest - 4:
            shift -= 12
        while player.low + shift < lowest - 4:
            shift += 12
        return max(player.low + shift, lowest), min(player.high + shift, highest)

    def melody(self, role: str) -> Mapping[PlannedSection, tuple[MelodyNote, ...]]:
        """The tune of each section as a role would play it."""
        if role not in self._melodies:
            low, high = self.register(role)
            self._melodies[role] = best_melody(
                self.genre, self.plan, self.chart, seed=self.seed, low=low, high=high
            )
        return self._melodies[role]

    @cached_property
    def _melodies(self) -> dict[str, Mapping[PlannedSection, tuple[MelodyNote, ...]]]:
        return {}

    @cached_property
    def _sung_bars(self) -> frozenset[int]:
        """The bars in which a tune begins a note."""
        return frozenset(
            int(note.start // self.bar_beats)
            for role in self.casting
            if self.player(role).style == "lead"
            for section, _ in self.sections_of(role)
            for note in self.melody(role).get(section, ())
        )

    def rests(self, section: PlannedSection) -> frozenset[int]:
        """The bars of a section, from 0 on, in which the tune that plays there rests; none where there is no tune."""
        bars = range(section.start_bar, section.end_bar)
        if not self._sung_bars.intersection(bars):
            return frozenset()
        return frozenset(bar - section.start_bar for bar in bars if bar not in self._sung_bars)

    @cached_property
    def _entrances(self) -> Mapping[tuple[PlannedSection, str], float]:
        """The beats on which those join a long section who are not there from its start."""
        return {
            (section, role): (section.start_bar + max(4, section.bars // 8 * 4)) * self.bar_beats
            for section in self.plan.sections
            if section.bars >= _LONG_SECTION and (role := self._latecomer(section))
        }

    def _latecomer(self, section: PlannedSection) -> str:
        """Who joins a section in its middle, if anyone: where enough others play, one of them chords.

        Where much is to play, all are there from the start.
        """
        if self.density > 0:
            return ""
        styles = {role: self.player(role).style for role in self.playing(section)}
        random = self.stream("latecomer", section.kind, section.time)
        chordal = [role for role, style in styles.items() if style in _CHORDAL]
        options = [
            role
            for role, style in styles.items()
            if role not in self.asked and (style == "counter" or (style in _CHORDAL and len(chordal) > 1))
        ]
        late = len(styles) > _ENOUGH and options and random.chance(_LATE)
        return random.pick(options) if late else ""

    def absences(self, role: str) -> tuple[tuple[float, float], ...]:
        """From which beat to which a role is silent in sections that it joins in their middle."""
        return tuple(
            (section.start_bar * self.bar_beats, entrance)
            for (section, late), entrance in self._entrances.items()
            if late == role
        )

    @cached_property
    def _playing(self) -> dict[PlannedSection, dict[str, str]]:
        playing = {section: self._cast_of(section) for section in self.plan.sections}
        for role in self._missing_roles(playing):
            section = max(playing, key=lambda section: self._suits(role, section))
            playing[section] = {**playing[section], role: self._usual_pattern(role)}
        return playing

    def _missing_roles(self, playing: Mapping[PlannedSection, Mapping[str, str]]) -> list[str]:
        """Roles that were asked for and that no section of this plan has."""
        playing_roles = {role for cast in playing.values() for role in cast}
        return [role for role in self.casting if role in self.asked - playing_roles] if playing else []

    def _suits(self, role: str, section: PlannedSection) -> tuple[bool, float]:
        kind = self.kind(section)
        return bool(kind.theme) or self.player(role).style != "lead", kind.energy

    def playing(self, section: PlannedSection) -> dict[str, str]:
        """Who plays in a section, and by which of their patterns."""
        return self._playing[section]

    def _cast_of(self, section: PlannedSection) -> dict[str, str]:
        kind = self.kind(section)
        roles = {**kind.roles, **(kind.later if section.time else {})}
        cast = {role: name for role, name in roles.items() if role in self.casting}
        if any(self.casting[role] not in TEXTURES for role in cast):
            return thinned(cast, self.genre, self.asked, self.density, self._lift(_middle(section)))
        return cast | {role: self._usual_pattern(role) for role in self.casting}

    def _usual_pattern(self, role: str) -> str:
        """What a role plays where it steps in for those that a section would have had."""
        kinds = self.genre.sections.values()
        return next((kind.roles[role] for kind in kinds if role in kind.roles), "")

    def sections_of(self, role: str) -> Iterator[tuple[PlannedSection, str]]:
        """The sections in which a role plays, each with the name of its pattern."""
        for section in self.plan.sections:
            if role in self.playing(section):
                yield section, self.playing(section)[role]

    def hits(self, role: str, section: PlannedSection, name: str) -> Iterator[tuple[float, Hit]]:
        """What a role plays by its patterns of a name through a section, with the beats.

        It has the same patterns all through the piece, and departs from them as the genre does; twins play alike. A
        pattern called `name`_last takes the section's last bar.
        """
        player = self.player(role)
        voice, patterns = player.twin or role, player.patterns
        playing = play_patterns(
            patterns[name],
            self.stream("pattern", voice, name),
            section.bars,
            metre=self.plan.metre,
            liveliness=0.0 if player.style in _STEADY else self.genre.feel.liveliness,
            again=partial(struck_again, player.style),
            rests=self.rests(section),
            random=self.stream("departures", voice, section.kind, section.time),
        )
        if f"{name}_last" in patterns and section.bars > 1:
            last = self.stream("pattern", voice, f"{name}_last").pick(patterns[f"{name}_last"])
            playing[-1] = last.bar(section.bars - 1)
        for number, hits in enumerate(playing):
            for hit in hits:
                yield (section.start_bar + number) * self.bar_beats + hit.start, hit

    def spans_of(self, section: PlannedSection) -> tuple[Span, ...]:
        return self.chart.between(section.start_bar * self.bar_beats, section.end_bar * self.bar_beats)

    def _lift(self, bar: float) -> float:
        """What the course that was asked for adds to the energy at a bar."""
        return self.structure.lift_at(bar / self.plan.bars) if self.structure.course_asked else 0.0

    def energy_of(self, section: PlannedSection) -> float:
        """The energy of a section, 0 to 1, with what its place in the piece adds."""
        energy = self.kind(section).energy
        lift = self._lift(_middle(section))
        return min(1.0, max(0.05, energy + lift)) if lift else energy

    def loudness(self, section: PlannedSection, beat: float) -> float:
        """A factor for velocities: louder with energy, and rising through a section that swells."""
        kind = self.kind(section)
        loud = 0.6 + 0.42 * kind.energy * (0.8 + 0.4 * self.energy)
        if kind.swell:
            done = (beat / self.bar_beats - section.start_bar) / section.bars
            loud *= 0.86 + 0.18 * done
        return loud * (1 + self._lift(beat / self.bar_beats))

    def velocity(
        self, role: str, section: PlannedSection, beat: float, symbol: str = "x", more: float = 0.0
    ) -> int:
        """How hard a role plays a note there, from 1 to 127."""
        level = self.player(role).velocity * self.loudness(section, beat) * _ACCENTS.get(symbol, 1.0)
        return clamped_velocity(level * self.breath(section, beat) + more)

    def breath(self, section: PlannedSection, beat: float) -> float:
        """A factor for velocities by the weight of a beat in its bar, and by where it stands in its phrase.

        A phrase of four bars rises to its third bar and falls.
        """
        metre, width = self.plan.metre, self.genre.feel.breath
        bars = (beat / self.bar_beats - section.start_bar) % PHRASE_BARS
        phrase = bars / _PEAK if bars < _PEAK else (PHRASE_BARS - bars) / (PHRASE_BARS - _PEAK)
        first = beat % metre.beats == 0
        bar = 1.0 if first else 0.7 if metre.is_strong(beat) else 0.4 if metre.is_counted(beat) else 0.0
        return 1 + width * (0.55 * phrase + 0.45 * bar - 0.5)


def _middle(section: PlannedSection) -> float:
    return section.start_bar + section.bars / 2


def clamped_velocity(level: float) -> int:
    return min(MIDI_FULL, max(1, round(level)))


@cache
def in_range(pitch: int, instrument: str) -> int:
    """The pitch, moved by octaves to where the instrument sounds natural."""
    low, high = RANGES.get(instrument, (0, MIDI_FULL))
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch


def nearest(pitch_class: int, reference: float, low: int, high: int) -> int:
    """The pitch of that class nearest to the reference, between limits at least an octave apart."""
    found = [pitch for pitch in range(low, high + 1) if pitch % 12 == pitch_class % 12]
    return min(found, key=lambda pitch: abs(pitch - reference))
