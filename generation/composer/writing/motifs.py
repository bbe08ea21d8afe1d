"""Motifs, how they are varied, and the phrases that are made of them."""

from collections.abc import Iterator
from dataclasses import dataclass

from ..genre.types import MelodyStyle
from ..metre import Metre
from ..randomness import Stream
from ..rhythm import Hit

PHRASE_BARS = 4

_SHAPES = ("arch", "fall", "rise", "wave", "valley")
_STEP_SIZES = {0: 0.08, 1: 0.54, 2: 0.22, 3: 0.11, 4: 0.05}


@dataclass(frozen=True, slots=True)
class Motif:
    """One bar of melody: its rhythm, and a contour in scale steps around its middle."""

    hits: tuple[Hit, ...]
    contour: tuple[int, ...]

    def moved(self, steps: int) -> "Motif":
        """The same a few scale steps higher or lower: a sequence."""
        return Motif(self.hits, tuple(step + steps for step in self.contour))

    def fragment(self, half: float, beats: float) -> "Motif":
        """What it plays before `half` of its bar of so many beats, twice, the second time a step higher."""
        length = min(half, beats - half)
        early = [(hit, step) for hit, step in zip(self.hits, self.contour, strict=True) if hit.start < length]
        cut = [(hit._replace(length=min(hit.length, length - hit.start)), step) for hit, step in early]
        again = [(hit._replace(start=hit.start + half), step + 1) for hit, step in cut]
        return Motif(tuple(hit for hit, _ in cut + again), tuple(step for _, step in cut + again))

    def ornamented(self, random: Stream) -> "Motif":
        """One of its longer notes split, with a neighbour for its second half."""
        long = [place for place, hit in enumerate(self.hits) if hit.length >= 1]
        if not long:
            return self
        place = random.pick(long)
        hit, step = self.hits[place], self.contour[place]
        late = 0.5 if hit.length <= 1.5 else hit.length / 2
        neighbour = step + random.pick((-1, 1))
        split = (hit._replace(length=hit.length - late), hit._replace(start=hit.end - late, length=late))
        hits = (*self.hits[:place], *split, *self.hits[place + 1 :])
        return Motif(hits, (*self.contour[: place + 1], neighbour, *self.contour[place + 1 :]))


@dataclass(frozen=True, slots=True)
class Theme:
    """What a melody is made of. `plan` orders a phrase; `sequence` and `anchor` are in scale steps."""

    idea: Motif
    answer: Motif
    cadence: Motif
    plan: tuple[str, ...]
    sequence: int
    anchor: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A motif in a bar. `close` is "" inside a phrase, "open" or "closed" where one ends."""

    bar: int
    motif: Motif
    close: str = ""


def draw_theme(style: MelodyStyle, random: Stream) -> Theme:
    idea = draw_motif(random.pick(style.cells).bar(0), random)
    other_cells = [cell for cell in style.cells if cell.bar(0) != idea.hits] or list(style.cells)
    return Theme(
        idea=idea,
        answer=draw_motif(random.pick(other_cells).bar(0), random),
        cadence=_falling(random.pick(style.cadences).bar(0)),
        plan=random.pick(style.plans),
        sequence=random.pick((-2, -1, 1, 1, 2)),
        anchor=random.pick((-2, -1, 0, 0, 1, 2)),
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


def _falling(hits: tuple[Hit, ...]) -> Motif:
    return Motif(hits, tuple(len(hits) - 1 - place for place in range(len(hits))))


def slots_of(
    theme: Theme, start_bar: int, bars: int, *, density: float, rests: Stream, metre: Metre
) -> list[Slot]:
    """The theme laid out over a section: phrases of four bars, every other one closed.

    The third phrase of four brings the answer before the idea. `density` is the chance that a bar between
    idea and cadence sounds at all.
    """
    slots: list[Slot] = []
    for number, (first, length) in enumerate(_phrases(bars)):
        last_phrase = first + length == bars
        close = "closed" if number % 2 == 1 and not last_phrase else "open"
        contrast = number % 4 == 2
        for place, bar_kind in enumerate(_bar_kinds(theme.plan, length)):
            silent = bar_kind in ("sequence", "answer", "fragment") and not rests.chance(density)
            if bar_kind != "rest" and not silent:
                motif = _motif_of(theme, bar_kind, metre, contrast, again=place > 0 and number % 2 == 1)
                slots.append(Slot(start_bar + first + place, motif, close if bar_kind == "cadence" else ""))
    return slots


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


def _motif_of(theme: Theme, bar_kind: str, metre: Metre, contrast: bool, again: bool) -> Motif:
    idea, answer = (theme.answer, theme.idea) if contrast else (theme.idea, theme.answer)
    if bar_kind == "sequence":
        return idea.moved(2 * theme.sequence if again else theme.sequence)
    if bar_kind == "fragment":
        return idea.moved(theme.sequence).fragment(metre.middle, metre.beats)
    return {"idea": idea, "answer": answer, "cadence": theme.cadence}[bar_kind]


def solo_slots(
    style: MelodyStyle, start_bar: int, bars: int, *, density: float, random: Stream
) -> list[Slot]:
    """An improvised chorus: phrases arched over four bars, whose first rhythm returns and which breathe."""
    cells = style.solo or style.cells
    slots: list[Slot] = []
    for first, length in _phrases(bars):
        kept = random.pick(cells).bar(0)
        for place in range(length):
            hits = kept if place in (0, 2) and random.chance(0.7) else random.pick(cells).bar(0)
            motif = _running(hits, random).moved((0, 2, 3, 0)[place % PHRASE_BARS])
            breath = place == length - 1 and length > 1
            if breath:
                motif = draw_motif(random.pick(style.cadences).bar(0), random)
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
