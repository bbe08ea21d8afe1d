"""The outline of a piece in seconds: its bars, sections and chords, without writing the notes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ..brief import Brief
from ..theory import chord_name, key_name
from .compose import plan_piece
from .harmony import Chart
from .plan import Plan

# What sections are called where their kind does not say it as it stands.
_TITLES = {"pre": "Pre-chorus", "soloB": "Solo", "trade": "Trading fours", "second": "Second theme"}
_ENDING = "Ending"


class Stretch(NamedTuple):
    """A section or a chord, from `start` to `end` in seconds."""

    name: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Outline:
    """`bars` are the seconds at which bars begin, and at last where the final chord does, which rings to the end.

    `bpm` is of what the `time_signature` counts: dotted quarters in 6/8 and 12/8. Sections cover the piece, the last
    one with what rings; chords do too, and none reaches beyond its section.
    """

    duration: float
    bpm: float
    key: str
    time_signature: str
    bars: tuple[float, ...]
    sections: tuple[Stretch, ...]
    chords: tuple[Stretch, ...]

    @property
    def chords_by_section(self) -> list[tuple[Stretch, list[Stretch]]]:
        """Each section with the chords in it."""
        return [
            (section, [chord for chord in self.chords if section.start <= chord.start < section.end])
            for section in self.sections
        ]


def outline_of(brief: Brief) -> Outline:
    """The outline of a brief's piece: what `compose` will write notes for."""
    piece = plan_piece(brief)
    plan, chart, seconds = piece.plan, piece.chart, piece.plan.metre.beat_seconds(piece.plan.bpm)
    sections = _sections(plan, brief.duration)
    borders = {section.start_bar * plan.metre.beats for section in plan.sections}
    return Outline(
        duration=brief.duration,
        bpm=plan.bpm,
        key=key_name(brief.tonic, brief.mode),
        time_signature=plan.metre.name,
        bars=tuple(bar * plan.metre.beats * seconds for bar in range(plan.bars + 1)),
        sections=sections,
        chords=tuple(_chords(chart, borders, seconds, brief.duration)),
    )


def section_title(kind: str) -> str:
    """What a section of a kind is called: "Verse", "Pre-chorus"."""
    return _TITLES.get(kind, kind[:1].upper() + kind[1:])


def _sections(plan: Plan, duration: float) -> tuple[Stretch, ...]:
    if not plan.sections:
        return (Stretch(_ENDING, 0.0, duration),)
    starts = [section.start_bar * plan.metre.bar_seconds(plan.bpm) for section in plan.sections]
    ends = [*starts[1:], duration]
    return tuple(
        Stretch(section_title(section.kind), start, end)
        for section, start, end in zip(plan.sections, starts, ends, strict=True)
    )


def _chords(chart: Chart, borders: set[float], seconds: float, duration: float) -> Iterator[Stretch]:
    """Equal chords in a row are one, but for those that a new section begins with."""
    name, start = "", 0.0
    for span in chart.spans:
        following = chord_name(span.chord, chart.tonic_of(span), chart.mode)
        if following == name and span.start not in borders:
            continue
        if name:
            yield Stretch(name, start, span.start * seconds)
        name, start = following, span.start * seconds
    yield Stretch(name, start, duration)
