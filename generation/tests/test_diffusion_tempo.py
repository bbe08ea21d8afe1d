"""Tempo, measured on music whose tempo is known."""

import numpy as np
import pytest

from generation.audio.types import Audio
from generation.diffusion.tempo import measure_bpm
from generation.tests.audio_signals import noise, silence, sine
from generation.tests.composed import RATE, composed


def strokes(bpm: float, seconds: float, sample_rate: int = RATE) -> Audio:
    """A drum on each beat, a higher and quieter one between."""
    frames = round(seconds * sample_rate)
    times = np.arange(frames) / sample_rate
    wave = np.zeros(frames)
    for hertz, level, offset in ((80, 0.8, 0.0), (2000, 0.2, 0.5)):
        since = (times * bpm / 60 + offset) % 1 * 60 / bpm
        wave += level * np.exp(-since * 30) * np.sin(2 * np.pi * hertz * since)
    return Audio(wave.astype(np.float32)[None], sample_rate)


def groove(bpm: float, seconds: float, *voices: tuple[float, float, tuple[float, ...]]) -> Audio:
    """A bar over and over: voices in hertz, how loud they are, and the sixteenths on which they strike."""
    wave = np.zeros(round((seconds + 1) * RATE))
    times = np.arange(round(0.2 * RATE)) / RATE
    for hertz, level, places in voices:
        stroke = level * np.exp(-times * 30) * np.sin(2 * np.pi * hertz * times)
        for bar in range(int(seconds * bpm / 240)):
            for place in places:
                start = round((16 * bar + place) * 15 / bpm * RATE)
                wave[start : start + len(stroke)] += stroke
    return Audio(wave[: round(seconds * RATE)].astype(np.float32)[None], RATE)


@pytest.mark.parametrize(("genre", "bpm"), [("rock", 131.7), ("house", 122.3), ("lofi", 89.1)])
def test_the_tempo_of_a_composed_piece_is_found_exactly(genre, bpm):
    assert measure_bpm(composed(genre, bpm=bpm, key="A minor")) == pytest.approx(bpm, rel=0.005)


@pytest.mark.parametrize("bpm", [97.77, 110.3, 128.0, 143.9])
def test_the_tempo_of_drums_is_found_exactly_at_any_rate(bpm):
    assert measure_bpm(strokes(bpm, 12, 44_100)) == pytest.approx(bpm, rel=0.005)


@pytest.mark.parametrize("bpm", [100.7, 102.8, 104.2])
def test_chords_in_threes_do_not_hide_the_beat(bpm):
    """No whole number of frames is a beat here, so that the second one stands a frame beside twice the first."""
    kick, chords = (80, 0.5, (0, 4, 8, 12)), (900, 0.9, (0, 3, 6, 9, 12, 15))
    assert measure_bpm(groove(bpm, 20, kick, chords, (500, 0.9, (0, 3, 6, 8, 11, 14)))) == pytest.approx(
        bpm, rel=0.005
    )


@pytest.mark.parametrize("swing", [0.53, 0.55, 0.57])
def test_swung_eighths_do_not_bend_the_tempo(swing):
    """The quarters are 70.3 to the minute, or the eighths twice that: a long and a short one."""
    between = tuple(4 * (beat + swing) for beat in range(4))
    drums = ((80, 0.6, (0, 8)), (3000, 0.3, (0, 4, 8, 12, *between)), (400, 0.3, between[1::2]))
    assert measure_bpm(groove(70.3, 25, *drums)) == pytest.approx(140.6, rel=0.005)


@pytest.mark.parametrize(
    "audio",
    [silence(8), sine(220, 8, 0.3), noise(8), strokes(120, 2), silence(0.01)],
    ids=["silence", "tone", "noise", "too short", "next to nothing"],
)
def test_what_has_no_pulse_has_no_tempo(audio):
    assert measure_bpm(audio) is None


def test_a_swelling_drone_has_no_tempo():
    times = np.arange(20 * RATE) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * times) for hertz in (110, 165, 220))
    wave = 0.1 * chord * (1 + 0.5 * np.sin(2 * np.pi * 0.2 * times))
    assert measure_bpm(Audio(wave.astype(np.float32)[None], RATE)) is None
