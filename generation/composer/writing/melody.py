"""Melodies: themes fitted to the chords they meet."""

from collections.abc import Iterator

from ..genre.types import SOLO, Genre
from ..metre import Metre
from ..randomness import stream
from ..theory import SCALES
from .harmony import Chart
from .melody_fitting import MelodyNote, TargetNote, target_note, with_pitches
from .motifs import Slot, draw_theme, slots_of, solo_slots
from .plan import Plan, PlannedSection

_ORNAMENT_CHANCE = 0.4


def write_melody(
    genre: Genre, plan: Plan, chart: Chart, *, seed: int, low: int, high: int
) -> dict[PlannedSection, tuple[MelodyNote, ...]]:
    """The melody of every section that has a theme, between two MIDI pitches.

    A theme is drawn once and sounds the same wherever its harmony returns, but for ornaments from its
    second time on.
    """
    melody: dict[PlannedSection, tuple[MelodyNote, ...]] = {}
    for section in plan.sections:
        if genre.sections[section.kind].theme:
            notes = _target_notes(genre, section, chart, seed, low, high)
            melody[section] = tuple(with_pitches(notes, low, high, chromatic=genre.melody.chromatic))
    return melody


def _target_notes(
    genre: Genre, section: PlannedSection, chart: Chart, seed: int, low: int, high: int
) -> list[TargetNote]:
    kind = genre.sections[section.kind]
    anchor = kind.lift
    if kind.theme == SOLO:
        random = stream(seed, genre.name, "melody", SOLO, section.kind, section.time)
        slots = solo_slots(genre.melody, section.start_bar, section.bars, density=kind.density, random=random)
    else:
        theme = draw_theme(genre.melody, stream(seed, genre.name, "melody", kind.theme))
        rests = stream(seed, genre.name, "melody", "rests", section.kind)
        slots = slots_of(
            theme, section.start_bar, section.bars, density=kind.density, rests=rests, metre=genre.metre
        )
        slots = _ornamented(slots, genre, section, seed)
        anchor += theme.anchor
    tonic = chart.tonic_of(chart.at(section.start_bar * genre.metre.beats))
    ladder = [pitch for pitch in range(128) if (pitch - tonic) % 12 in SCALES[chart.mode]]
    middle = (low + high) / 2
    foot = min(range(len(ladder)), key=lambda index: abs(ladder[index] - middle)) + anchor
    return [note for slot in slots for note in _slot_notes(slot, chart, genre.metre, ladder, foot)]


def _ornamented(slots: list[Slot], genre: Genre, section: PlannedSection, seed: int) -> list[Slot]:
    """From a theme's second time on some bars are decorated, but never the one it is recognised by."""
    if section.time == 0:
        return slots
    random = stream(seed, genre.name, "melody", "ornaments", section.kind, section.time)
    return [
        Slot(slot.bar, slot.motif.ornamented(random), slot.close)
        if place > 0 and not slot.close and random.chance(_ORNAMENT_CHANCE)
        else slot
        for place, slot in enumerate(slots)
    ]


def _slot_notes(slot: Slot, chart: Chart, metre: Metre, ladder: list[int], foot: int) -> Iterator[TargetNote]:
    last = len(slot.motif.hits) - 1
    for place, (hit, step) in enumerate(zip(slot.motif.hits, slot.motif.contour, strict=True)):
        target = ladder[min(len(ladder) - 1, max(0, foot + step))]
        start = slot.bar * metre.beats + hit.start
        yield target_note(chart, metre, start, hit.length, target, slot.close if place == last else "")
