import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.perform import perform, swung
from generation.composer.writing.compose import compose


def score(genre, duration=30.0, seed=1, **given):
    return compose(read_prompt("", duration=duration, seed=seed, genre=genre, **given))


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_every_note_is_played_in_order_and_within_the_piece(genre):
    for duration, bpm in ((5, None), (5, 30), (30, None), (61.3, 300)):
        made = score(genre, duration, bpm=bpm)
        played = perform(made)
        assert {role: len(events) for role, events in played.items()} == {
            part.role: len(part.notes) for part in made.parts
        }
        for events in played.values():
            assert list(events) == sorted(events, key=lambda event: event.time)
            for event in events:
                assert 0 <= event.time < duration
                assert 0 < event.duration <= duration - event.time + 1e-9
                assert 1 <= event.velocity <= 127


def test_swing_delays_the_second_of_each_pair():
    assert [swung(beat, 0.6, 0.5) for beat in (0, 0.25, 0.5)] == pytest.approx([0, 0.3, 0.5])
    assert [swung(beat, 2 / 3, 1.0) for beat in (3, 3.5, 3.75)] == pytest.approx([3, 3 + 2 / 3, 3 + 5 / 6])
    assert swung(1.37, 0.5, 0.5) == pytest.approx(1.37)


@pytest.mark.parametrize("genre", ["lofi", "house", "rock", "jazz"])
def test_kicks_are_exact_and_hands_are_not(genre):
    made = score(genre)
    played = perform(made)
    beat = 60 / made.bpm
    unit = GENRES[genre].swing_unit
    grid = sorted(
        swung(note.start, made.swing, unit) * beat
        for part in made.parts
        for note in part.notes
        if note.voice == "kick"
    )
    kicks = sorted(event.time for event in played["drums"] if event.voice == "kick")
    assert kicks == pytest.approx(grid, abs=1e-9)
    loose = [
        abs(event.time - swung(round(event.time / beat * 4) / 4, made.swing, unit) * beat)
        for event in played["drums"]
        if event.voice in ("hat", "ride", "open_hat", "brush")
    ]
    assert max(loose) > 1e-4


def test_the_lofi_snare_lags():
    made = score("lofi", 120)
    beat = 60 / made.bpm
    late = [
        event.time - round(event.time / beat) * beat
        for event in perform(made)["drums"]
        if event.voice in ("snare", "rim") and abs(event.time / beat - round(event.time / beat)) < 0.08
    ]
    assert len(late) > 20
    assert 0.002 < sum(late) / len(late) < 0.02


def test_a_performance_repeats_exactly_and_seeds_differ():
    assert perform(score("jazz")) == perform(score("jazz"))
    assert perform(score("jazz", seed=1))["bass"] != perform(score("jazz", seed=2))["bass"]
