import itertools
from collections.abc import Sequence

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.randomness import stream
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.harmony import Chart, voicings, write_chart
from generation.composer.writing.plan import write_plan


def chart_of(genre: str, seed: int, duration: float = 60) -> Chart:
    brief = read_prompt("", duration=duration, seed=seed, genre=genre)
    plan = write_plan(GENRES[genre], seed=seed, duration=duration, bpm=brief.bpm)
    return write_chart(GENRES[genre], plan, seed=seed, tonic=brief.tonic, mode=brief.mode)


def mean_move(voiced: Sequence[tuple[int, ...]]) -> float:
    """Semitones that a voice moves at a change of chord."""
    moves = [
        sum(abs(now - then) for now, then in zip(after, before, strict=True)) / len(after)
        for before, after in itertools.pairwise(voiced)
        if before != after
    ]
    return sum(moves) / len(moves)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_chords_follow_each_other_without_gap_and_end_on_the_tonic(genre):
    for seed in range(10):
        chart = chart_of(genre, seed)
        assert chart.spans[0].start == 0
        for span, following in zip(chart.spans, chart.spans[1:], strict=False):
            assert span.end == pytest.approx(following.start)
        assert chart.ending.chord.root == chart.tonic


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_voices_move_little(genre):
    moves = [mean_move(voicings(chart_of(genre, seed), GENRES[genre].voicing)) for seed in range(10)]
    assert sum(moves) / len(moves) < 2


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_the_same_notes_in_any_octave_would_move_more(genre):
    """The control: without the choice of voicings there is no voice leading."""
    moves = []
    for seed in range(10):
        voiced = list(voicings(chart_of(genre, seed), GENRES[genre].voicing))
        random = stream(seed, "shuffle")
        inverted = [
            tuple(sorted(pitch + 12 * random.pick((-1, 0, 1)) for pitch in notes)) for notes in voiced
        ]
        moves.append(mean_move(inverted))
    assert sum(moves) / len(moves) > 3


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_voicings_hold_the_chord_in_their_register(genre):
    voicing = GENRES[genre].voicing
    chart = chart_of(genre, 3)
    for span, notes in zip(chart.spans, voicings(chart, voicing), strict=True):
        assert len(set(notes)) == voicing.voices
        assert voicing.low <= min(notes) <= max(notes) <= voicing.high
        assert {pitch % 12 for pitch in notes} <= set(span.chord.pitch_classes)
        if 7 in span.chord.intervals and len(span.chord.intervals) == 3:
            assert {pitch % 12 for pitch in notes} == set(span.chord.pitch_classes)


def test_sections_of_one_kind_share_their_chords():
    brief = read_prompt("", duration=180, seed=2, genre="rock")
    plan = write_plan(GENRES["rock"], seed=2, duration=180, bpm=brief.bpm)
    chart = write_chart(GENRES["rock"], plan, seed=2, tonic=0, mode="major")
    verses = [part for part in plan.sections if part.kind == "verse"]
    openings = [[chart.at((part.start_bar + bar) * 4).chord for bar in range(3)] for part in verses]
    assert len(verses) > 1
    assert all(opening == openings[0] for opening in openings)


def test_a_key_without_progressions_of_its_own_borrows_them():
    brief = read_prompt("", duration=30, seed=2, genre="lofi", key="E phrygian")
    plan = write_plan(GENRES["lofi"], seed=2, duration=30, bpm=brief.bpm)
    chart = write_chart(GENRES["lofi"], plan, seed=2, tonic=4, mode="phrygian")
    assert chart.ending.chord.root == 4
