from itertools import pairwise

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.metres import in_metre, metres_of
from generation.composer.metre import FOUR_FOUR, METRES
from generation.composer.randomness import stream
from generation.composer.rhythm import parse_pattern
from generation.composer.writing.melody_rhythm import bar_rhythms, joined, moved, split, variations
from generation.composer.writing.motifs import Motif, Slot, placed


def rhythm(text: str):
    return parse_pattern(text, "x").bar(0)


def text(hits, steps: int = 16) -> str:
    """A rhythm as it is written."""
    found = ["."] * steps
    for hit in hits:
        start, end = round(hit.start * 4), round(hit.end * 4)
        found[start:end] = ["x", *["-"] * (end - start - 1)]
    return "".join(found)


def test_a_note_is_split_joined_or_comes_early():
    whole = rhythm("x-------x---x---")
    assert text(split(whole, 0)) == "x---x---x---x---"
    assert text(joined(whole, 1)) == "x-------x-------"
    assert text(moved(whole, 2, 2)) == "x-------x-x-----"
    assert text(moved(whole, 2, 1)) == "x-------x--x----"


def test_variations_say_where_that_can_be_done():
    found = variations(rhythm("x-x-x---....x---"), 2)
    assert found == {"split": [2, 3], "joined": [0, 1], "moved": [3]}
    assert variations(rhythm("x-x-x-x-x-x-x-x-"), 2)["split"] == []
    assert variations(rhythm("x-x-x-x-x-x-x-x-"), 1)["split"] == list(range(8))


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_drawn_rhythms_fill_a_bar_and_are_none_of_the_stock(genre):
    for name in metres_of(GENRES[genre]):
        metre = METRES[name]
        style = in_metre(GENRES[genre], metre).melody
        rhythms = bar_rhythms(style.cells, style, metre)
        drawn = {rhythms.draw(stream(seed, "rhythm")) for seed in range(40)}
        assert len(drawn) > 9, name
        stock = {cell.bar(0) for cell in style.cells}
        assert len(drawn & stock) <= 2
        for hits in drawn:
            assert hits
            assert all(0 <= hit.start < metre.beats and hit.length > 0 for hit in hits)
            assert all(before.start < after.start for before, after in pairwise(hits))


def test_a_motif_may_begin_before_its_bar():
    motif = Motif(rhythm("x---x---x-------"), (0, 1, 2))
    early = motif.ahead(2)
    assert (early.hits[0].start, early.hits[0].end) == (-0.5, 1.0)
    led_to = motif.with_pickup((4, 2), rising=True)
    assert [hit.start for hit in led_to.hits] == [-1.0, -0.5, 0.0, 1.0, 2.0]
    assert led_to.contour == (-2, -1, 0, 1, 2)
    assert motif.with_pickup((4, 2), rising=False).contour[:2] == (2, 1)
    late = Motif(rhythm("....x---x-------"), (0, 1))
    assert late.ahead(2) == late
    assert late.with_pickup((4,), rising=True) == late


def test_a_varied_motif_has_as_many_steps_as_notes():
    motif = Motif(rhythm("x-----x-x---x---"), (0, 1, 2, 1))
    seen = set()
    for seed in range(50):
        varied = motif.varied(stream(seed), 2)
        assert len(varied.hits) == len(varied.contour)
        seen.add(varied.hits)
    assert len(seen) > 4
    bare = Motif(rhythm("x-.............."), (0,))
    assert bare.varied(stream(1), 2) == bare


def test_what_begins_before_a_bar_silences_the_bar_before():
    first = Motif(rhythm("x---x---x---x-x-"), (0, 1, 2, 3, 4))
    second = Motif(rhythm("x---------------"), (0,)).with_pickup((4, 2), rising=True)
    notes = placed([Slot(1, first), Slot(2, second)], FOUR_FOUR.beats)
    assert [start for start, *_ in notes] == [4, 5, 6, 7.0, 7.5, 8]
    assert all(start + length <= after for (start, length, *_), (after, *_) in pairwise(notes))


def test_a_piece_does_not_begin_before_it_begins():
    motif = Motif(rhythm("x---x-----------"), (0, 1)).ahead(2)
    assert [row[:2] for row in placed([Slot(0, motif)], FOUR_FOUR.beats)] == [(0.0, 1.0), (1.0, 3.0)]
    assert placed([Slot(3, motif)], FOUR_FOUR.beats)[0][0] == 11.5


def test_the_close_of_a_slot_is_on_its_last_note():
    motif = Motif(rhythm("x---x-----------"), (0, 1))
    assert [row[3] for row in placed([Slot(1, motif, "open")], FOUR_FOUR.beats)] == ["", "open"]
