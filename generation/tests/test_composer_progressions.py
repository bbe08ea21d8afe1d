from collections import Counter
from dataclasses import replace

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.randomness import stream
from generation.composer.reading.prompt import read_prompt
from generation.composer.theory import SCALES, Chord, chord_name, has_symbol, parse_chord
from generation.composer.writing.harmony import LIFT, write_chart
from generation.composer.writing.plan import PlannedSection, write_plan
from generation.composer.writing.progressions import WAYS, Palette, Progressions

VERSE, AGAIN = PlannedSection("verse", 0, 4, 16), PlannedSection("verse", 1, 28, 16)


def harmony(genre: str, **changed):
    """The genre with another style of harmony."""
    return replace(GENRES[genre], harmony=replace(GENRES[genre].harmony, **changed))


def bars(*symbols: str) -> list[tuple[Chord, ...]]:
    return [tuple(parse_chord(symbol) for symbol in each.split()) for each in symbols]


def ways(way: str, bar: str, after: str, genre: str = "pop", mode: str = "major") -> set[str]:
    """What a bar may become by a way, before a chord."""
    palette = Palette(GENRES[genre], mode)
    [given] = bars(bar)
    found = WAYS[way](given, parse_chord(after), palette)
    return {" ".join(chord_name(chord, 0, mode) for chord in chords) for chords in found}


def test_a_chord_is_stood_in_for_by_one_that_shares_two_notes():
    found = ways("substitute", "F", "G")
    assert {"Am", "Dm"} <= found
    assert "G" not in found
    assert "F" not in found


def test_a_dominant_leads_to_the_next_chord_and_not_to_the_tonic():
    assert ways("dominant", "C", "Am") == {"C E"}
    assert ways("dominant", "Cmaj7", "Dm7", genre="jazz") == {"Cmaj7 A7"}
    assert ways("dominant", "G", "C") == set()
    assert ways("dominant", "C", "Bb") == {"C F"}
    assert ways("dominant", "F", "Ab", mode="major") == set(), "its root, Eb, is none of the key's"


def test_a_bass_passes_between_two_chords():
    assert "C G/B" in ways("passing", "C", "Am")
    assert all("/" in found for found in ways("passing", "C", "Am"))
    assert ways("passing", "C", "F") == set()


def test_a_chord_may_be_inverted_suspended_or_borrowed_in_half_of_its_bar():
    assert ways("inverted", "C", "F") == {"C C/E"}
    assert ways("inverted", "C", "C") == set()
    assert ways("suspended", "G", "C") == {"Gsus4 G"}
    assert ways("suspended", "Am", "F") == set()
    assert ways("borrowed", "F", "C") == {"F Fm"}
    assert ways("borrowed", "C", "F") == {"C Bb"}
    assert ways("borrowed", "Fm", "Cm", mode="minor") == set()


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_every_chord_that_harmony_makes_has_a_name(genre):
    for mode in GENRES[genre].modes:
        for seed in range(5):
            restless = harmony(genre, change=1.0, answer=1.0, pedal=0.5)
            for section in (PlannedSection(kind, 1, 0, 16) for kind in restless.sections):
                for bar in Progressions(restless, mode, seed).bars_of(section):
                    assert 1 <= len(bar) <= 4
                    assert all(has_symbol(chord.intervals) and chord_name(chord, 0, mode) for chord in bar)


def test_a_second_progression_answers_the_first():
    for seed in range(20):
        answered = Progressions(harmony("rock", answer=1.0, change=0.0, pedal=0.0), "major", seed).bars_of(
            VERSE
        )
        alone = Progressions(harmony("rock", answer=0.0, change=0.0, pedal=0.0), "major", seed).bars_of(VERSE)
        assert answered[:4] == alone[:4] == alone[4:8]
        same = sum(one == two for one, two in zip(answered[:4], answered[4:8], strict=True))
        assert same <= 2
        assert answered[8:16] == answered[:8]


def test_sections_of_a_kind_begin_alike_and_go_on_otherwise():
    restless = harmony("rock", change=1.0, pedal=0.0)
    for seed in range(10):
        progressions = Progressions(restless, "major", seed)
        first, again = progressions.bars_of(VERSE), progressions.bars_of(AGAIN)
        assert first[:4] == again[:4]
        assert first[4:] != again[4:]


def test_a_bridge_begins_elsewhere():
    roots = Counter()
    for seed in range(20):
        bridge = Progressions(GENRES["rock"], "major", seed).bars_of(PlannedSection("bridge", 0, 32, 8))
        roots[bridge[0][0].root] += 1
    assert 0 not in roots
    assert len(roots) > 1


def test_an_opening_may_lie_on_a_held_bass():
    intro = PlannedSection("intro", 0, 0, 8)
    held = Progressions(harmony("rock", pedal=1.0), "major", 3).bars_of(intro)
    free = Progressions(harmony("rock", pedal=0.0), "major", 3).bars_of(intro)
    over = [chord for bar in held for chord in bar if chord.root != 0]
    assert any(chord.bass == 0 for chord in over)
    assert [chord.root for bar in held for chord in bar] == [chord.root for bar in free for chord in bar]


def test_a_last_chorus_may_rise_a_step_with_everything_after_it():
    rising = harmony("pop", lift=1.0)
    plan = write_plan(rising, seed=1, duration=240, bpm=120)
    chart = write_chart(rising, plan, seed=1, tonic=9, mode="major")
    lifts = [span.lift for span in chart.spans]
    assert lifts == sorted(lifts)
    assert set(lifts) == {0, LIFT}
    first = next(span for span in chart.spans if span.lift)
    last_chorus = [section for section in plan.sections if section.kind == "chorus"][-1]
    assert first.start == last_chorus.start_bar * 4
    assert chart.ending.chord.root == (9 + LIFT) % 12 == chart.tonic_of(chart.ending)
    before = chart.at(first.start - 0.5).chord
    assert (before.root, before.intervals) == ((9 + LIFT + 7) % 12, parse_chord("G7").intervals)
    assert chart.scale_at(first.start) <= {(9 + LIFT + degree) % 12 for degree in range(12)}
    assert {(9 + LIFT + degree) % 12 for degree in SCALES["major"]} & chart.scale_at(first.start)


def test_nothing_rises_where_the_strongest_section_comes_twice():
    rising = harmony("pop", lift=1.0)
    plan = write_plan(rising, seed=1, duration=60, bpm=120)
    assert sum(section.kind == "chorus" for section in plan.sections) < 3
    chart = write_chart(rising, plan, seed=1, tonic=0, mode="major")
    assert {span.lift for span in chart.spans} == {0}


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_the_genre_s_cadence_leads_into_the_last_chord(genre):
    for seed in range(4):
        brief = read_prompt("", duration=60, seed=seed, genre=genre, time_signature="4/4")
        plan = write_plan(GENRES[genre], seed=seed, duration=60, bpm=brief.bpm)
        chart = write_chart(GENRES[genre], plan, seed=seed, tonic=0, mode=brief.mode)
        cadence = GENRES[genre].cadence_for(brief.mode)
        lift = chart.ending.lift
        last_bar = [
            span.chord for span in chart.spans if chart.ending.start - 4 <= span.start < chart.ending.start
        ]
        if plan.sections[-1].bars > 1:
            assert last_bar == [chord.transposed(lift) for chord in cadence.full]
        assert chart.ending.chord == cadence.end.transposed(lift)


def test_changes_draw_from_a_stream_of_their_own():
    """What one section does never moves another."""
    progressions = Progressions(GENRES["pop"], "major", 5)
    chorus = PlannedSection("chorus", 1, 12, 8)
    alone = Progressions(GENRES["pop"], "major", 5).bars_of(chorus)
    progressions.bars_of(PlannedSection("verse", 0, 4, 8))
    assert progressions.bars_of(chorus) == alone
    assert stream(5, "pop", "harmony", "changes").random() == stream(5, "pop", "harmony", "changes").random()
