"""The measures of composition on scores written by hand: each with a value that is known, and a control that must fail.

Then the bars on composed music, which `make bench-music` holds the composer against by seeds from the clock.
"""

import json
import math
import statistics
from dataclasses import replace
from functools import cache

import pytest

from benchmarks import music_composition
from generation.composer.genre.catalog import GENRES
from generation.composer.learned.pitches import PitchModel
from generation.composer.score import Note, Part, Score, Section
from generation.composer.writing.outline import Outline, Stretch
from generation.tests.measures import accompaniment, disfigured, melody
from generation.tests.measures.bar_rhythms import bar_rhythms, beats_per_bar, on_grid
from generation.tests.measures.chords import as_four_bars_ago, chords_by_bar, distinct_chords
from generation.tests.measures.composition import MEASURES, Composed, composed

BPM = 120.0


def score(*parts: Part, bars: int = 8) -> Score:
    seconds = bars * 240 / BPM
    whole = (Section("A", 0, bars, 0.5),)
    return Score("pop", 1, seconds + 2, BPM, 0, "major", 0.5, bars, 2.0, whole, parts)


def part(role: str, *notes: tuple[float, float, int], instrument: str = "piano", velocity: int = 80) -> Part:
    return Part(
        role, instrument, tuple(Note(start, length, pitch, velocity) for start, length, pitch in notes)
    )


def tune(*notes: tuple[float, float], bars: int = 8) -> Score:
    """A melody of starts and lengths."""
    return score(part("lead", *((start, length, 60) for start, length in notes)), bars=bars)


def test_bars_and_their_grid():
    assert beats_per_bar(tune((0, 1))) == 4
    assert [on_grid(beat) for beat in (0, 0.25, 0.26, 1 / 3, 0.66, 0.75, 3.99)] == [0, 3, 3, 4, 8, 9, 48]
    struck = tune((0, 1), (1.75, 1), (2 + 1 / 3, 0.3), (7.99, 1), (33, 1))
    assert bar_rhythms(struck, struck.parts[0].notes) == {0: frozenset({0, 21, 28}), 2: frozenset({0})}


def test_notes_that_sound_across_the_bar_line():
    # Over the first line, exactly to the second, over the third by less than a sixteenth.
    sung = tune((0, 1), (3, 2), (5, 3), (8, 1), (11.5, 0.6), (12.5, 1))
    assert melody.lines_across(sung) == (1, 3)
    # Bars in another order end with their notes.
    assert melody.lines_across(disfigured.shuffled_bars(sung, 1))[0] == 0


def test_a_line_counts_only_between_two_sung_bars():
    assert melody.lines_across(tune((0, 4), (8, 4))) == (0, 0)
    assert melody.lines_across(tune((0, 1), (2, 12))) == (3, 3)
    assert melody.lines_across(tune((3.8, 2), (4, 1))) == (0, 1)


def test_a_phrase_ends_with_a_rest_or_a_held_note():
    quarters = [(beat, 1.0) for beat in range(4)]
    assert [len(phrase) for phrase in melody.phrases(tune(*quarters, (5, 1), (6, 1)))] == [4, 2]
    assert [len(phrase) for phrase in melody.phrases(tune(*quarters, (4.9, 1), (6, 1)))] == [6]
    eighths = [(beat / 2, 0.5) for beat in range(8)]
    assert [len(phrase) for phrase in melody.phrases(tune(*eighths, (4, 2), (6, 1), (7, 1)))] == [9, 2]
    # Where all notes are long none of them is held.
    halves = [(beat, 2.0) for beat in range(0, 16, 2)]
    assert [len(phrase) for phrase in melody.phrases(tune(*halves))] == [8]
    assert melody.phrases(score()) == []


def test_phrases_that_begin_before_the_bar():
    early = tune((3, 1), (4, 1), (5, 1), (9.5, 0.5), (10, 1), (11, 1), (12, 1))
    # Of four phrases the first and the last; the third begins in its bar's first half, the second with its bar.
    sung = tune((3, 1), (4, 1), (5, 1), (8, 1), (9, 1), (13.5, 0.5), (14, 1), (19.5, 0.5), (20, 1))
    assert melody.begun_before_the_bar(early) == (1, 2)
    assert melody.begun_before_the_bar(sung) == (2, 4)
    assert melody.begun_before_the_bar(disfigured.without_pickups(sung)) == (0, 3)
    assert melody.begun_before_the_bar(tune((3, 1))) == (0, 0)


FOUR = ((0, 1), (4, 2), (6, 2), (8, 1), (12, 2), (14, 2))


def test_distinct_bar_rhythms():
    assert melody.distinct_share(tune(*FOUR)) == 0.5
    assert melody.distinct_share(disfigured.shuffled_bars(tune(*FOUR), 3)) == 0.5
    assert melody.distinct_share(disfigured.looped(tune(*FOUR))) == 0.25
    assert melody.distinct_share(score(part("bass", (0, 1, 40)))) is None


def test_bar_rhythms_that_another_piece_has_too():
    one, other = tune(*FOUR), tune((0, 2), (4, 1), (5, 3), (8, 2), (10, 1), (11, 1))
    # One has {0} and {0, 2}; the other {0}, {0, 1} and {0, 2, 3}.
    assert melody.shared_rhythms([one, other]) == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert melody.shared_rhythms([one, disfigured.shuffled_bars(one, 2)]) == 1
    assert melody.shared_rhythms([one, tune((1, 1))]) == 0
    assert melody.shared_rhythms([one]) is None


def test_bits_of_a_pitch():
    always_up = PitchModel({"major": {"0": {"2": 100}, "2 2": {"2": 100}, "4 2": {"2": 100}}})
    up = score(part("lead", *((beat, 1, 60 + 2 * beat) for beat in range(4))))
    bits = melody.bits_per_pitch(up, always_up)
    # By hand, with Witten and Bell: nothing known (300 + 1/49) / 301, and twice (100 + p) / 101 upon it.
    nothing = (300 + 1 / 49) / 301
    once = (100 + nothing) / 101
    assert bits == pytest.approx(-math.log2((100 + once) / 101), abs=1e-6)
    assert melody.bits_per_pitch(tune((0, 1), (1, 1))) is None


def test_an_air_says_less_than_its_pitches_in_another_order():
    air = (0, 2, 4, 5, 7, 7, 9, 7, 5, 4, 2, 4, 0, 2, 4, 2, 0, -1, 0, 0, 2, 4, 5, 7, 12, 11, 9, 7, 5, 4, 2, 0)
    sung = score(part("lead", *((beat, 1, 60 + pitch) for beat, pitch in enumerate(air))))
    found = melody.bits_per_pitch(sung)
    assert found is not None
    assert found < 3
    shuffled = melody.bits_per_pitch(disfigured.shuffled_pitches(sung, 1))
    assert shuffled is not None
    assert shuffled > found + 1
    # In another key the same tune says as much, in a wrong one more.
    moved = replace(sung, tonic=6)
    assert (melody.bits_per_pitch(moved) or 0) > found + 0.5


def test_the_melody_is_the_leads_highest_note_before_the_last_chord():
    sung = score(part("lead", (0, 1, 60), (0, 1, 64), (1, 1, 62), (32, 2, 60)), part("keys", (0, 1, 80)))
    assert [note.pitch for note in melody.melody(sung)] == [64, 62]


def comping(*bars: tuple[float, ...], role: str = "keys", instrument: str = "piano") -> Part:
    starts = [4 * number + start for number, bar in enumerate(bars) for start in bar]
    return part(role, *((start, 1, 60) for start in starts), instrument=instrument)


def test_two_commonest_rhythms_of_an_accompaniment():
    varied = comping((0,), (0, 2), (0,), (1,), (0, 2), (3,), (0, 1), (0,))
    assert accompaniment.two_commonest_share(score(varied)) == 5 / 8
    steady = comping(*[(0, 2)] * 8, role="bass")
    assert accompaniment.two_commonest_share(score(varied, steady)) == (5 / 8 + 1) / 2
    assert accompaniment.two_commonest_share(disfigured.looped(score(varied))) == 1
    assert accompaniment.two_commonest_share(disfigured.shuffled_bars(score(varied), 1)) == 5 / 8


def test_leads_drums_textures_and_rare_parts_accompany_nothing():
    rare, bars = comping((0,), (0,), (0,)), [(0,)] * 8
    leads = comping(*bars, role="lead"), comping(*bars, role="drums", instrument="pop_kit")
    textures = comping(*bars, role="fx", instrument="riser"), comping(*bars, role="pad", instrument="wind")
    assert accompaniment.accompanying_parts(score(rare, *leads, *textures)) == []
    assert accompaniment.two_commonest_share(score(rare)) is None
    assert accompaniment.velocity_deviation(score(rare)) is None


def test_velocities_of_an_accompaniment():
    steady = comping(*[(0,)] * 8)
    moving = replace(
        steady,
        notes=tuple(note._replace(velocity=70 + 20 * (place % 2)) for place, note in enumerate(steady.notes)),
    )
    assert accompaniment.velocity_deviation(score(moving)) == 10
    assert accompaniment.velocity_deviation(score(moving, steady)) == 5
    assert accompaniment.velocity_deviation(disfigured.level(score(moving))) == 0


def test_bars_copied_literally():
    bars = ((0,), (0, 2), (0,), (1,), (0,), (0, 2), (3,), (0, 1))
    band = score(comping(*bars), part("drums", *((beat, 1, 0) for beat in range(32)), instrument="pop_kit"))
    assert accompaniment.copied_bars(band) == 3 / 8
    higher = comping(*bars, role="bass")
    higher = replace(
        higher, notes=tuple(note._replace(pitch=40 + round(note.start)) for note in higher.notes)
    )
    assert accompaniment.copied_bars(score(comping(*bars), higher)) == 0
    assert accompaniment.copied_bars(disfigured.looped(band)) == 7 / 8
    louder = replace(
        band.parts[0], notes=tuple(note._replace(velocity=9) for note in band.parts[0].notes[:3])
    )
    assert accompaniment.copied_bars(score(louder, bars=4)) == 1 / 4
    assert accompaniment.copied_bars(replace(band, bars=0)) == 0


def outline(*bars: str) -> Outline:
    """An outline of bars of chords like "C G", each with half of it."""
    beat = 60 / BPM
    chords = [
        Stretch(
            name, 4 * beat * (number + place / len(names)), 4 * beat * (number + (place + 1) / len(names))
        )
        for number, names in enumerate(bar.split() for bar in bars)
        for place, name in enumerate(names)
    ]
    end = 4 * beat * len(bars)
    starts = tuple(4 * beat * number for number in range(len(bars) + 1))
    return Outline(end + 2, BPM, "C major", "4/4", starts, (), (*chords, Stretch("C", end, end + 2)))


def test_chords_and_those_of_four_bars_ago():
    moving = outline("C", "F G", "Am", "F", "C", "F C", "Dm", "E")
    assert chords_by_bar(moving)[1] == ["F", "F", "G", "G"]
    assert distinct_chords(moving) == 6
    assert as_four_bars_ago(moving) == 6 / 16
    assert as_four_bars_ago(outline("C", "F", "G", "C")) is None
    looped = disfigured.looped_chords(moving)
    assert (as_four_bars_ago(looped), distinct_chords(looped)) == (1, 4)
    assert distinct_chords(disfigured.two_bars_of_chords(moving)) == 3
    shuffled = disfigured.shuffled_chords(outline(*["C", "F", "G", "Am"] * 8), 1)
    assert (as_four_bars_ago(shuffled) or 0) < 0.5


def test_shuffled_bars_keep_their_notes_and_the_last_chord():
    sung = tune(*FOUR, (31, 2), (32, 4))
    notes = disfigured.shuffled_bars(sung, 4).parts[0].notes
    assert sorted(note.start % 4 for note in notes[:-1]) == sorted(
        note.start % 4 for note in sung.parts[0].notes[:-1]
    )
    assert [note.start for note in notes] != [note.start for note in sung.parts[0].notes]
    assert all(note.start % 4 + note.length <= 4 for note in notes)
    assert notes[-1] == Note(32, 4, 60, 80)


def test_parts_shuffled_apart_are_no_longer_together():
    bars = [(place / 4,) for place in range(8)]
    both = score(comping(*bars), comping(*bars, role="bass"))
    apart = disfigured.shuffled_parts(both, 1)
    assert [note.start for note in apart.parts[0].notes] != [note.start for note in apart.parts[1].notes]
    together = disfigured.shuffled_bars(both, 1)
    assert [note.start for note in together.parts[0].notes] == [
        note.start for note in together.parts[1].notes
    ]


TARGETS = [
    pytest.param(measure, genre, id=f"{measure.name}: {genre}")
    for measure in MEASURES
    for genre in sorted(measure.genres or ("pop",))
]


@cache
def pieces(genre: str, seconds: float) -> list[Composed]:
    return [composed(genre, seed, seconds) for seed in (1, 2, 3)]


@pytest.mark.parametrize(("measure", "genre"), TARGETS)
def test_controls_do_to_composed_music_what_they_must(measure, genre, figure):
    now = measure.of(pieces(genre, measure.seconds))
    assert now is not None
    changed = [measure.of(control.change(pieces(genre, measure.seconds), 1)) for control in measure.controls]
    figure(f"{measure.name}, {genre}: {now:.2f} ({measure.target}), controls {changed}")
    for control, value in zip(measure.controls, changed, strict=True):
        assert value is not None
        assert measure.holds(control, now, value), control.name


@pytest.mark.parametrize("measure", MEASURES, ids=lambda measure: measure.name)
def test_the_composer_meets_its_bars(measure, figure):
    """By three seeds of every genre, always the same ones; `make bench-music` draws ten from the clock."""
    found = [measure.of(pieces(genre, measure.seconds)) for genre in sorted(measure.genres or GENRES)]
    now = statistics.fmean(each for each in found if each is not None)
    figure(f"{measure.name}: {now:.2f} ({measure.target}, people {measure.people})")
    assert measure.is_met(now)


def rows(**now: float) -> list[music_composition.Figures]:
    """What would be measured where every control did what it must, each figure that of its bar but those of `now`."""
    found = []
    for number, measure in enumerate(MEASURES):
        figure = now.get(f"measure_{number}", measure.bar)
        beyond = measure.bar - 0.01 if measure.at_least else measure.bar + 0.01
        musts = {"miss": beyond, "same": figure, "lower": figure - 0.1}
        controls = tuple(musts[control.must] for control in measure.controls)
        found.append(music_composition.Figures("pop", measure.name, figure, controls))
    return found


def test_the_report_counts_bars_and_controls_that_are_missed(capsys):
    assert all(music_composition.report(rows(), 10))
    assert "[missed]" not in capsys.readouterr().out
    assert music_composition.report(rows(measure_0=0.0), 10).count(False) == 1
    printed = capsys.readouterr().out
    assert printed.count("[missed]") == 1
    assert "must miss" in printed


@pytest.mark.parametrize(("number", "controls"), [(0, (1.0,)), (2, (0.2, 1.0)), (8, (0.4, 1.0))])
def test_the_report_counts_a_control_that_does_not_what_it_must(number, controls, capsys):
    """One that meets the bar, one that is not the same, one that is not lower."""
    measured = rows()
    measured[number] = replace(measured[number], controls=controls)
    assert music_composition.report(measured, 10).count(False) == 1
    assert capsys.readouterr().out.count("and does not") == 1


def test_what_version_3_reached_is_kept_of_every_measure():
    kept = json.loads(music_composition.VERSION_3.read_text("utf-8"))
    assert (kept["score_version"], kept["seeds"]) == (3, 10)
    assert set(kept["figures"]) == {measure.name for measure in MEASURES}
    assert not any(measure.is_met(kept["figures"][measure.name]["mean"]) for measure in MEASURES)
    assert set(kept["figures"]["bits a melody pitch"]["genres"]) == set(GENRES)
    # What is kept is what `--keep` writes.
    again = music_composition.kept(rows(), 10)
    assert set(again) == set(kept)
