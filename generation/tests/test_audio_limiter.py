import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from generation.audio.limiter import apply_gain, gain_curve, lowest
from generation.audio.oversampling import HOP, true_peak_envelope
from generation.tests.audio_signals import sine

envelopes = st.lists(st.floats(0, 8, width=32), min_size=1, max_size=200).map(
    lambda values: np.array(values, np.float32)
)


@given(envelopes, st.sampled_from([8000, 44100, 48000, 192000]))
def test_the_envelope_times_the_gain_never_passes_the_ceiling(envelope, sample_rate):
    gains = gain_curve(envelope, 0.9, sample_rate)
    assert len(gains) == len(envelope) + 1
    assert gains.max() <= 1 + 1e-12
    assert gains.min() > 0
    assert (envelope * np.maximum(gains[1:], gains[:-1])).max() <= 0.9 * (1 + 1e-6)


@given(envelopes)
def test_what_stays_below_the_ceiling_is_left_alone(envelope):
    assert (gain_curve(np.minimum(envelope, 0.9), 0.9, 48000) == 1).all()


def test_the_gain_falls_before_a_peak_and_returns_slowly_after_it():
    envelope = np.full(3000, 0.5, np.float32)
    envelope[1000] = 2.0
    gains = 20 * np.log10(gain_curve(envelope, 1.0, 48000))
    seconds = (np.arange(3001) - 1000) * HOP / 48000
    assert abs(gains[1000] + 6.02) < 0.01
    assert (gains[seconds < -0.006] > -1e-6).all()
    assert gains[seconds > 0.12][0] < -1
    assert gains[-1] > -0.01


def test_a_limited_bass_note_is_not_distorted():
    bass = sine(50, 4, level=2.0).samples
    gains = gain_curve(true_peak_envelope(bass), 0.9, 48000)
    limited = bass.copy()
    apply_gain(limited, gains, out=limited)
    limited = limited[0, 48000:144000]
    spectrum = np.abs(np.fft.rfft(limited * np.hanning(len(limited)))) ** 2
    fundamental = spectrum[95:106].sum()
    assert 10 * np.log10((spectrum.sum() - fundamental) / fundamental) < -60
    clipped = np.abs(np.fft.rfft(np.clip(bass[0, 48000:144000], -0.9, 0.9) * np.hanning(96000))) ** 2
    assert 10 * np.log10((clipped.sum() - clipped[95:106].sum()) / clipped[95:106].sum()) > -20


def test_the_gain_is_drawn_straight_between_the_borders():
    ones = np.ones((2, 2 * HOP + 1), np.float32)
    result = np.empty_like(ones)
    apply_gain(ones, np.array([2.0, 1.0, 1.0, 0.5]), out=result)
    assert result[0, [0, HOP // 2, HOP, 2 * HOP - 1, 2 * HOP]].tolist() == [2.0, 1.5, 1.0, 1.0, 1.0]


@given(envelopes, st.integers(1, 40))
def test_the_lowest_of_a_window_is_found_by_doubling(values, length):
    padded = np.pad(values.astype(np.float64), (0, length - 1), mode="edge")
    expected = [padded[place : place + length].min() for place in range(len(values))]
    assert lowest(padded, length).tolist() == expected
