import numpy as np
import pytest

from generation.composer.instruments import INSTRUMENTS as WRITTEN
from generation.composer.instruments import RANGES
from generation.composer.sources.drums import KITS, tuned_to
from generation.composer.sources.pitched import frequency
from generation.composer.sources.registry import INSTRUMENTS, SAMPLED, SAMPLED_KITS, is_recorded
from generation.composer.sources.textures import TEXTURES
from generation.composer.sources.timed_note import TimedNote
from generation.tests.sound import RATE, cents_off, lufs, played

KINDS = [(name, False) for name in sorted(RANGES)] + [(name, True) for name in sorted(SAMPLED)]
KIT_KINDS = [(name, False) for name in sorted(KITS)] + [(name, True) for name in sorted(SAMPLED_KITS)]


def test_sound_knows_every_instrument_that_composition_may_write():
    assert set(WRITTEN) <= set(INSTRUMENTS)


def test_the_bank_is_there():
    assert [name for name in [*SAMPLED, *SAMPLED_KITS] if not is_recorded(name)] == []


@pytest.mark.parametrize(("name", "recorded"), KINDS)
def test_notes_are_heard_in_tune_and_end(name, recorded):
    low, high = RANGES[name]
    pitch = (low + high) // 2
    note = TimedNote(0.0, 1.0, pitch, 100, "")
    sound = played(name, [note], 5.5, recorded=recorded)
    assert 0.005 < np.abs(sound).max() < 1.5
    steady = sound[:, : RATE // 4] if name == "spiccato" else sound[:, RATE // 8 : RATE]
    assert abs(cents_off(steady, frequency(pitch))) < 25
    assert np.abs(sound[:, -RATE // 4 :]).max() < 2e-3
    assert sound.dtype == np.float32


def test_the_measure_of_tune_hears_a_quarter_tone():
    sound = played("oboe", [TimedNote(0.0, 1.0, 69, 100, "")], 1.0, recorded=False)
    assert abs(cents_off(sound, 440.0)) < 10
    assert abs(cents_off(sound, 440.0 * 2 ** (50 / 1200)) + 50) < 10


@pytest.mark.parametrize(("name", "recorded"), KINDS)
def test_harder_is_louder(name, recorded):
    pitch = sum(RANGES[name]) // 2
    soft, hard = (
        np.square(played(name, [TimedNote(0.0, 0.4, pitch, velocity, "")], 0.5, recorded=recorded)).sum()
        for velocity in (45, 110)
    )
    assert hard > 2 * soft


@pytest.mark.parametrize(("kit", "recorded"), KIT_KINDS)
def test_every_drum_of_every_kit_sounds(kit, recorded):
    for drum in KITS[kit]:
        sound = played(kit, [TimedNote(0.0, 0.2, 0, 110, drum)], 4.0, recorded=recorded, role="drums")
        assert np.abs(sound).max() > 0.02, drum
        assert np.abs(sound[:, -2400:]).max() < 2e-3, drum


def test_kicks_are_tuned_to_the_tonic():
    for tonic in range(12):
        octaves = np.log2(tuned_to(tonic, 50.0) / frequency(tonic))
        assert abs(octaves - round(octaves)) < 1e-6
    tail = played("electronic_kit", [TimedNote(0.0, 0.2, 0, 118, "kick")], 0.5, recorded=False)[:, 4000:]
    assert abs(cents_off(tail, tuned_to(9, 50.0))) < 60


def test_strokes_of_a_roll_differ():
    notes = [TimedNote(index * 0.5, 0.2, 0, 100, "snare") for index in range(3)]
    roll = played("lofi_kit", notes, 1.5, recorded=False)
    first, second = roll[:, : RATE // 2], roll[:, RATE // 2 : RATE]
    assert np.abs(first - second).max() > 0.05 * np.abs(first).max()


@pytest.mark.parametrize("name", sorted(TEXTURES))
def test_textures_last_as_long_as_their_note(name):
    sound = played(name, [TimedNote(0.5, 4.0, 60, 100, "")], 6.0, role="fx")
    assert not sound[:, : RATE // 2].any()
    assert lufs(sound) > -60
    assert sound[:, RATE * 4 : RATE * 9 // 2].any()
    assert not sound[:, RATE * 5 :].any()


def test_a_riser_rises_and_wind_does_not():
    def growth(name):
        sound = played(name, [TimedNote(0.0, 6.0, 60, 100, "")], 6.0, role="fx")
        return np.square(sound[:, 5 * RATE :]).mean() / np.square(sound[:, 2 * RATE : 3 * RATE]).mean()

    assert growth("riser") > 5
    assert growth("wind") < 5


def test_muted_guitars_are_short():
    def late(voice):
        sound = played("distorted_guitar", [TimedNote(0.0, 1.0, 45, 100, voice)], 1.0, role="guitar_left")
        return np.square(sound[:, RATE // 2 :]).sum() / np.square(sound).sum()

    assert late("") > 0.05
    assert late("mute") < 1e-4


def level_db(sound, start, stop):
    return 10 * np.log10(np.square(sound[:, int(start * RATE) : int(stop * RATE)]).mean() + 1e-12)


@pytest.mark.parametrize("drum", ["snare", "tom_mid"])
def test_a_gate_cuts_the_room_off(drum):
    def fall(kit, begin, end):
        """How many dB are lost from one moment to another."""
        stroke = played(kit, [TimedNote(0.0, 0.4, 0, 110, drum)], 0.7)
        high = stroke - np.roll(stroke, 1, axis=1)
        return level_db(high, begin, begin + 0.03) - level_db(high, end, end + 0.03)

    assert fall("gated_kit", 0.05, 0.16) < 6
    assert fall("gated_kit", 0.17, 0.23) > 20
    assert fall("rock_kit", 0.17, 0.23) < 10
