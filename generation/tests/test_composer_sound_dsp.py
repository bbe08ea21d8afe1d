import numpy as np
import pytest
from scipy import signal

from generation.composer.dsp.amplifier import Amplifier, AmplifierSetting, Shaper
from generation.composer.dsp.control import control_hop, straight
from generation.composer.dsp.convolution import Convolver, partitions
from generation.composer.dsp.delay import PingPong
from generation.composer.dsp.dynamics import Compressor
from generation.composer.dsp.filters import Filter, bell, butterworth, high_shelf, low_shelf
from generation.composer.dsp.interpolation import hermite
from generation.composer.dsp.reverb import hall
from generation.composer.dsp.tape import Tape
from generation.composer.dsp.wah import Wah
from generation.tests.sound import RATE, cents_off, tone

BLOCK = 4800
HOP = control_hop(RATE)


def blocks(samples, process, size=BLOCK):
    return np.concatenate(
        [process(samples[:, place : place + size]) for place in range(0, samples.shape[1], size)], axis=1
    )


def noise(seconds=1.0, seed=1):
    rng = np.random.Generator(np.random.PCG64(seed))
    return rng.standard_normal((2, int(seconds * RATE)), dtype=np.float32) * np.float32(0.1)


def gain_db(sections, hertz):
    _, response = signal.freqz_sos(sections, worN=[hertz], fs=RATE)
    return 20 * np.log10(abs(response[0]))


def test_filters_lift_and_cut_where_they_say():
    assert abs(gain_db(butterworth("lowpass", 1000.0, 2, RATE), 1000) + 3) < 0.1
    assert gain_db(butterworth("highpass", 100.0, 2, RATE), 25) < -20
    assert abs(gain_db(low_shelf(120, 4, RATE), 10) - 4) < 0.2
    assert abs(gain_db(low_shelf(120, 4, RATE), 5000)) < 0.1
    assert abs(gain_db(high_shelf(7500, -3, RATE), 20000) + 3) < 0.2
    assert abs(gain_db(high_shelf(7500, -3, RATE), 300)) < 0.1
    assert abs(gain_db(bell(1000, 6, 1, RATE), 1000) - 6) < 0.1


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("rate", [RATE, 44_100])
@pytest.mark.parametrize(
    ("kind", "hertz"),
    [
        ("lowpass", 3000.0),
        ("lowpass", 1e6),
        ("highpass", 28.0),
        ("bandpass", (250.0, 3800.0)),
        ("bandpass", (20.0, 1e6)),
    ],
)
def test_butterworth_filters_are_what_their_name_says(kind, hertz, order, rate):
    edges = np.minimum(hertz, 0.45 * rate)
    expected = signal.butter(order, edges, kind, fs=rate, output="sos")
    _, known = signal.freqz_sos(expected, 512)
    _, ours = signal.freqz_sos(butterworth(kind, hertz, order, rate), 512)
    assert np.abs(ours - known).max() < 1e-9


def test_a_filter_goes_on_where_the_last_block_ended():
    sections = butterworth("bandpass", (300.0, 2000.0), 2, RATE)
    samples = noise()
    expected = signal.sosfilt(sections, samples, axis=1)
    assert np.abs(blocks(samples, Filter(sections, 2)) - expected).max() < 1e-5
    restarted = blocks(samples, lambda block: Filter(sections, 2)(block))
    assert np.abs(restarted - expected).max() > 1e-2


def test_partitioned_convolution_equals_direct():
    response, length = hall(0.6, 0.01, 0.8, RATE), 16 * BLOCK
    wet = np.zeros((2, length), np.float32)
    wet[:, : RATE // 2] = noise(0.5, 2)
    got = blocks(wet, Convolver(partitions(response, BLOCK), BLOCK))
    expected = signal.oaconvolve(wet, response, axes=1)[:, :length]
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()


def test_partitions_leave_out_only_what_cannot_be_heard():
    response = hall(4.0, 0.03, 1.0, RATE)
    pieces = partitions(response, RATE // 2)
    kept = [piece.shape[1] for piece in pieces]
    assert kept[0] > 0.9 * RATE // 2
    assert sum(kept) < 0.75 * kept[0] * len(kept)
    click = np.zeros((2, response.shape[1] // (RATE // 2) * (RATE // 2)), np.float32)
    click[:, 0] = 1
    error = blocks(click, Convolver(pieces, RATE // 2), RATE // 2) - response[:, : click.shape[1]]
    assert 10 * np.log10(np.square(error).sum() / np.square(response).sum()) < -80


@pytest.mark.parametrize("seconds", [1.0, 3.0])
def test_a_hall_takes_its_time_to_fall_by_sixty_decibels(seconds):
    response = hall(seconds, 0.02, 0.8, RATE)
    assert np.allclose(np.square(response).sum(axis=1), 1, atol=1e-3)
    assert not np.abs(response[:, : int(0.015 * RATE)]).max() > 1e-3
    left = np.cumsum(np.square(response[0])[::-1])[::-1]
    decay = 10 * np.log10(left / left[0] + 1e-12)
    # Schroeder's backward integral between -5 and -25 dB, drawn on to -60.
    first, last = np.argmax(decay < -5), np.argmax(decay < -25)
    assert 0.6 * seconds < 3 * (last - first) / RATE < 1.2 * seconds


def test_echoes_come_in_time_and_change_sides():
    click = np.zeros((2, RATE), np.float32)
    click[0, 0] = 1
    echoes = blocks(click, PingPong(0.25, RATE))
    peaks = [int(np.argmax(np.abs(echoes[side]))) for side in (0, 1)]
    assert peaks[0] == RATE // 4
    assert abs(peaks[1] - RATE // 2) < 10
    assert np.abs(echoes[1]).max() < 0.5 * np.abs(echoes[0]).max()


def test_the_compressor_narrows_the_gap_between_quiet_and_loud():
    quiet, loud = tone(300, level=0.05), tone(300, level=0.8)
    process = Compressor(-18, 2.0, control_hop(RATE), RATE)
    out_quiet, out_loud = (
        np.abs(blocks(samples, process)[:, RATE // 2 :]).max() for samples in (quiet, loud)
    )
    assert abs(out_quiet - 0.05) < 0.002
    gap = 20 * np.log10(out_loud / out_quiet)
    assert 12 < gap < 20 * np.log10(16) - 3


def test_straight_lines_join_the_steps():
    assert np.allclose(straight(np.array([0.0, 1.0, 1.0]), 4), [0, 0.25, 0.5, 0.75, 1, 1, 1, 1])


def foreign(samples, hertz):
    """Energy between the harmonics of `hertz` that a loudspeaker would pass, against all, in dB."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    bins = np.fft.rfftfreq(len(samples), 1 / RATE)
    away = np.abs(bins / hertz - np.round(bins / hertz)) * hertz
    return 10 * np.log10(spectrum[(away > 20) & (bins > 100) & (bins < 5000)].sum() / spectrum.sum())


def test_the_amplifiers_curve_folds_less_back_than_a_plain_one():
    hertz = 1319.0
    loud = tone(hertz, level=1.0)[0] * np.float32(8)
    shaped = Shaper(0.0)(loud)
    assert abs(shaped).max() <= 1.0
    assert foreign(shaped, hertz) < foreign(np.tanh(loud), hertz) - 8


def test_the_curve_is_the_mean_of_tanh_between_samples():
    rng = np.random.default_rng(1)
    loud = np.concatenate([rng.standard_normal(5000) * scale for scale in (30, 1, 1e-2, 1e-4)])
    shaped = Shaper(0.2)(loud.astype(np.float32))
    line = np.concatenate([[0.2], loud.astype(np.float32) + 0.2])
    between = line[:-1, None] + np.diff(line)[:, None] * (np.arange(2000) + 0.5) / 2000
    assert np.abs(shaped - (np.tanh(between).mean(axis=1) - np.tanh(0.2))).max() < 3e-5


def test_the_amplifier_compresses_and_rolls_off():
    setting = AmplifierSetting(drive=30, presence_db=4, top=4700)
    soft, hard = (blocks(tone(220, level=level)[:1], Amplifier(setting, RATE)) for level in (0.05, 0.5))
    assert np.square(hard).mean() < 3 * np.square(soft).mean()
    spectrum = np.abs(np.fft.rfft(hard[0, RATE // 4 :])) ** 2
    bins = np.fft.rfftfreq(len(hard[0, RATE // 4 :]), 1 / RATE)
    assert spectrum[bins > 9000].sum() < 1e-4 * spectrum.sum()
    assert spectrum[(bins > 600) & (bins < 5000)].sum() > 0.02 * spectrum.sum()
    assert abs(hard[0, RATE // 4 :].mean()) < 1e-3


def test_an_amplifier_at_rest_is_silent():
    rest = Amplifier(AmplifierSetting(drive=30, presence_db=4, top=4700), RATE)(
        np.zeros((1, BLOCK), np.float32)
    )
    assert np.abs(rest).max() < 1e-6


def middle(samples):
    """The centre of the energy below 3 kHz, in Hz."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    bins = np.fft.rfftfreq(len(samples), 1 / RATE)
    return float((bins * power)[bins < 3000].sum() / power[bins < 3000].sum())


def test_a_wah_opens_where_it_is_played_hard_and_falls_back():
    soft, hard = noise()[:1] * np.float32(0.3), noise()[:1] * np.float32(3)
    sound = blocks(np.concatenate([soft, hard, soft], axis=1), Wah(RATE))[0]
    middles = [middle(sound[second * RATE + RATE // 2 :][: RATE // 2]) for second in range(3)]
    assert middles[1] > 2 * middles[0]
    assert middles[2] == pytest.approx(middles[0], rel=0.05)


def test_a_wah_is_as_loud_between_two_resonances_as_on_one(monkeypatch):
    impulse = np.zeros((1, BLOCK), np.float32)
    impulse[0, 0] = 1
    middles = []
    for place in np.linspace(0, 1, 45):
        monkeypatch.setattr(Wah, "_places", lambda self, block, at=place: np.full(BLOCK // HOP + 1, at))
        ringing = blocks(impulse, Wah(RATE))[0]
        assert np.abs(np.fft.rfft(ringing)).max() == pytest.approx(2.2, rel=0.05)
        middles.append(middle(ringing))
    assert middles == sorted(middles)


def test_a_wah_at_rest_is_silent():
    assert not Wah(RATE)(np.zeros((1, BLOCK), np.float32)).any()


def test_tape_bends_pitch_by_what_it_is_told():
    wandering = blocks(tone(1000, 2.0, 0.1), Tape(wow_cents=12, drive=1.0, top=15000, sample_rate=RATE))
    bends = [cents_off(wandering[:, place : place + 9600], 1000) for place in range(9600, 86000, 4800)]
    assert 8 < max(bends) < 16
    assert -16 < min(bends) < -8
    straight_on = blocks(tone(1000, 2.0, 0.1), Tape(wow_cents=0.0, drive=1.0, top=15000, sample_rate=RATE))
    assert abs(cents_off(straight_on[:, 9600:], 1000)) < 0.5


def test_hermite_reads_between_samples():
    wave = np.sin(0.1 * np.arange(200)).astype(np.float32)
    places = np.linspace(2, 190, 777)
    assert np.abs(hermite(wave, places) - np.sin(0.1 * places)).max() < 1e-4
