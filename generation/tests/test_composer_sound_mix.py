from dataclasses import replace

import numpy as np
import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.instruments import ROLES
from generation.composer.score import Section
from generation.composer.sound.levels import calibration, gated, predicted_lufs
from generation.composer.sound.mix import Desk, Strip
from generation.composer.sound.mix_table import RoleMix, load_mix
from generation.composer.sources.registry import INSTRUMENTS, SAMPLED, SAMPLED_KITS
from generation.composer.sources.timed_note import TimedNote
from generation.tests.sound import RATE, lufs, played, small_score, tone

BLOCK = RATE // 2
FLAT = {"energy_db": 0.0, "low_db": 0.0, "high_db": 0.0, "threshold_db": 0.0, "tape": None}
DRY = RoleMix(reverb_db=None)


def desk(mix, kicks=(), score=None):
    return Desk(score or small_score(), mix, kicks, RATE, BLOCK)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_every_genre_has_a_whole_mix(genre):
    mix = load_mix(genre)
    assert set(GENRES[genre].roles) <= set(mix.roles) <= set(ROLES)
    assert all(-45 <= place.lufs <= -15 and abs(place.pan) < 1 for place in mix.roles.values())
    assert mix.role("theremin") == RoleMix()


def test_an_unknown_genre_is_named_with_those_there_are():
    with pytest.raises(ValueError, match=r"polka.*lofi"):
        load_mix("polka")


def test_every_instrument_is_calibrated():
    unknown = calibration("nothing like it", True).notes.tolist()
    for name in INSTRUMENTS:
        kinds = [False, True] if name in SAMPLED or name in SAMPLED_KITS else [False]
        assert all(
            calibration(name, kind).drums or calibration(name, kind).notes.tolist() != unknown
            for kind in kinds
        )


@pytest.mark.parametrize(
    ("name", "pitches", "length", "pace"),
    [
        ("piano", (60, 64, 67), 0.9, 1.0),
        ("piano", (72,), 0.1, 0.25),
        ("strings", (55, 60, 64), 2.0, 2.0),
        ("double_bass", (36,), 0.4, 0.5),
        ("super_saw", (60, 63, 67), 0.5, 0.5),
        ("flute", (76,), 0.3, 0.5),
    ],
)
def test_the_predicted_loudness_is_what_a_meter_reads(name, pitches, length, pace):
    notes = [
        TimedNote(index * pace, length, pitch, 70 + 10 * (index % 4), "")
        for index in range(int(8 / pace))
        for pitch in pitches
    ]
    predicted = predicted_lufs(notes, calibration(name, name in SAMPLED))
    heard = lufs(played(name, notes, 8.0))
    assert abs(predicted - heard) < 1.5
    # Twice the notes at once are three decibels more: a level by instrument alone would miss them.
    twice = predicted_lufs([*notes, *notes], calibration(name, name in SAMPLED))
    assert abs(twice - predicted - 3) < 0.2


def test_drums_are_predicted_by_the_stroke():
    notes = [TimedNote(index * 0.5, 0.2, 0, 100, ("kick", "snare")[index % 2]) for index in range(16)]
    predicted = predicted_lufs(notes, calibration("rock_kit", True))
    assert abs(predicted - lufs(played("rock_kit", notes, 8.0, role="drums"))) < 1.5
    quieter = [note._replace(velocity=50) for note in notes]
    assert predicted_lufs(quieter, calibration("rock_kit", True)) < predicted - 6


def test_gating_leaves_out_silence_as_a_meter_does():
    steady = np.full(200, 0.01)
    assert abs(gated(np.concatenate([steady, np.zeros(600)])) - gated(steady)) < 0.3
    assert gated(np.zeros(50)) == -70
    assert predicted_lufs([], calibration("piano", True)) == -70


def test_a_strip_keeps_the_level_wherever_it_is_panned():
    samples = tone(440)[:1]
    middle, aside = (
        np.square(Strip(RoleMix(pan=pan), -6.0, 1, RATE)(samples)).sum(axis=1) for pan in (0.0, 0.6)
    )
    assert abs(middle.sum() / aside.sum() - 1) < 1e-3
    assert aside[1] > 3 * aside[0]


def test_kicks_duck_what_asks_for_it_and_nothing_else():
    mix = replace(load_mix("house"), **FLAT)
    steady = tone(1000, 0.5, 0.1)

    def lows(duck, kicks):
        out = desk(mix, kicks)({"pad": (RoleMix(reverb_db=None, duck_db=duck), steady)})
        around = [np.abs(out[:, place : place + 480]).max() for place in (11_000, 12_240)]
        return 20 * np.log10(around[1] / around[0])

    assert abs(lows(9.0, (0.25,)) + 9) < 1.5
    assert abs(lows(0.0, (0.25,))) < 0.2
    assert abs(lows(9.0, ())) < 0.2


def test_sections_of_less_energy_are_quieter():
    score = replace(small_score(), sections=(Section("A", 0, 1, 0.4), Section("B", 1, 1, 1.0)))
    mix = replace(load_mix("rock"), **{**FLAT, "energy_db": 10.0})
    table = desk(mix, score=score)
    steady = tone(1000, 0.5, 0.1)
    outs = [table({"lead": (DRY, steady)}) for _ in range(9)]
    quiet, loud = (np.abs(outs[index]).max() for index in (1, 8))
    assert abs(20 * np.log10(loud / quiet) - 6) < 0.5


def test_a_send_rings_on_after_the_sound():
    mix = replace(load_mix("ambient"), **FLAT)
    for place, rings in ((RoleMix(reverb_db=0.0), True), (DRY, False)):
        table = desk(mix)
        table({"lead": (place, tone(1000, 0.5, 0.3))})
        after = [np.abs(table({})).max() for _ in range(3)]
        assert bool(after[-1] > 1e-3) is rings


def test_a_delay_send_echoes_in_time_with_the_beat():
    mix = replace(load_mix("ambient"), **FLAT)
    score = small_score(bpm=120.0, duration=8.0)
    table = desk(mix, score=score)
    click = np.zeros((2, BLOCK), np.float32)
    click[:, :200] = tone(1500, 200 / RATE, 0.5)
    heard = np.concatenate(
        [table({"lead": (RoleMix(reverb_db=None, delay_db=0.0), click)}), table({})], axis=1
    )
    echo = int(np.argmax(np.abs(heard[0, 2400:]))) + 2400
    assert abs(echo / RATE - 0.75 * 0.5) < 0.01
