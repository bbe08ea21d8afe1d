"""The stems of a piece are played anew from its score, years later: so no sound changes unnoticed."""

import pytest

from generation.tests.sound_prints import KINDS, known_prints, sound_prints

KNOWN = known_prints()


@pytest.mark.parametrize(("name", "recorded"), KINDS)
def test_every_instrument_sounds_as_it_always_did(name, recorded):
    prints = sound_prints(name, recorded)
    assert prints.keys() <= KNOWN.keys()
    for what, numbers in prints.items():
        assert numbers == pytest.approx(KNOWN[what], abs=0.25), what


def test_prints_are_known_of_nothing_else():
    kinds = {(name, "recorded" if recorded else "synthesised") for name, recorded in KINDS}
    assert {tuple(what.split()[:2]) for what in KNOWN} == kinds


def test_a_synthesised_oboe_is_not_taken_for_a_recorded_one():
    recorded = sound_prints("oboe", True)["oboe recorded low"]
    assert recorded != pytest.approx(KNOWN["oboe synthesised low"], abs=0.25)
