import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from generation.composer.sources.envelope import held, release, sampled_envelope
from generation.composer.sources.player import Player, Strike, ToneShelf
from generation.composer.sources.registry import Setting, instrument, ready
from generation.composer.sources.timed_note import TimedNote
from generation.composer.sources.tone import Curve, Growing, Loop, Recorded, around
from generation.composer.sources.vibrato import Course, Vibrato
from generation.tests.sound import RATE


class Steady:
    """An instrument of one constant tone, to see gains and times."""

    channels = 2

    def strike(self, note: TimedNote) -> Strike:
        tone = Loop(np.ones((1, 100), np.float32), Curve(np.ones(1, np.float32)))
        return Strike(tone, 0.5, 1.0, int(note.duration * RATE), release(0.1, RATE))


def test_a_note_starts_holds_and_dies_when_it_should():
    block = Player(Steady(), [TimedNote(0.1, 0.2, 60, 100, "")], RATE).pull(RATE)
    assert not block[:, :4800].any()
    assert np.allclose(block[:, 4800:14400], [[0.5], [1.0]])
    assert 0 < block[1, 14400 + 2400] < 0.1
    assert not block[:, 14400 + 4800 :].any()


def test_blocks_of_any_size_make_the_same_sound():
    notes = [TimedNote(0.013 * index, 0.3, 55 + index % 12, 40 + index, "") for index in range(60)]
    setting = Setting("keys", 0, 1, RATE)
    one = Player(instrument("piano", setting), notes, RATE).pull(RATE)
    player = Player(instrument("piano", setting), notes, RATE)
    pieces = [player.pull(count) for count in (1000, 7, 23_993, 23_000)]
    assert np.allclose(one, np.concatenate(pieces, axis=1), atol=1e-5)
    assert one.any()


def test_silence_costs_nothing():
    assert Player(Steady(), [TimedNote(2.0, 0.2, 60, 100, "")], RATE).pull(RATE) is None


def test_the_shelf_drops_the_oldest_tones_beyond_its_limit():
    shelf = ToneShelf(limit=3000)
    made = []

    def tone(key):
        def make():
            made.append(key)
            return Recorded(np.zeros((1, 250), np.float32))

        return shelf.get(key, make)

    for key in ("a", "b", "c", "a", "d", "b", "a"):
        tone(key)
    assert made == ["a", "b", "c", "d", "b"]


def test_a_growing_tone_computes_each_frame_once_and_always_in_the_same_steps():
    asked = []

    def render(start, stop):
        asked.append((start, stop))
        return np.arange(start, stop, dtype=np.float32)[None]

    tone = Growing(render, channels=1, frames=1000, step=300)
    assert tone.read(0, 10)[0, 9] == 9
    assert tone.read(50, 250)[0, 0] == 50
    assert tone.read(700, 1000)[0, -1] == 999
    assert asked == [(0, 300), (300, 600), (600, 900), (900, 1000)]


def test_threads_may_read_the_same_tone():
    def render(start, stop):
        time.sleep(0.001)
        return np.arange(start, stop, dtype=np.float32)[None]

    tone = Growing(render, channels=1, frames=2000, step=50)
    with ThreadPoolExecutor(8) as threads:
        ends = [10 + 37 * index for index in range(50)]
        read = list(threads.map(lambda stop: tone.read(0, stop), ends))
    assert all(np.array_equal(samples[0], np.arange(end)) for samples, end in zip(read, ends, strict=True))


def test_loops_go_round():
    table = np.arange(5, dtype=np.float32)[None]
    assert around(table, 3, 11).tolist() == [[3, 4, 0, 1, 2, 3, 4, 0]]


def test_envelopes_rise_settle_and_end_at_nothing():
    curve = held(0.01, 0.1, 0.4, RATE)
    assert curve.read(0, 1)[0] == 0
    assert curve.read(470, 490).max() > 0.95
    assert abs(curve.read(RATE, RATE + 1)[0] - 0.4) < 0.01
    gains = release(0.3, RATE)
    assert gains[0] == 1
    assert gains[-1] == 0
    assert (np.diff(gains) <= 0).all()


def test_the_next_stroke_of_the_hats_closes_an_open_one():
    notes = [
        TimedNote(1.0, 0.1, 0, 90, "hat"),
        TimedNote(0.5, 0.1, 0, 90, "open_hat"),
        TimedNote(0.7, 0.1, 0, 90, "kick"),
    ]
    opened = ready(notes, "rock_kit")[0]
    assert opened.voice == "open_hat"
    assert opened.duration == 0.5
    assert [note.time for note in ready(notes, "piano")] == [0.5, 0.7, 1.0]
    assert ready(notes, "piano")[0].duration == 0.1


@pytest.mark.parametrize(
    ("attack", "hold", "decay", "depth"), [(0.1, 0.05, 2.0, 30.0), (0.0, 0.0, 9.0, 100.0), (0.01, 0, 1, 0)]
)
def test_a_sampled_envelope_is_drawn_piece_by_piece_as_the_formula_says(attack, hold, decay, depth):
    rise, steady = max(32, int(attack * RATE)), int(hold * RATE)
    fall = 10 ** (-depth / 20 * np.linspace(0, 1, max(1, int(decay * depth / 100 * RATE))))
    expected = np.concatenate([np.linspace(0, 1, rise, endpoint=False), np.ones(steady + 1), fall])
    expected = np.append(expected, np.full(10 * RATE, expected[-1]))[: 10 * RATE]
    envelope = sampled_envelope(attack, hold, decay, depth, RATE)
    borders = [0, 7, 4000, 4900, 30_000, 31_000, 150_000, 400_000, 10 * RATE]
    pieces = [envelope.read(start, stop) for start, stop in pairwise(borders)]
    assert np.abs(np.concatenate(pieces) - expected).max() < 1e-6


def test_a_vibratos_course_is_the_sum_of_its_bends_wherever_it_is_read():
    vibrato = Vibrato(5.0, 20, 0.3)
    time = np.arange(13 * RATE) / RATE
    depth = np.clip((time - 0.3) / 0.3, 0, 1) * np.clip((12 - time) / 0.5, 0, 1)
    expected = np.cumsum(depth * np.log(2) * 20 / 1200 * np.sin(2 * np.pi * 5 * time))
    for start, stop in (
        (0, 100),
        (40_000, 60_000),
        (560_000, 600_000),
        (576_000, 580_000),
        (600_000, 600_100),
    ):
        shifts = Course(vibrato, RATE).read(start, stop)
        assert shifts.shape == (stop - start,)
        assert np.abs(shifts - expected[start:stop]).max() < 1e-5
    assert np.ptp(expected) > 1
