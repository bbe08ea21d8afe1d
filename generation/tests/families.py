"""A test for each family of open models, in small."""

import pytest

from generation.tests.tiny_models import TINY_MODELS

FAMILIES = sorted(TINY_MODELS)
# MiniMax Music takes several times as long as the others, and has tests of its own.
SLOW_FAMILY = "minimax_music"
every_family = pytest.mark.parametrize("family", FAMILIES)
every_quick_family = pytest.mark.parametrize(
    "family",
    [pytest.param(family, marks=[pytest.mark.thorough] * (family == SLOW_FAMILY)) for family in FAMILIES],
)
