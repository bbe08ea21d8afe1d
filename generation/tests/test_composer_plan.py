import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.randomness import stream
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.plan import bars_in, draw_tempo, write_plan

DURATIONS = (5, 6.5, 10, 15, 30, 47.3, 60, 90, 180, 300)


def plan(genre, seed, duration, bpm=None):
    tempo = read_prompt("", duration=duration, seed=seed, genre=genre, bpm=bpm, time_signature="4/4").bpm
    return write_plan(GENRES[genre], seed=seed, duration=duration, bpm=tempo)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_bars_and_tail_make_the_duration_and_sections_cover_all_bars(genre):
    for duration in DURATIONS:
        for seed in range(8):
            made = plan(genre, seed, duration)
            assert made.bars * 240 / made.bpm + made.tail == pytest.approx(duration, abs=1e-9)
            assert made.bars >= 1
            assert 0 < made.tail < min(GENRES[genre].tail[1] + 3.2, duration)
            covered = [bar for part in made.sections for bar in range(part.start_bar, part.end_bar)]
            assert covered == list(range(made.bars))


@pytest.mark.parametrize("bpm", [30, 47.11, 90, 133.33, 300])
def test_an_asked_tempo_is_kept_exactly(bpm):
    for genre in GENRES:
        for duration in (5, 30, 300):
            made = plan(genre, 1, duration, bpm)
            assert made.bpm == bpm
            assert made.tail >= 0
            assert made.bars * 240 / bpm + made.tail == pytest.approx(duration, abs=1e-9)


def test_too_little_time_for_a_bar_is_the_last_chord_alone():
    assert bars_in(GENRES["jazz"], 30, 5) == 0
    assert plan("jazz", 1, 5, 30).sections == ()


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_seeds_spread_over_the_tempo_range(genre):
    low, high = GENRES[genre].tempo
    tempi = sorted(plan(genre, seed, 30).bpm for seed in range(60))
    assert low - 0.2 * (high - low) <= tempi[0] <= tempi[-1] <= high + 0.2 * (high - low)
    assert len({round(tempo) for tempo in tempi}) >= 10
    assert tempi[-1] - tempi[0] > 0.6 * (high - low)


def test_long_pieces_come_in_square_sections():
    for genre in GENRES:
        for seed in range(6):
            sections = plan(genre, seed, 180).sections
            square = sum(part.bars for part in sections if part.bars % 4 == 0)
            assert square >= 0.6 * sum(part.bars for part in sections)
            assert len({part.kind for part in sections}) >= 3


def test_the_form_is_drawn_by_seed():
    forms = {tuple(part.kind for part in plan("lofi", seed, 30).sections) for seed in range(30)}
    assert len(forms) > 1


def test_a_fast_mood_pulls_the_tempo():
    slow = [draw_tempo(GENRES["jazz"], 60, -0.8, stream(seed, "t")) for seed in range(20)]
    fast = [draw_tempo(GENRES["jazz"], 60, 0.8, stream(seed, "t")) for seed in range(20)]
    assert max(slow) < min(fast)
