"""A few odd prompts, drawn by the clock; `make bench-prompts` tries a thousand."""

import random

from generation.tests.measures.keeping import faults
from generation.tests.measures.odd_prompts import MOST_CHARACTERS, odd_duration, odd_prompt
from generation.tests.measures.seeds import clock_seed


def test_odd_prompts_give_music_all_the_same(figure, request):
    count = 5 if request.config.getoption("--short") else 16
    draw = random.Random(f"{clock_seed()} odd prompts")
    orders = [(odd_prompt(draw), min(odd_duration(draw), 30.0), draw.randrange(2**31)) for _ in range(count)]
    wrong = {order: found for order in orders if (found := faults(*order))}
    figure(f"{len(orders)} odd prompts, {len(wrong)} with faults")
    assert not wrong


def test_what_is_drawn_is_of_many_kinds():
    draw = random.Random(1)
    prompts = [odd_prompt(draw) for _ in range(300)]
    assert max(map(len, prompts)) == MOST_CHARACTERS
    assert any(not prompt.strip() for prompt in prompts)
    assert any("bpm" in prompt for prompt in prompts)
    assert any(not prompt.isascii() for prompt in prompts)
    durations = [odd_duration(draw) for _ in range(300)]
    assert {5.0, 300.0} <= set(durations)
    assert all(5 <= duration <= 300 for duration in durations)


def test_too_loud_too_short_and_not_a_number_are_faults(monkeypatch):
    from generation.tests.measures import keeping

    def spoilt(audio):
        audio.samples[:, -1] = float("nan")
        return keeping.Audio(audio.samples[:, 1:], audio.sample_rate)

    monkeypatch.setattr(keeping, "master", spoilt)
    assert faults("", 5, 1) == ["239999 frames, not 240000", "samples that are not numbers"]
    monkeypatch.setattr(keeping, "master", lambda audio: keeping.Audio(audio.samples * 20, audio.sample_rate))
    assert [fault.split()[-1] for fault in faults("", 5, 1)] == ["LUFS", "dBTP"]
