"""Who joins a long section in its middle, where the tune rests, and how loud a bar and a phrase are."""

from dataclasses import replace

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.arrange import write_parts
from generation.composer.writing.compose import plan_piece
from generation.composer.writing.piece import Piece

CHORDAL = ("comp", "pad", "arpeggio", "power")


def piece(genre: str, seed: int, duration: float = 180, prompt: str = "") -> Piece:
    return plan_piece(read_prompt(prompt, duration=duration, seed=seed, genre=genre, time_signature="4/4"))


@pytest.mark.parametrize("genre", ["pop", "cinematic", "rock", "house"])
def test_somebody_joins_long_sections_in_their_middle(genre):
    found = 0
    for seed in range(6):
        made = piece(genre, seed)
        parts = {part.role: part for part in write_parts(made)}
        for section in made.plan.sections:
            start, end = section.start_bar * 4, section.end_bar * 4
            late = {role: made.absences(role) for role in made.playing(section)}
            joining = [
                (role, entrance)
                for role, absences in late.items()
                for begun, entrance in absences
                if begun == start
            ]
            assert len(joining) <= 1
            for role, entrance in joining:
                found += 1
                assert section.bars >= 8
                assert entrance % 16 == start % 16
                assert start < entrance < end
                played = [note.start for note in parts[role].notes if start <= note.start < end]
                assert min(played) >= entrance
                others = [made.player(other).style for other in made.playing(section) if other != role]
                assert len(others) >= 3
                assert any(style in CHORDAL for style in others)
    assert found > 6


def test_what_was_asked_for_is_there_from_the_start():
    for seed in range(12):
        made = piece("pop", seed, prompt="pop with strings, organ and acoustic guitar")
        assert made.asked
        assert not any(made.absences(role) for role in made.asked)


def test_short_sections_are_whole():
    for seed in range(12):
        made = piece("pop", seed, duration=20)
        assert all(section.bars < 8 for section in made.plan.sections)
        assert not any(made.absences(role) for role in made.casting)


def test_the_bars_in_which_the_tune_rests_are_known():
    rests = 0
    for seed in range(6):
        made = piece("reggae", seed)
        leads = [role for role in made.casting if made.player(role).style == "lead"]
        sung = {
            int(note.start // 4)
            for lead in leads
            for section, _ in made.sections_of(lead)
            for note in made.melody(lead).get(section, ())
        }
        for section in made.plan.sections:
            bars = range(section.start_bar, section.end_bar)
            if sung.intersection(bars):
                assert made.rests(section) == {bar - section.start_bar for bar in bars if bar not in sung}
                rests += len(made.rests(section))
            else:
                assert made.rests(section) == frozenset()
        others = {role: name for role, name in made.casting.items() if role not in leads}
        alone = replace(made, casting=others)
        assert all(alone.rests(section) == frozenset() for section in alone.plan.sections)
    assert rests > 10


def test_velocities_breathe_with_bar_and_phrase():
    made = piece("folk", 3)
    section = next(section for section in made.plan.sections if section.bars >= 8)
    start = section.start_bar * 4
    bar = [made.breath(section, start + place) for place in (0, 2, 1, 0.5)]
    assert bar == sorted(bar, reverse=True)
    phrase = [made.breath(section, start + 4 * number) for number in range(4)]
    assert max(phrase) in phrase[2:]
    assert min(phrase) == phrase[0] == made.breath(section, start + 16)
    width = GENRES["folk"].feel.breath
    every = [made.breath(section, start + step / 4) for step in range(64)]
    assert 1 - width / 2 <= min(every) < 1 < max(every) <= 1 + width / 2
    flat = replace(made, genre=replace(made.genre, feel=replace(made.genre.feel, breath=0.0)))
    assert {flat.breath(section, start + step / 4) for step in range(64)} == {1.0}
