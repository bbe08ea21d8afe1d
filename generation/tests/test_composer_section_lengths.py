"""The lengths of a form's sections, against all that there could be."""

from itertools import product

import pytest

from generation.composer.writing.section_lengths import bend, fitted_lengths

SHAPE = (("intro", 4), ("verse", 8), ("chorus", 8), ("outro", 2))
FLEXIBLE = frozenset({"intro", "outro"})


def bent(lengths):
    return sum(
        bend(length, natural, kind in FLEXIBLE)
        for length, (kind, natural) in zip(lengths, SHAPE, strict=True)
    )


@pytest.mark.parametrize("bars", [*range(4, 25), 31, 40])
def test_no_other_lengths_bend_a_shape_less(bars):
    cost, lengths = fitted_lengths(SHAPE, bars, FLEXIBLE)
    assert sum(lengths) == bars
    assert cost == pytest.approx(bent(lengths))
    possible = (
        (*three, bars - sum(three)) for three in product(range(1, bars), repeat=3) if sum(three) < bars
    )
    assert cost == pytest.approx(min(bent(others) for others in possible))


def test_a_shape_in_its_natural_length_does_not_bend():
    assert fitted_lengths(SHAPE, 22, FLEXIBLE) == (0.0, (4, 8, 8, 2))


def test_a_section_needs_a_bar():
    with pytest.raises(ValueError, match="4 sections"):
        fitted_lengths(SHAPE, 3, FLEXIBLE)
