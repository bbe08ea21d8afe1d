"""The chords of sections: a progression, another that answers it, and what changes where they return.

Everything here is in C, as the genres' files are. The ways to change a progression are those of functional harmony:
chords that share their notes stand in for each other, a dominant leads to any chord, a bass passes between two.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property

from ..genre.types import Bars, Genre
from ..randomness import Stream, stream
from ..theory import QUALITIES, SCALES, Chord, has_symbol
from .plan import PlannedSection

TONIC, FIFTH, OCTAVE = 0, 7, 12
_BRIDGES = ("bridge", "middle")
_SUSPENSIONS = {
    QUALITIES[""]: QUALITIES["sus4"],
    QUALITIES["7"]: QUALITIES["7sus"],
    QUALITIES["9"]: QUALITIES["9sus"],
}
_STEPS = (1, 2)


class Progressions:
    """The progressions of one piece, in C."""

    def __init__(self, genre: Genre, mode: str, seed: int) -> None:
        self._genre = genre
        self._mode = mode
        self._seed = seed
        self._known: dict[str, tuple[Bars, Bars]] = {}

    def bars_of(self, section: PlannedSection) -> Bars:
        """The chords of each bar of a section.

        Sections of a kind begin alike. A phrase is as long as the progression; every second one brings the answer, and
        in all but the first some chords are others.
        """
        first, answer = self._turns(section.kind)
        bars: list[tuple[Chord, ...]] = []
        number = 0
        while len(bars) < section.bars:
            phrase = answer if number % 2 else first
            if number:
                phrase = self._changed(phrase, self._stream("changes", section.kind, section.time, number))
            bars += phrase
            number += 1
        found = tuple(bars[: section.bars])
        if self._lies_on_pedal(section):
            found = tuple(tuple(_over(chord, TONIC) for chord in bar) for bar in found)
        return found

    def _stream(self, *names: str | int) -> Stream:
        return stream(self._seed, self._genre.name, "harmony", *names)

    def _turns(self, kind: str) -> tuple[Bars, Bars]:
        """The progression of a kind of section, and the one that answers it: the same where none does."""
        use = self._genre.sections[kind].harmony
        key = f"{kind} {use}" if kind in _BRIDGES else use
        if key not in self._known:
            options = (
                self._elsewhere(use) if kind in _BRIDGES else self._genre.progressions_for(self._mode, use)
            )
            first = self._stream(key).pick(options)
            answers = self._stream("answers", key).chance(self._genre.harmony.answer)
            self._known[key] = first, self._answer(first, options, key) if answers else first
        return self._known[key]

    def _elsewhere(self, use: str) -> Sequence[Bars]:
        """Progressions that begin away from the tonic, those of the use first."""
        own = self._genre.progressions_for(self._mode, use)
        others = [
            bars
            for other in dict.fromkeys(kind.harmony for kind in self._genre.sections.values())
            for bars in self._genre.progressions_for(self._mode, other)
        ]
        away = [bars for bars in own if bars[0][0].root != TONIC] or [
            bars for bars in others if bars[0][0].root != TONIC
        ]
        return away or own

    def _answer(self, first: Bars, options: Sequence[Bars], key: str) -> Bars:
        """A progression of the same length that has little in common with the first."""
        random = self._stream("answer", key)
        fitting = [bars for bars in options if len(bars) == len(first)]
        ranked = sorted(fitting, key=lambda bars: (_likeness(first, bars), random.random()))
        best = ranked[0]
        return best if _likeness(first, best) <= 0.5 else self._changed(self._changed(first, random), random)

    def _changed(self, bars: Bars, random: Stream) -> Bars:
        """The phrase with some bars changed, by ways that the genre has; its first and last bar stay."""
        style = self._genre.harmony
        ways = {way: weight for way, weight in style.ways.items() if weight > 0}
        found = list(bars)
        for place in range(1, len(bars) - 1 if len(bars) > 2 else len(bars)):
            if ways and random.chance(style.change):
                way = WAYS[random.weighted(ways)]
                following = found[(place + 1) % len(found)][0]
                options = list(way(found[place], following, self._palette))
                if options:
                    found[place] = random.pick(options)
        return tuple(found)

    @cached_property
    def _palette(self) -> "Palette":
        return Palette(self._genre, self._mode)

    def _lies_on_pedal(self, section: PlannedSection) -> bool:
        if section.start_bar and section.kind not in _BRIDGES:
            return False
        return self._stream("pedal", section.kind, section.time).chance(self._genre.harmony.pedal)


class Palette:
    """The chords that a genre uses in a mode, and whether it likes sevenths."""

    def __init__(self, genre: Genre, mode: str) -> None:
        uses = dict.fromkeys(kind.harmony for kind in genre.sections.values())
        used = [
            chord
            for use in uses
            for bars in genre.progressions_for(mode, use)
            for bar in bars
            for chord in bar
        ]
        self.scale = SCALES[mode]
        self.has_sevenths = sum(len(chord.intervals) > 3 for chord in used) * 2 > len(used)
        self.chords = tuple(
            dict.fromkeys(Chord(chord.root, chord.intervals, chord.accidental) for chord in used)
        )
        self.chords += tuple(
            chord for chord in self._diatonic() if all(chord.root != known.root for known in self.chords)
        )

    def _diatonic(self) -> Iterator[Chord]:
        """The chords of the scale's own notes, in thirds."""
        count = 4 if self.has_sevenths else 3
        for place, root in enumerate(self.scale):
            notes = [self.scale[(place + 2 * third) % len(self.scale)] for third in range(count)]
            intervals = tuple((note - root) % OCTAVE for note in notes)
            if has_symbol(intervals):
                yield Chord(root, intervals)


Bar = tuple[Chord, ...]
Way = Callable[[Bar, Chord, Palette], Iterator[Bar]]
"""(a bar, the chord after it, the genre's chords) -> what the bar may become."""


def _substitute(bar: Bar, after: Chord, palette: Palette) -> Iterator[Bar]:
    """A chord that shares two notes with the one it stands in for."""
    chord = bar[0]
    for other in palette.chords:
        shared = set(chord.pitch_classes) & set(other.pitch_classes)
        if other.root != chord.root and len(shared) >= 2 and other.root != after.root:
            yield (other, *bar[1:])


def _dominant(bar: Bar, after: Chord, palette: Palette) -> Iterator[Bar]:
    """The dominant of the next chord in the second half of the bar."""
    root = (after.root + FIFTH) % OCTAVE
    if after.root == TONIC or FIFTH not in after.intervals or root not in palette.scale:
        return
    yield (bar[0], Chord(root, QUALITIES["7" if palette.has_sevenths else ""]))


def _passing(bar: Bar, after: Chord, palette: Palette) -> Iterator[Bar]:
    """A chord on a bass note between this chord's and the next one's."""
    here, there = bar[0].bass, after.bass
    for chord in palette.chords:
        for note in chord.pitch_classes[1:3]:
            down = (here - note) % OCTAVE in _STEPS and (note - there) % OCTAVE in _STEPS
            up = (note - here) % OCTAVE in _STEPS and (there - note) % OCTAVE in _STEPS
            if (down or up) and note in palette.scale and chord.root not in (bar[0].root, after.root):
                yield (bar[0], Chord(chord.root, chord.intervals, chord.accidental, note))


def _inverted(bar: Bar, after: Chord, palette: Palette) -> Iterator[Bar]:
    """The same chord on its third in the second half of the bar."""
    chord = bar[0]
    if chord.lowest is None and len(bar) == 1 and chord.root != after.root:
        yield (chord, _over(chord, chord.pitch_classes[1]))


def _suspended(bar: Bar, after: Chord, palette: Palette) -> Iterator[Bar]:
    """The fourth in place of the third, which it resolves to within the bar."""
    chord = bar[0]
    held = _SUSPENSIONS.get(chord.intervals)
    if len(bar) == 1 and held and (chord.root + 5) % OCTAVE in palette.scale:
        yield (Chord(chord.root, held, chord.accidental, chord.lowest), chord)


def _borrowed(bar: Bar, after: Chord, palette: Palette) -> Iterator[Bar]:
    """In major a chord of the same tonic's minor in the second half of the bar: its subdominant, or its seventh."""
    if 4 not in palette.scale or len(bar) > 1:
        return
    if bar[0].root == 5:
        yield (bar[0], Chord(5, QUALITIES["m6" if palette.has_sevenths else "m"]))
    elif bar[0].root in (TONIC, FIFTH) and after.root in (5, TONIC) and not palette.has_sevenths:
        yield (bar[0], Chord(10, QUALITIES[""], -1))


WAYS: Mapping[str, Way] = {
    "substitute": _substitute,
    "dominant": _dominant,
    "passing": _passing,
    "inverted": _inverted,
    "suspended": _suspended,
    "borrowed": _borrowed,
}


def _over(chord: Chord, bass: int) -> Chord:
    """The chord over a bass note, where that is one of its notes or rubs against none."""
    rubs = any((bass - note) % OCTAVE == 1 for note in chord.pitch_classes)
    if bass == chord.root or (rubs and bass not in chord.pitch_classes):
        return chord
    return Chord(chord.root, chord.intervals, chord.accidental, bass)


def _likeness(first: Bars, other: Bars) -> float:
    """The share of bars with the same chords."""
    return sum(one == two for one, two in zip(first, other, strict=True)) / len(first)
