import itertools

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.metre import FOUR_FOUR
from generation.composer.reading.prompt import read_prompt
from generation.composer.theory import parse_chord
from generation.composer.writing.harmony import Chart, write_chart
from generation.composer.writing.melody import write_melody
from generation.composer.writing.melody_fitting import HELD, MelodyNote, clashes, heard_at, is_strong
from generation.composer.writing.plan import Plan, write_plan

LOW, HIGH = 64, 84


def sung(genre: str, seed: int, duration: float = 30) -> tuple[Plan, Chart, list[tuple[MelodyNote, ...]]]:
    brief = read_prompt("", duration=duration, seed=seed, genre=genre)
    plan = write_plan(GENRES[genre], seed=seed, duration=duration, bpm=brief.bpm)
    chart = write_chart(GENRES[genre], plan, seed=seed, tonic=brief.tonic, mode=brief.mode)
    melody = write_melody(GENRES[genre], plan, chart, seed=seed, low=LOW, high=HIGH)
    return plan, chart, [melody[section] for section in plan.sections if section in melody]


def faults(notes: list[MelodyNote], chart: Chart) -> tuple[int, int]:
    """How many strong notes are foreign to their chord, and how many held ones clash with a chord."""
    heard = [(note, heard_at(FOUR_FOUR, note.start, note.length)) for note in notes]
    foreign = sum(
        note.pitch % 12 not in chart.at(beat).chord.pitch_classes
        for note, beat in heard
        if is_strong(FOUR_FOUR, beat, note.start + note.length - beat)
    )
    clashing = sum(
        clashes(note.pitch, span.chord)
        for note, beat in heard
        for span in chart.spans
        if note.length >= HELD and min(span.end, note.start + note.length) - max(span.start, beat) > 0
    )
    return foreign, clashing


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_strong_notes_belong_to_their_chord_and_held_ones_never_clash(genre):
    for seed in range(20):
        _, chart, sections = sung(genre, seed)
        notes = [note for section in sections for note in section]
        assert notes
        assert faults(notes, chart) == (0, 0)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_a_melody_a_semitone_off_has_faults(genre):
    """The control: the measure must fail what is wrong."""
    found = [0, 0]
    for seed in range(10):
        _, chart, sections = sung(genre, seed)
        moved = [MelodyNote(note.start, note.length, note.pitch + 1) for notes in sections for note in notes]
        foreign, clashing = faults(moved, chart)
        found[0] += foreign
        found[1] += clashing
    assert min(found) > 10


def test_a_clash_is_a_minor_ninth_over_a_chord_note():
    assert clashes(65, parse_chord("Cmaj7"))
    assert not clashes(72, parse_chord("Cmaj7"))
    assert not clashes(68, parse_chord("G7b9"))


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_melodies_mostly_step_and_stay_in_reach(genre):
    small = large = 0
    for seed in range(20):
        for notes in sung(genre, seed)[2]:
            assert all(LOW <= note.pitch <= HIGH for note in notes)
            moves = [abs(later.pitch - note.pitch) for note, later in itertools.pairwise(notes)]
            small += sum(move <= 4 for move in moves)
            large += sum(move > 9 for move in moves)
    assert small > 20 * large


@pytest.mark.parametrize("genre", ["lofi", "house", "rock", "cinematic"])
def test_the_first_motif_returns_when_its_section_does(genre):
    plan, _, _ = sung(genre, 4, 180)
    _, _, sections = sung(genre, 4, 180)
    themed = [part for part in plan.sections if GENRES[genre].sections[part.kind].theme not in ("", "solo")]
    kinds = [part.kind for part in themed]
    kind = next(kind for kind in kinds if kinds.count(kind) > 1)
    returns = [
        [
            (note.start - part.start_bar * 4, note.pitch)
            for note in notes
            if 0 <= note.start - part.start_bar * 4 < 3.5
        ]
        for part, notes in zip(themed, sections, strict=False)
        if part.kind == kind
    ]
    assert returns[0]
    assert all(opening == returns[0] for opening in returns)


def test_a_solo_is_new_every_time():
    plan, _, sections = sung("jazz", 4, 300)
    solos = [
        [(note.start - part.start_bar * 4, note.pitch) for note in notes]
        for part, notes in zip(
            [part for part in plan.sections if GENRES["jazz"].sections[part.kind].theme],
            sections,
            strict=True,
        )
        if part.kind == "solo"
    ]
    assert len(solos) > 1
    assert solos[0][:8] != solos[1][:8]


def test_sixty_seeds_sing_sixty_openings():
    for genre in GENRES:
        openings = set()
        for seed in range(60):
            notes = sung(genre, seed)[2][0]
            openings.add(tuple((note.start - notes[0].start, note.pitch) for note in notes[:8]))
        assert len(openings) == 60, genre
