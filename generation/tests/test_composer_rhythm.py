import pytest

from generation.composer.rhythm import parse_pattern


def test_a_pattern_gives_onsets_lengths_and_symbols():
    pattern = parse_pattern("X---x-.......... | ..............o.", "Xxo")
    assert [tuple(hit) for hit in pattern.bar(0)] == [(0.0, 1.0, "X"), (1.0, 0.5, "x")]
    assert [tuple(hit) for hit in pattern.bar(1)] == [(3.5, 0.25, "o")]
    assert pattern.bar(2) == pattern.bar(0)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x..", "3 steps"),
        ("-" + "." * 15, "holds a note"),
        ("x.-" + "." * 13, "holds a note at step 3"),
        ("q" + "." * 15, "'q'"),
    ],
)
def test_a_wrong_pattern_says_where(text, problem):
    with pytest.raises(ValueError, match=problem):
        parse_pattern(text, "x")
