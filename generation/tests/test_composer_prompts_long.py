"""Long prompts cost no more than their length: no pattern runs away, whatever is said again and again.

A pattern that tries all ways of parting a text needs hours for ten times the longest prompt that is accepted; reading
takes a tenth of a second. What grows with the square only is bounded by the length of a prompt: milliseconds.
"""

import pytest

from generation.composer.brief import Brief
from generation.composer.reading.prompt import read_prompt
from generation.engines.request import MAX_PROMPT
from generation.tests.counting import calls_of

REPEATED = (
    *("no ", "not any the a ", "a", "12", "in a ", "no drums and ", "no drums, bass, ", "no long "),
    *("slow build ", "with a a a solo ", "in the style of A ", "like A B ", "quiet quiet ", "90 to 80 and "),
)
BEGUN = (
    *(("no ", "long "), ("no ", "the very "), ("with ", "a long ")),
    *(("in the style of ", "A"), ("slowly ", "slowly-")),
)
PROMPTS = [*(("", words) for words in REPEATED), *BEGUN]


def read(prompt: str) -> Brief:
    return read_prompt(prompt, duration=20, seed=3)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("start", "words"), PROMPTS)
def test_no_pattern_runs_away_on_a_prompt_ten_times_too_long(start, words):
    prompt = (start + words * MAX_PROMPT * 10)[: MAX_PROMPT * 10]
    assert read(prompt).genre == read(start + words).genre
    assert read(prompt[:-1] + "\0").genre == read(start + words).genre


@pytest.mark.parametrize(("start", "words"), PROMPTS)
def test_a_long_prompt_is_no_more_work_than_its_length(start, words):
    prompt = start + words * MAX_PROMPT
    once = calls_of(lambda: read(prompt[: MAX_PROMPT // 2]))
    twice = calls_of(lambda: read(prompt[:MAX_PROMPT]))
    assert twice < 2.5 * once
