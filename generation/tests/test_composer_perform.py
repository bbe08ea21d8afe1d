import statistics

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
    beat = made.beat_seconds
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
    made = score("lofi", 120, time_signature="4/4")
    beat = made.beat_seconds
    late = [
        event.time - round(event.time / beat) * beat
        for event in perform(made)["drums"]
        if event.voice in ("snare", "rim") and abs(event.time / beat - round(event.time / beat)) < 0.08
    ]
    assert len(late) > 20
    assert 0.002 < sum(late) / len(late) < 0.02


def test_players_drift_together():
    made = score("jazz", 90, time_signature="4/4")
    played = perform(made)

    def lateness(role: str, voice: str) -> dict[float, float]:
        """By beat how late a role's notes of a voice are played; one at a time, so that they keep their order."""
        [part] = [part for part in made.parts if part.role == role]
        starts = sorted(note.start for note in part.notes if note.voice == voice)
        times = sorted(event.time for event in played[role] if event.voice == voice)
        unit = GENRES["jazz"].swing_unit
        return {
            start: time - swung(start, made.swing, unit) * made.beat_seconds
            for start, time in zip(starts, times, strict=True)
        }

    bass, hat = lateness("bass", ""), lateness("drums", "hat")

    def likeness(shift: float) -> float:
        shared = [beat for beat in bass if beat + shift in hat]
        return statistics.correlation([bass[beat] for beat in shared], [hat[beat + shift] for beat in shared])

    assert likeness(0.0) > 0.4
    assert abs(likeness(16.0)) < 0.3, "the control: four bars later they have drifted on"


def test_a_performance_repeats_exactly_and_seeds_differ():
    assert perform(score("jazz")) == perform(score("jazz"))
    assert perform(score("jazz", seed=1))["bass"] != perform(score("jazz", seed=2))["bass"]
