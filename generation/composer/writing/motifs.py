"""Motifs, how they are varied, and the phrases that are made of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ..genre.types import MelodyStyle
from ..metre import PHRASE_BARS, STEP, Metre
from ..randomness import Stream
from ..rhythm import Hit
from .melody_rhythm import bar_rhythms, joined, moved, split, variations

_SHAPES = ("arch", "fall", "rise", "wave", "valley")
_STEP_SIZES = {0: 0.08, 1: 0.54, 2: 0.22, 3: 0.11, 4: 0.05}
# How often the bars of a phrase are varied where it returns: the one that it is known by, and the others.
_FIRST_VARIED, _OTHERS_VARIED = 0.3, 0.6
# What a phrase may begin with before its bar, in sixteenths before the line.
_PICKUPS = {
    2: ((2,), (4,), (4, 2), (6, 4, 2), (3,), (6, 2), (3, 2), (8, 4), (6, 4), (7, 4, 2)),
    1: ((2,), (2, 1), (4, 2), (3, 2, 1), (3, 1), (4, 3, 2), (3,), (6, 3), (5, 3, 2)),
}
_LONG_NOTE = 1.0
_CADENCES_VARIED = 0.85


@dataclass(frozen=True, slots=True)
class Motif:
    """One bar of melody: its rhythm, and a contour in scale steps around its middle.

    Notes that start below 0 are sung before the bar.
    """

    hits: tuple[Hit, ...]
    contour: tuple[int, ...]

    def moved(self, steps: int) -> "Motif":
        """The same a few scale steps higher or lower: a sequence."""
        return Motif(self.hits, tuple(step + steps for step in self.contour))

    def fragment(self, half: float, beats: float) -> "Motif":
        """What it plays before `half` of its bar of so many beats, twice, the second time a step higher."""
        length = min(half, beats - half)
        early = [
            (hit, step) for hit, step in zip(self.hits, self.contour, strict=True) if 0 <= hit.start < length
        ]
        cut = [(hit._replace(length=min(hit.length, length - hit.start)), step) for hit, step in early]
        again = [(hit._replace(start=hit.start + half), step + 1) for hit, step in cut]
        return Motif(tuple(hit for hit, _ in cut + again), tuple(step for _, step in cut + again))

    def varied(self, random: Stream, finest: int) -> "Motif":
        """The same with one note split, joined to the next or moved; the contour keeps its course."""
        ways = {way: places for way, places in variations(self.hits, finest).items() if places}
        if not ways:
            return self
        way = random.pick(sorted(ways))
        place = random.pick(ways[way])
        if way == "joined":
            contour = (*self.contour[: place + 1], *self.contour[place + 2 :])
            return Motif(joined(self.hits, place), contour)
        if way == "moved":
            return Motif(moved(self.hits, place, finest), self.contour)
        neighbour = self.contour[place] + random.pick((-1, 1))
        contour = (*self.contour[: place + 1], neighbour, *self.contour[place + 1 :])
        return Motif(split(self.hits, place), contour)

    def ahead(self, steps: int) -> "Motif":
        """The same with the note on its first beat so many sixteenths early, held over the line."""
        if not self.hits or self.hits[0].start != 0:
            return self
        first = self.hits[0]
        early = first._replace(start=-steps * STEP, length=first.length + steps * STEP)
        return Motif((early, *self.hits[1:]), self.contour)

    def with_pickup(self, pickup: Sequence[int], rising: bool) -> "Motif":
        """The same after notes that lead to its first one by steps, so many sixteenths before the line."""
        if not self.hits or self.hits[0].start > 0.5 or self.hits[0].start < 0:
            return self
        starts = [-steps * STEP for steps in pickup]
        ends = [*starts[1:], self.hits[0].start]
        hits = tuple(Hit(start, end - start, "x") for start, end in zip(starts, ends, strict=True))
        step = -1 if rising else 1
        contour = tuple(self.contour[0] + step * (len(hits) - place) for place in range(len(hits)))
        return Motif((*hits, *self.hits), (*contour, *self.contour))


@dataclass(frozen=True, slots=True)
class Theme:
    """What a melody is made of. `plan` orders a phrase; `sequence` and `anchor` are in scale steps.

    `pickup` is what its phrases begin with before the bar, in sixteenths before the line, or nothing.
    """

    idea: Motif
    answer: Motif
    cadences: tuple[Motif, Motif]
    plan: tuple[str, ...]
    sequence: int
    anchor: int
    pickup: tuple[int, ...]
    rising: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A motif in a bar. `close` is "" inside a phrase, "open" or "closed" where one ends."""

    bar: int
    motif: Motif
    close: str = ""


def draw_theme(style: MelodyStyle, metre: Metre, random: Stream) -> Theme:
    rhythm = bar_rhythms(style.cells, style, metre)
    idea = draw_motif(rhythm.draw(random), random)
    answer = draw_motif(rhythm.draw(random, [idea.hits]), random)
    return Theme(
        idea=_maybe_ahead(idea, style, random),
        answer=_maybe_ahead(answer, style, random),
        cadences=(_cadence(style, metre, random), _cadence(style, metre, random)),
        plan=random.pick(style.plans),
        sequence=random.pick((-2, -1, 1, 1, 2)),
        anchor=random.pick((-2, -1, 0, 0, 1, 2)),
        pickup=random.pick(_PICKUPS[style.finest]) if random.chance(style.pickup) else (),
        rising=random.chance(0.65),
    )


def draw_motif(hits: tuple[Hit, ...], random: Stream) -> Motif:
    """A rhythm with a contour: one of a few shapes, mostly in steps, a leap answered the other way."""
    shape = random.pick(_SHAPES)
    contour, direction = [0], 1
    for place in range(1, len(hits)):
        done = place / max(1, len(hits) - 1)
        size = random.weighted(_STEP_SIZES)
        leapt = abs(contour[-1] - contour[-2]) > 2 if place > 1 else False
        direction = -direction if leapt else _direction(shape, done, place)
        contour.append(contour[-1] + direction * (min(size, 2) if leapt else size))
    middle = round(sum(contour) / len(contour))
    return Motif(hits, tuple(step - middle for step in contour))


def _direction(shape: str, done: float, place: int) -> int:
    rising = {
        "arch": done < 0.55,
        "valley": done >= 0.55,
        "rise": True,
        "fall": False,
        "wave": place % 2 == 1,
    }[shape]
    return 1 if rising else -1


def _maybe_ahead(motif: Motif, style: MelodyStyle, random: Stream) -> Motif:
    return motif.ahead(style.finest) if random.chance(style.ahead) else motif


def _cadence(style: MelodyStyle, metre: Metre, random: Stream) -> Motif:
    """A bar that falls to its last note, which is held."""
    hits = random.pick(style.cadences).bar(0)
    if random.chance(_CADENCES_VARIED):
        body = Motif(hits, (0,) * len(hits)).varied(random, style.finest).hits
        hits = body if body[-1].length >= _LONG_NOTE else hits
    motif = Motif(hits, tuple(len(hits) - 1 - place for place in range(len(hits))))
    return _maybe_ahead(motif, style, random)


def slots_of(
    theme: Theme,
    start_bar: int,
    bars: int,
    *,
    style: MelodyStyle,
    metre: Metre,
    density: float,
    rests: Stream,
    changes: Stream,
    returns: bool,
) -> list[Slot]:
    """The theme laid out over a section: phrases of four bars, every other one closed.

    The third phrase of four brings the answer before the idea. `density` is the chance that a bar between
    idea and cadence sounds at all. What comes again is varied, and all of it where the section `returns`, but for the
    bar that it begins with.
    """
    slots: list[Slot] = []
    for number, (first, length) in enumerate(_phrases(bars)):
        last_phrase = first + length == bars
        close = "closed" if number % 2 == 1 and not last_phrase else "open"
        contrast = number % 4 == 2
        for place, bar_kind in enumerate(_bar_kinds(theme.plan, length)):
            silent = bar_kind in ("sequence", "answer", "fragment") and not rests.chance(density)
            if bar_kind == "rest" or silent:
                continue
            motif = _motif_of(theme, bar_kind, metre, contrast, number, again=place > 0 and number % 2 == 1)
            begins = place == 0 and number == 0
            chance = _FIRST_VARIED if place == 0 else _OTHERS_VARIED
            if not begins and (returns or number or place > 1) and changes.chance(chance):
                motif = _kept_long(motif, motif.varied(changes, style.finest), bar_kind)
            if place and bar_kind != "cadence" and changes.chance(style.ahead / 2):
                motif = motif.ahead(style.finest)
            if place == 0 and theme.pickup and (start_bar or number):
                motif = motif.with_pickup(theme.pickup, theme.rising)
            slots.append(Slot(start_bar + first + place, motif, close if bar_kind == "cadence" else ""))
    return slots


def _kept_long(motif: Motif, varied: Motif, bar_kind: str) -> Motif:
    """The varied motif, unless it would end a phrase on a short note."""
    short = bar_kind == "cadence" and varied.hits[-1].length < min(_LONG_NOTE, motif.hits[-1].length)
    return motif if short else varied


def _phrases(bars: int) -> Iterator[tuple[int, int]]:
    """The first bar and length of each phrase: four bars, and what is left; a single bar joins the last."""
    first = 0
    while first < bars:
        left = bars - first
        length = left if left <= PHRASE_BARS + 1 else PHRASE_BARS
        yield first, length
        first += length


def _bar_kinds(plan: tuple[str, ...], bars: int) -> tuple[str, ...]:
    if bars < PHRASE_BARS:
        return (("idea",), ("idea", "cadence"), ("idea", "sequence", "cadence"))[bars - 1]
    return plan + ("rest",) * (bars - PHRASE_BARS)


def _motif_of(theme: Theme, bar_kind: str, metre: Metre, contrast: bool, number: int, again: bool) -> Motif:
    idea, answer = (theme.answer, theme.idea) if contrast else (theme.idea, theme.answer)
    if bar_kind == "sequence":
        return idea.moved(2 * theme.sequence if again else theme.sequence)
    if bar_kind == "fragment":
        return idea.moved(theme.sequence).fragment(metre.middle, metre.beats)
    return {"idea": idea, "answer": answer, "cadence": theme.cadences[number % 2]}[bar_kind]


def solo_slots(
    style: MelodyStyle, metre: Metre, start_bar: int, bars: int, *, density: float, random: Stream
) -> list[Slot]:
    """An improvised chorus: phrases arched over four bars, whose first rhythm returns and which breathe."""
    rhythm = bar_rhythms(style.solo or style.cells, style, metre)
    slots: list[Slot] = []
    for number, (first, length) in enumerate(_phrases(bars)):
        kept = rhythm.draw(random)
        for place in range(length):
            hits = kept if place in (0, 2) and random.chance(0.5) else rhythm.draw(random, [kept])
            motif = _running(hits, random).moved((0, 2, 3, 0)[place % PHRASE_BARS])
            breath = place == length - 1 and length > 1
            if breath:
                motif = draw_motif(random.pick(style.cadences).bar(0), random)
            motif = _maybe_ahead(motif, style, random) if place else motif
            if place == 0 and (start_bar or number) and random.chance(style.pickup):
                motif = motif.with_pickup(random.pick(_PICKUPS[style.finest]), random.chance(0.65))
            if random.chance(density):
                slots.append(Slot(start_bar + first + place, motif, "open" if breath else ""))
    return slots


def _running(hits: tuple[Hit, ...], random: Stream) -> Motif:
    """Scale runs that turn now and then."""
    step, direction, contour = random.below(5) - 2, random.pick((-1, 1)), []
    for _ in hits:
        contour.append(step)
        if random.chance(0.28) or abs(step) > 4:
            direction = -direction if abs(step) <= 4 else (-1 if step > 0 else 1)
        step += direction * (1 if random.chance(0.75) else 2)
    return Motif(hits, tuple(contour))


def _within(slot: Slot) -> Slot:
    """The slot; in a piece's first bar a note that would begin before it begins with it."""
    hits = slot.motif.hits
    if slot.bar or not hits or hits[0].start >= 0:
        return slot
    first = hits[0]._replace(start=0.0, length=hits[0].end)
    return replace(slot, motif=replace(slot.motif, hits=(first, *hits[1:])))


Placed = tuple[float, float, int, str]
"""A note of a slot: start in beats of the piece, length, step of the contour, and how it closes a phrase."""


def placed(slots: Sequence[Slot], beats: float) -> list[Placed]:
    """The notes of slots in bars of so many beats, one at a time.

    What is sung before a bar silences what the bar before would have at that time; a note ends where the next begins.
    """
    rows: list[Placed] = []
    for slot in map(_within, slots):
        start = slot.bar * beats
        notes = list(zip(slot.motif.hits, slot.motif.contour, strict=True))
        if not notes:
            continue
        opening = start + notes[0][0].start
        rows = [row for row in rows if row[0] < opening]
        last = len(notes) - 1
        rows += [
            (start + hit.start, hit.length, step, slot.close if place == last else "")
            for place, (hit, step) in enumerate(notes)
        ]
    ends = [after[0] for _, after in pairwise(rows)]
    clipped = [
        (start, min(length, end - start), step, close)
        for (start, length, step, close), end in zip(rows, ends, strict=False)
    ]
    return [*clipped, *rows[-1:]]
