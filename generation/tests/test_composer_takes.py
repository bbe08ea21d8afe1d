from dataclasses import replace

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.metre import FOUR_FOUR
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.compose import plan_piece
from generation.composer.writing.melody import write_melody
from generation.composer.writing.melody_fitting import MelodyNote
from generation.composer.writing.takes import TAKES, best_melody, faults


@pytest.fixture(scope="module")
def piece():
    return plan_piece(read_prompt("", duration=90, seed=4, genre="pop", key="C major", time_signature="4/4"))


def tune(piece, take):
    melody = write_melody(piece.genre, piece.plan, piece.chart, seed=4, low=62, high=81, take=take)
    return [note for notes in melody.values() for note in notes]


def judged(piece, notes):
    return faults(notes, FOUR_FOUR, piece.chart)


def test_the_take_with_the_fewest_faults_is_kept(piece):
    found = [judged(piece, tune(piece, take)) for take in range(TAKES)]
    best = best_melody(piece.genre, piece.plan, piece.chart, seed=4, low=62, high=81)
    assert len(set(found)) == TAKES
    assert judged(piece, [note for notes in best.values() for note in notes]) == min(found)


def test_over_many_pieces_the_best_is_better_than_the_first():
    first = best = 0.0
    for genre in ("folk", "jazz", "house"):
        for seed in range(8):
            piece = plan_piece(read_prompt("", duration=60, seed=seed, genre=genre, time_signature="4/4"))
            given = {"seed": seed, "low": 62, "high": 81}
            chosen = best_melody(piece.genre, piece.plan, piece.chart, **given)
            one = write_melody(piece.genre, piece.plan, piece.chart, **given)
            best += judged(piece, [note for notes in chosen.values() for note in notes])
            first += judged(piece, [note for notes in one.values() for note in notes])
    assert best < 0.85 * first


def test_what_spoils_a_tune_is_a_fault(piece):
    notes = tune(piece, 0)
    now = judged(piece, notes)
    wild = [replace(note, pitch=note.pitch + (11 if place % 2 else -11)) for place, note in enumerate(notes)]
    flat = [replace(note, pitch=67) for note in notes]
    looped = [
        MelodyNote(bar * 4.0 + place, 1.0, notes[(4 * bar + place) % len(notes)].pitch)
        for bar in range(20)
        for place in range(4)
    ]
    assert judged(piece, wild) > now + 1
    assert judged(piece, flat) > now + 1
    assert judged(piece, looped) > now + 0.5
    assert judged(piece, notes[:1]) == 1.0


def test_genres_keep_their_tunes_apart_by_seed():
    for genre in sorted(GENRES):
        openings = set()
        for seed in range(12):
            piece = plan_piece(read_prompt("", duration=40, seed=seed, genre=genre))
            melody = best_melody(piece.genre, piece.plan, piece.chart, seed=seed, low=62, high=81)
            notes = [note for section in melody.values() for note in section][:8]
            openings.add(tuple((note.start, note.pitch) for note in notes))
        assert len(openings) == 12, genre
