"""Long prompts cost no more than their length: no pattern runs away, whatever is said again and again."""

import re

import pytest

from generation.composer.brief import Brief
from generation.composer.reading.prompt import read_prompt
from generation.tests.counting import calls_of
from generation.tests.pattern_steps import Scan, TooManySteps

REPEATED = (
    *("no ", "not any the a ", "a", "12", "in a ", "no drums and ", "no drums, bass, ", "no long "),
    *("slow build ", "with a a a solo ", "in the style of A ", "like A B ", "quiet quiet ", "90 to 80 and "),
)
BEGUN = (
    *(("no ", "long "), ("no ", "the very "), ("with ", "a long ")),
    *(("in the style of ", "A"), ("slowly ", "slowly-")),
)
PROMPTS = [*(("", words) for words in REPEATED), *BEGUN]
LENGTH = 240
STEPS_A_CHARACTER = 40


def read(prompt: str) -> Brief:
    return read_prompt(prompt, duration=20, seed=3)


def calls_for(prompt: str) -> int:
    return calls_of(lambda: read(prompt)).count


@pytest.mark.parametrize(("start", "words"), PROMPTS)
def test_a_long_prompt_is_no_more_work_than_its_length(start, words):
    prompt = start + words * 2000
    # Found with few words: a pattern that runs away would not come back from many.
    patterns = calls_of(lambda: read(start + words)).patterns
    assert len(patterns) > 50
    for pattern in patterns:
        for text in {prompt[:LENGTH], prompt[:LENGTH].lower()}:
            scan = Scan(pattern, text, most=STEPS_A_CHARACTER * LENGTH)
            assert scan.spans == [match.span() for match in pattern.finditer(text)]
    assert calls_for(prompt[:2000]) < 2.5 * calls_for(prompt[:1000])


@pytest.mark.parametrize("pattern", [r"(?:a+)+b", r"(?:\s*(?:an?|any)\s*)*b", r"(?:a|aa)+$(?<=b)"])
def test_a_pattern_that_runs_away_is_seen(pattern):
    with pytest.raises(TooManySteps):
        Scan(re.compile(pattern), "a" * LENGTH, most=STEPS_A_CHARACTER * LENGTH)
