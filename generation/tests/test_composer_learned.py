"""What was learned of tunes: the tables are distributions, and know what everyone knows of melodies."""

import json
import math
import subprocess
import sys
from importlib import resources

import pytest

from generation.composer.learned import arches as arches_module
from generation.composer.learned.arches import POINTS_PER_BAR, arches
from generation.composer.learned.pitches import (
    INTERVALS,
    PitchModel,
    context_of,
    log2_probability,
    move_costs,
    narrowed,
    pitch_model,
)
from generation.composer.learned.rhythms import rhythm, rhythms

MODES = ("major", "minor")
TONIC, FIFTH, LEADING_NOTE, OCTAVE = 0, 7, 11, 12


def total(model: PitchModel, mode: str, before: tuple[int, ...]) -> float:
    return sum(model.probability(mode, before, interval) for interval in INTERVALS)


@pytest.fixture(scope="module")
def all_alike() -> PitchModel:
    """The control: a model that has seen every interval as often after every pitch."""
    row = {str(interval): 1 for interval in INTERVALS}
    return PitchModel({mode: {str(pitch_class): row for pitch_class in range(12)} for mode in MODES})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("before", [(0,), (11,), (2, 4), (0, 7), (5, 6), (-30, 50)])
def test_what_follows_adds_up_to_one(mode, before):
    assert total(pitch_model(), mode, before) == pytest.approx(1)
    assert all(pitch_model().probability(mode, before, interval) > 0 for interval in INTERVALS)


def test_a_model_of_other_numbers_is_another_distribution():
    model = PitchModel({"major": {"0": {"2": 3}, "2 2": {"2": 1, "-2": 1}}})
    assert total(model, "major", (0, 2)) == pytest.approx(1)
    # Witten and Bell by hand: of no context (3 + 1, 1) of 5 with 2 kinds, then of "2", then of "2 2".
    always = (4 + 2 / 49) / 7
    after_one = (1 + 2 * always) / 4
    assert model.probability("major", (2,), 2) == pytest.approx(after_one)
    assert model.probability("major", (0, 2), 2) == pytest.approx((1 + 2 * after_one) / 4)
    assert model.probability("major", (11,), 2) == pytest.approx(always)


def steps_against_leaps(model: PitchModel, mode: str) -> float:
    """How much likelier a step is than a leap of a fourth and more, from the notes of the triad."""
    ratio = 0.0
    for pitch in (TONIC, FIFTH):
        chances = {interval: model.probability(mode, (pitch,), interval) for interval in INTERVALS}
        steps = sum(chance for interval, chance in chances.items() if 1 <= abs(interval) <= 2)
        ratio += steps / sum(chance for interval, chance in chances.items() if abs(interval) >= 5)
    return ratio / 2


@pytest.mark.parametrize("mode", MODES)
def test_steps_are_likelier_than_leaps(mode, all_alike):
    assert steps_against_leaps(pitch_model(), mode) > 1
    assert steps_against_leaps(all_alike, mode) < 0.2


@pytest.mark.parametrize("mode", MODES)
def test_the_leading_note_goes_to_the_tonic(mode, all_alike):
    def likeliest(model: PitchModel) -> int:
        chances = {
            interval: model.probability(mode, (LEADING_NOTE,), interval) for interval in INTERVALS if interval
        }
        return max(chances, key=lambda interval: (chances[interval], -abs(interval - 5)))

    assert likeliest(pitch_model()) == OCTAVE - LEADING_NOTE
    assert likeliest(all_alike) != OCTAVE - LEADING_NOTE


def test_notes_of_the_key_are_likelier_than_foreign_ones():
    for mode, inside, outside in (("major", 4, 3), ("minor", 3, 4)):
        assert log2_probability(mode, (0, 2), inside) > log2_probability(mode, (0, 2), outside) + 2


def test_two_pitches_say_more_than_one():
    """After a third up from the tonic the fifth is likelier than after the third alone."""
    assert log2_probability("major", (TONIC, 4), FIFTH) > log2_probability("major", (4,), FIFTH)


def test_the_costs_of_moves_are_what_the_bigram_says():
    for mode in MODES:
        costs = move_costs(mode)
        assert len(costs) == 12
        for pitch_class, row in enumerate(costs):
            assert sum(2**-cost for cost in row.values()) == pytest.approx(1)
            assert row[2] == pytest.approx(-log2_probability(mode, (pitch_class,), pitch_class + 2))
    assert move_costs("major")[LEADING_NOTE][1] < 2 < move_costs("major")[LEADING_NOTE][-6]


def test_octaves_do_not_matter():
    assert log2_probability("minor", (60, 63), 67) == log2_probability("minor", (0, 3), 7)
    assert log2_probability("minor", (61, 64), 68) != log2_probability("minor", (60, 63), 67)
    assert (narrowed(24), narrowed(25), narrowed(-40)) == (24, 13, -16)
    assert context_of((0, 2, 14)) == (2, 12, 2)
    assert context_of(()) == ()


@pytest.mark.parametrize(("metre", "kind"), sorted(rhythms()))
def test_rhythms_are_distributions_within_their_metre(metre, kind):
    found = rhythm(metre, kind)
    count, unit = map(int, metre.split("/"))
    assert found.steps == 16 * count // unit == len(found.next_onset)
    assert found.strains >= 40
    rows = [*(row for row in found.next_onset if row), found.begins, found.end_places, found.end_lengths]
    rows += [found.end_rests, *(row for row in (found.starts_before, found.ends_after) if row)]
    assert all(sum(row.values()) == pytest.approx(1) for row in rows)
    assert all(0 < distance <= 2 * found.steps for row in found.next_onset for distance in row)
    assert all(-found.steps / 2 <= place < found.steps / 2 for place in found.begins)
    assert all(0 <= place < found.steps for place in found.end_places)
    assert 0 <= found.across < 0.1


def test_every_metre_with_tunes_enough_is_there():
    assert {metre for metre, _ in rhythms()} == {"4/4", "3/4", "6/8", "9/8", "12/8"}
    with pytest.raises(KeyError, match="Of 7/8 song nothing was learned; there are 4/4 song"):
        rhythm("7/8", "song")


def falls_on(metre: str, kind: str, step: int) -> float:
    """How many of the bar's onsets reached fall on multiples of so many sixteenths."""
    found = rhythm(metre, kind)
    onsets = [
        ((place + distance) % found.steps, share)
        for place, row in enumerate(found.next_onset)
        for distance, share in row.items()
        if place % 2 == 0
    ]
    return sum(share for place, share in onsets if place % step == 0) / sum(share for _, share in onsets)


def test_onsets_lean_on_the_beats_of_their_metre():
    """A jig goes in threes and a waltz in twos; each measured by the other's grid is the control."""
    assert rhythm("6/8", "dance").next_onset[0][4] > 3 * rhythm("6/8", "dance").next_onset[2][4]
    assert falls_on("3/4", "song", 4) > falls_on("6/8", "song", 4)
    assert falls_on("6/8", "song", 6) > falls_on("3/4", "song", 6)


def test_songs_breathe_and_begin_before_the_bar():
    song = rhythm("4/4", "song")
    early = sum(share for place, share in song.begins.items() if place < 0)
    assert early > 0.6
    assert early > sum(share for place, share in rhythm("9/8", "dance").begins.items() if place < 0)
    mean_end = sum(length * share for length, share in song.end_lengths.items())
    inside = [distance * share for distance, share in song.next_onset[0].items()]
    assert mean_end > sum(inside)


def test_a_closing_phrase_falls_and_an_opening_one_stays_up():
    for bars in (2, 4):
        closing, opening = arches()[bars, "closing"], arches()[bars, "opening"]
        assert len(closing.heights) == len(closing.spreads) == bars * POINTS_PER_BAR
        assert closing.phrases > 1000
        assert sum(closing.heights) == pytest.approx(0, abs=0.02)
        assert closing.heights[0] > 0 > closing.heights[-1] + 1
        assert opening.heights[-1] > closing.heights[-1]
        assert max(closing.heights) - min(closing.heights) > 1.5
        assert all(0.5 < spread < 4 for spread in closing.spreads)


def test_the_tables_are_small_and_need_no_numpy():
    package = resources.files(arches_module.__package__)
    files = ("pitches.json", "rhythms.json", "arches.json")
    assert sum(len(package.joinpath(name).read_bytes()) for name in files) < 300_000
    assert all(json.loads(package.joinpath(name).read_text("utf-8")) for name in files)
    loading = (
        "import sys; from generation.composer.learned import pitches, rhythms, arches; pitches.move_costs('major'); "
        "rhythms.rhythms(); arches.arches(); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", loading], check=False).returncode == 0


def test_what_is_likely_costs_few_bits():
    scale = (0, 2, 4, 5, 7, 9, 11, 12)
    up = [-log2_probability("major", scale[max(0, place - 2) : place], scale[place]) for place in range(2, 8)]
    jumpy = (0, 6, -5, 13, 1, 8, -3, 10)
    wild = [
        -log2_probability("major", jumpy[max(0, place - 2) : place], jumpy[place]) for place in range(2, 8)
    ]
    assert sum(up) / len(up) < 3 < math.log2(len(INTERVALS)) < sum(wild) / len(wild)
