import pytest

from generation.composer.rhythm import Hit, parse_pattern, strokes


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


def test_a_roll_is_struck_twice_a_step_or_three_times_in_all():
    (roll, triplet, plain) = parse_pattern("r-..t-..x-......", "rtx").bar(0)
    assert [stroke.start for stroke in strokes(roll)] == [0, 0.125, 0.25, 0.375]
    assert [stroke.start for stroke in strokes(triplet)] == pytest.approx([1, 1 + 1 / 6, 1 + 1 / 3])
    assert strokes(plain) == (Hit(2, 0.5, "x"),)
