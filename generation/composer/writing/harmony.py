"""The chord chart of a piece: progressions and cadences, and voicings that move little."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product

from ..genre.types import Genre, Voicing
from ..randomness import stream
from ..theory import QUALITIES, Chord, scale_over
from .plan import Plan
from .progressions import FIFTH, OCTAVE, Progressions

LIFT = 2
"""How far the key of a last chorus may rise, in semitones."""

# Tonic and dominant, in semitones above the tonic.
_ROOTED = (0, 7)


@dataclass(frozen=True, slots=True)
class Span:
    """A chord while it lasts; `start` and `length` in beats. `lift` is how far above the piece's the key then is."""

    start: float
    length: float
    chord: Chord
    lift: int = 0

    @property
    def end(self) -> float:
        return self.start + self.length


@dataclass(frozen=True)
class Chart:
    """The chords of a piece without gaps; the last span is the final chord, which rings through the tail.

    `tonic` is that of the piece's key, which may lie higher towards the end.
    """

    spans: tuple[Span, ...]
    tonic: int
    mode: str

    @cached_property
    def _starts(self) -> list[float]:
        return [span.start for span in self.spans]

    @property
    def ending(self) -> Span:
        return self.spans[-1]

    def index_at(self, beat: float) -> int:
        """The place in `spans` of the chord that sounds at a beat."""
        return max(0, bisect_right(self._starts, beat) - 1)

    def at(self, beat: float) -> Span:
        return self.spans[self.index_at(beat)]

    def between(self, start: float, end: float) -> tuple[Span, ...]:
        """The spans that start from `start` on and before `end`."""
        return self.spans[bisect_left(self._starts, start) : bisect_left(self._starts, end)]

    def scale_at(self, beat: float) -> frozenset[int]:
        """The pitch classes that a melody may use at a beat."""
        span = self.at(beat)
        return scale_over(span.chord, self.tonic_of(span), self.mode)

    def tonic_of(self, span: Span) -> int:
        """The pitch class of the tonic while a chord lasts."""
        return (self.tonic + span.lift) % 12


def write_chart(genre: Genre, plan: Plan, *, seed: int, tonic: int, mode: str) -> Chart:
    """The chords of a piece: each section's progression, a cadence at its end, and the final chord."""
    cadence = genre.cadence_for(mode)
    progressions = Progressions(genre, mode, seed)
    lifted_from = _lifted_section(genre, plan, seed)
    spans: list[Span] = []
    for place, section in enumerate(plan.sections):
        last = place == len(plan.sections) - 1
        lift = LIFT if place >= lifted_from else 0
        bars = list(progressions.bars_of(section))
        ending = cadence.full if last else cadence.half
        if place + 1 == lifted_from and not last:
            ending = (Chord((FIFTH + LIFT) % OCTAVE, QUALITIES["7"]),)
        if ending and section.bars > 1:
            bars[-1] = ending
        for number, chords in enumerate(bars):
            bar = (section.start_bar + number) * plan.metre.beats
            spans += [
                Span(bar + start, length, chord.transposed(tonic + lift), lift)
                for chord, (start, length) in zip(chords, plan.metre.shares(len(chords)), strict=True)
            ]
    lift = LIFT if lifted_from < len(plan.sections) else 0
    tail = plan.tail / plan.metre.beat_seconds(plan.bpm)
    spans.append(Span(plan.bars * plan.metre.beats, tail, cadence.end.transposed(tonic + lift), lift))
    return Chart(tuple(spans), tonic, mode)


def _lifted_section(genre: Genre, plan: Plan, seed: int) -> int:
    """From which section on the key lies a step higher; beyond the last where it never does.

    It is the last of the strongest ones, where it has come twice before.
    """
    strongest = max((genre.sections[section.kind].energy for section in plan.sections), default=0.0)
    strong = [
        place
        for place, section in enumerate(plan.sections)
        if genre.sections[section.kind].energy == strongest and genre.sections[section.kind].theme
    ]
    rises = len(strong) > 2 and stream(seed, genre.name, "harmony", "lift").chance(genre.harmony.lift)
    return strong[-1] if rises else len(plan.sections)


def voicings(chart: Chart, voicing: Voicing) -> tuple[tuple[int, ...], ...]:
    """MIDI notes for each span, low to high, chosen so that every voice moves little and none is muddy."""
    found: list[tuple[int, ...]] = []
    known: dict[tuple[Chord, int, tuple[int, ...]], tuple[int, ...]] = {}
    before: tuple[int, ...] = ()
    for span in chart.spans:
        key = (span.chord, span.lift, before)
        if key not in known:
            known[key] = _voiced(span.chord, before, voicing, chart.tonic_of(span))
        before = known[key]
        found.append(before)
    return tuple(found)


def _voiced(chord: Chord, before: tuple[int, ...], voicing: Voicing, tonic: int) -> tuple[int, ...]:
    options = [
        [pitch for pitch in range(voicing.low, voicing.high + 1) if pitch % 12 == pitch_class]
        for pitch_class in _voices_of(chord, voicing, tonic)
    ]
    centre = (voicing.low + voicing.high) / 2
    candidates = {tuple(sorted(notes)) for notes in product(*options) if len(set(notes)) == len(notes)}
    return min(sorted(candidates), key=lambda notes: _cost(notes, before, centre))


def _voices_of(chord: Chord, voicing: Voicing, tonic: int) -> list[int]:
    """The pitch classes to sound, one a voice: too many lose the fifth, too few double the root.

    Tonic and dominant keep their roots even where others leave them to the bass: without them a Cmaj9 is an Em7, and
    the key is anybody's guess.
    """
    notes = list(dict.fromkeys(chord.pitch_classes))
    if voicing.rootless and len(notes) > 3 and (chord.root - tonic) % 12 not in _ROOTED:
        notes = notes[1:]
    fifth = (chord.root + 7) % 12
    if len(notes) > voicing.voices and fifth in notes:
        notes.remove(fifth)
    notes = notes[: voicing.voices]
    compass = range(voicing.low, voicing.high + 1)
    doubles = [
        note
        for note in dict.fromkeys((chord.root, fifth, *chord.pitch_classes))
        if note in notes and sum(pitch % 12 == note for pitch in compass) > 1
    ]
    return notes + doubles[: voicing.voices - len(notes)]


def _cost(notes: Sequence[int], before: Sequence[int], centre: float) -> float:
    cost = abs(sum(notes) / len(notes) - centre) * 0.35
    for low, high in pairwise(notes):
        gap = high - low
        if gap < 3:
            cost += 3.0 if low < 57 else 1.2
        if gap > 9:
            cost += (gap - 9) * 0.8
        if low < 52 and gap < 5:
            cost += 4.0
    if before:
        moves = [abs(now - then) for now, then in zip(notes, before, strict=True)]
        cost += sum(moves) * 0.7 + max(moves) * 0.5
    return cost
