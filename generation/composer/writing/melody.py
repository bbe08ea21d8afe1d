"""Melodies: themes fitted to the chords they meet."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from ..genre.types import SOLO, Genre
from ..randomness import Stream, stream
from ..theory import SCALES, family
from .harmony import Chart
from .melody_fitting import MelodyNote, TargetNote, target_note, with_pitches
from .motifs import Slot, draw_theme, placed, slots_of, solo_slots
from .plan import Plan, PlannedSection

Streams = Callable[..., Stream]
"""The stream of a decision by its names."""


def write_melody(
    genre: Genre, plan: Plan, chart: Chart, *, seed: int, low: int, high: int, take: int = 0
) -> dict[PlannedSection, tuple[MelodyNote, ...]]:
    """The melody of every section that has a theme, between two MIDI pitches.

    A theme is drawn once and returns with its section: its first bar as it was, the others varied. A phrase may begin
    before the bar, and so a section's melody before the section. Each `take` is another melody of the same piece.
    """
    streams = partial(stream, seed, genre.name, "melody", take)
    targets: dict[PlannedSection, list[TargetNote]] = {}
    for section in plan.sections:
        if genre.sections[section.kind].theme:
            targets[section] = _target_notes(genre, section, chart, streams, low, high)
    melody: dict[PlannedSection, tuple[MelodyNote, ...]] = {}
    openings: dict[str, _Opening] = {}
    for section, notes in _one_at_a_time(targets).items():
        tonic, start = _tonic(section, chart, genre), section.start_bar * genre.metre.beats
        known = openings.get(section.kind, {})
        melody[section] = tuple(
            with_pitches(
                [_as_before(note, known, start, tonic) for note in notes],
                low,
                high,
                chromatic=genre.melody.chromatic,
                tonic=tonic,
                mode_family=family(chart.mode),
            )
        )
        openings.setdefault(section.kind, _opening(melody[section], notes, start, tonic, genre.metre.beats))
    return melody


_Opening = Mapping[tuple[float, tuple[int, ...]], int]
"""What a kind of section begins with: pitches above the tonic, by beat of the section and what the chord is."""


def _opening(
    sung: Sequence[MelodyNote], notes: Sequence[TargetNote], start: float, tonic: int, bar: float
) -> _Opening:
    return {
        _place(note, start, tonic): sung_note.pitch - tonic
        for sung_note, note in zip(sung, notes, strict=True)
        if 0 <= note.start - start < bar
    }


def _as_before(note: TargetNote, known: _Opening, start: float, tonic: int) -> TargetNote:
    """The note with the pitch that it had where its section first began, over the same chord."""
    pitch = known.get(_place(note, start, tonic))
    return note if pitch is None else replace(note, pitch=pitch + tonic)


def _place(note: TargetNote, start: float, tonic: int) -> tuple[float, tuple[int, ...]]:
    chord = tuple((pitch_class - tonic) % 12 for pitch_class in note.chord.pitch_classes)
    return note.start - start, chord


def _one_at_a_time(targets: dict[PlannedSection, list[TargetNote]]) -> dict[PlannedSection, list[TargetNote]]:
    """The sections' notes, each ending where the next section's melody begins."""
    cut: dict[PlannedSection, list[TargetNote]] = {}
    opening = float("inf")
    for section, notes in reversed(targets.items()):
        cut[section] = [
            replace(note, length=min(note.length, opening - note.start))
            for note in notes
            if note.start < opening
        ]
        opening = cut[section][0].start if cut[section] else opening
    return dict(reversed(cut.items()))


def _tonic(section: PlannedSection, chart: Chart, genre: Genre) -> int:
    return chart.tonic_of(chart.at(section.start_bar * genre.metre.beats))


def _target_notes(
    genre: Genre, section: PlannedSection, chart: Chart, streams: Streams, low: int, high: int
) -> list[TargetNote]:
    kind, metre = genre.sections[section.kind], genre.metre
    slots, anchor = _slots(genre, section, streams)
    tonic = _tonic(section, chart, genre)
    ladder = [pitch for pitch in range(128) if (pitch - tonic) % 12 in SCALES[chart.mode]]
    middle = (low + high) / 2
    foot = min(range(len(ladder)), key=lambda index: abs(ladder[index] - middle)) + kind.lift + anchor
    return [
        target_note(chart, metre, start, length, ladder[min(len(ladder) - 1, max(0, foot + step))], close)
        for start, length, step, close in placed(slots, metre.beats)
    ]


def _slots(genre: Genre, section: PlannedSection, streams: Streams) -> tuple[list[Slot], int]:
    """What is sung in the bars of a section, and how many scale steps higher than usual."""
    kind, style = genre.sections[section.kind], genre.melody
    start, bars, density = section.start_bar, section.bars, kind.density
    if kind.theme == SOLO:
        random = streams(SOLO, section.kind, section.time)
        return solo_slots(style, genre.metre, start, bars, density=density, random=random), 0
    theme = draw_theme(style, genre.metre, streams(kind.theme))
    slots = slots_of(
        theme,
        start,
        bars,
        style=style,
        metre=genre.metre,
        density=density,
        rests=streams("rests", section.kind),
        changes=streams("changes", section.kind, section.time),
        returns=section.time > 0,
    )
    return slots, theme.anchor
