"""Keys, measured on music whose key is known."""

import numpy as np
import pytest

from generation.audio.types import Audio
from generation.composer.theory import key_name
from generation.diffusion.key import MAJOR_NAMES, MINOR_NAMES, measure_key
from generation.tests.audio_signals import noise, silence, sine
from generation.tests.composed import RATE, composed

CADENCES = {
    "major": ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7)),
    "minor": ((0, 3, 7), (5, 8, 12), (7, 10, 14), (0, 3, 7)),
}


def cadence(tonic: int, mode: str, cents: float = 0) -> Audio:
    """I–IV–V–I with the overtones of a string."""
    times = np.arange(RATE) / RATE
    chords = []
    for chord in CADENCES[mode]:
        hertz = [220 * 2 ** ((tonic - 9 + step + cents / 100) / 12) for step in (*chord, chord[0] - 12)]
        chords.append(sum(np.sin(2 * np.pi * n * f * times) / n**1.5 for f in hertz for n in range(1, 6)))
    return Audio((0.1 * np.concatenate(chords)).astype(np.float32)[None], RATE)


@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize(("mode", "names"), [("major", MAJOR_NAMES), ("minor", MINOR_NAMES)])
def test_the_key_of_a_cadence_is_found(tonic, mode, names):
    assert measure_key(cadence(tonic, mode)) == f"{names[tonic]} {mode}"


@pytest.mark.parametrize("cents", [-40, 30])
def test_music_may_be_tuned_a_little_off(cents):
    assert measure_key(cadence(2, "minor", cents)) == "D minor"


@pytest.mark.parametrize(
    ("genre", "key"),
    [("rock", "E minor"), ("lofi", "F minor"), ("jazz", "A minor"), ("house", "C major")],
)
def test_the_key_of_a_composed_piece_is_found(genre, key):
    assert measure_key(composed(genre, key=key, seed=5)) == key


def test_keys_are_spelled_as_everywhere_on_the_site():
    for tonic in range(12):
        assert key_name(tonic, "major") == f"{MAJOR_NAMES[tonic]} major"
        assert key_name(tonic, "minor") == f"{MINOR_NAMES[tonic]} minor"


@pytest.mark.parametrize(
    "audio",
    [silence(5), noise(5), sine(220, 5, 0.3), silence(0.01)],
    ids=["silence", "noise", "tone", "nothing"],
)
def test_what_has_no_key_gets_none(audio):
    assert measure_key(audio) is None
