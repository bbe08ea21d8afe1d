from functools import partial
from itertools import pairwise

import pytest

from generation.composer.metre import FOUR_FOUR, METRES
from generation.composer.randomness import stream
from generation.composer.rhythm import parse_pattern
from generation.composer.writing.patterns import changed, play_patterns, struck_again

MAIN, OTHER = parse_pattern("X---x---X---x---", "Xxo"), parse_pattern("X-----x-X-------", "Xxo")


def playing(liveliness: float, bars: int = 16, seed: int = 1, options=(MAIN, OTHER), rests=()):
    return play_patterns(
        options,
        stream(seed, "choice"),
        bars,
        metre=FOUR_FOUR,
        liveliness=liveliness,
        again=partial(struck_again, "comp"),
        rests=rests,
        random=stream(seed, "departures"),
    )


def test_a_steady_player_repeats_one_pattern():
    bars = playing(0.0)
    assert len(bars) == 16
    assert len(set(bars)) == 1
    assert bars[0] in (MAIN.bar(0), OTHER.bar(0))


def test_another_pattern_answers_in_the_second_half_of_every_other_phrase():
    for seed in range(10):
        bars = playing(0.01, seed=seed)
        main, other = bars[0], ({MAIN.bar(0), OTHER.bar(0)} - {bars[0]}).pop()
        assert bars[:4].count(main) >= 3
        assert bars[6] == other or bars[7] == other


def test_a_lively_player_departs_most_where_phrases_and_sections_end():
    departures = [0, 0, 0, 0]
    for seed in range(60):
        for number, bar in enumerate(playing(1.0, bars=12, seed=seed)):
            departures[number % 4] += bar not in (MAIN.bar(0), OTHER.bar(0))
    assert departures[0] < departures[2] < departures[1] < departures[3]


def test_a_player_answers_where_the_tune_rests():
    def departures(rests):
        bars = [playing(0.5, bars=8, seed=seed, rests=rests)[0] for seed in range(80)]
        return sum(bar not in (MAIN.bar(0), OTHER.bar(0)) for bar in bars)

    assert departures({0}) > 20 + departures({1})


def test_a_section_of_a_single_bar_is_the_pattern():
    assert playing(0.5, bars=1)[0] in (MAIN.bar(0), OTHER.bar(0))


@pytest.mark.parametrize("metre", METRES.values(), ids=METRES)
def test_a_changed_bar_keeps_its_first_beat_and_stays_within_itself(metre):
    text = ("X-x-" * 6)[: metre.steps]
    hits = parse_pattern(text, "Xx", metre).bar(0)
    seen = set()
    for seed in range(200):
        bar = changed(hits, metre, partial(struck_again, "comp"), stream(seed, "change"))
        assert bar[0].start == 0
        assert bar[-1].end <= metre.beats
        assert all(before.end <= after.start for before, after in pairwise(bar))
        assert all(hit.length > 0 for hit in bar)
        strong = {hit.start for hit in hits if metre.is_strong(hit.start)}
        assert strong - {0.0} <= {hit.start for hit in bar} or any(hit.start + 0.5 in strong for hit in bar)
        seen.add(bar)
    assert len(seen) > 5


def test_a_bar_of_one_short_hit_stays_as_it_is():
    hits = parse_pattern("X...............", "X").bar(0)
    assert changed(hits, FOUR_FOUR, partial(struck_again, "comp"), stream(1)) == hits


def test_what_is_struck_again_is_lighter_or_another_note_of_the_chord():
    random = stream(1)
    assert struck_again("comp", "X", random) == "x"
    assert struck_again("comp", "m", random) == "m"
    assert {struck_again("bass", "R", random) for _ in range(50)} == {"R", "5", "8"}
    assert struck_again("bass", "A", random) == "A"
    assert struck_again("arpeggio", "2", random) == "3"
    assert struck_again("power", "X", random) == "X"
