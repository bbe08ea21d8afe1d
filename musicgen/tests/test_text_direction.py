"""What people wrote within a sentence: what turns the text round ends where it ends."""

import pytest

from musicgen.text_direction import isolated

FSI, PDI, RLO, RLI = "\u2068", "\u2069", "\u202e", "\u2067"
HEBREW = "\u05d2\u05e9\u05dd"


@pytest.mark.parametrize("text", ["", "Rain", "Bohème 夜のドライブ", "a\nb", "Zoe\u0308"])
def test_what_turns_nothing_round_stays_as_it_is(text):
    assert isolated(text) == text


@pytest.mark.parametrize("text", [HEBREW, f"Rain{RLO}", "\u0663", f"{RLO}{HEBREW}\u202c"])
def test_what_turns_is_isolated(text):
    assert isolated(text) == f"{FSI}{text}{PDI}"


@pytest.mark.parametrize(
    ("text", "within"),
    [
        (f"a{PDI}b{RLO}", f"ab{RLO}"),
        (f"{RLI}a", f"{RLI}a{PDI}"),
        (f"{PDI}{RLI}a{PDI}{PDI}{FSI}{RLI}", f"{RLI}a{PDI}{FSI}{RLI}{PDI}{PDI}"),
        (f"{RLO}a\nb\u2029c", f"{RLO}a b c"),
    ],
)
def test_nothing_in_it_ends_the_isolate_before_its_end_or_goes_beyond(text, within):
    assert isolated(text) == f"{FSI}{within}{PDI}"


def test_isolating_twice_changes_nothing_that_is_seen():
    once = isolated(f"a{RLO}b")
    assert isolated(once) == f"{FSI}{once}{PDI}"
