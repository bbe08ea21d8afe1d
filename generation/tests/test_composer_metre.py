"""Metres, and genres in them: what a bar is, and what is played in it, for every genre that has more than four."""

import io
from collections import Counter
from dataclasses import replace
from importlib import resources

import mido
import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.file import parse_genre
from generation.composer.genre.metres import in_metre, metres_of, pattern_in_metre
from generation.composer.genre.tables import GenreFileError
from generation.composer.metre import FOUR_FOUR, METRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.rhythm import parse_pattern
from generation.composer.score import Score
from generation.composer.sound.midi import TICKS_PER_BEAT, midi_file
from generation.composer.sound.perform import perform
from generation.composer.writing.compose import compose, score_hash
from generation.tests.measures.symbols import writing

LOFI = resources.files("generation.composer.genre").joinpath("files/lofi.toml").read_text(encoding="utf-8")
IN_OTHERS = [
    (genre, metre)
    for genre in sorted(GENRES)
    for metre in metres_of(GENRES[genre])
    if metre != FOUR_FOUR.name
]


def brief(genre: str, metre: str, duration: float = 30.0, seed: int = 7, **given):
    return read_prompt("", duration=duration, seed=seed, genre=genre, time_signature=metre, **given)


@pytest.mark.parametrize(
    ("name", "beats", "steps", "strong", "counted"),
    [
        ("4/4", 4.0, 16, [0, 2], [0, 1, 2, 3]),
        ("3/4", 3.0, 12, [0], [0, 1, 2]),
        ("6/8", 3.0, 12, [0, 1.5], [0, 1.5]),
        ("12/8", 6.0, 24, [0, 3], [0, 1.5, 3, 4.5]),
        ("5/4", 5.0, 20, [0, 3], [0, 1, 2, 3, 4]),
        ("7/8", 3.5, 14, [0, 2], [0, 1, 2]),
    ],
)
def test_a_bar_has_its_beats_and_weight_on_them(name, beats, steps, strong, counted):
    metre = METRES[name]
    assert (metre.beats, metre.steps) == (beats, steps)
    # The same in the fourth bar as in the first.
    places = [step * 0.25 for step in range(steps)]
    assert [place for place in places if metre.is_strong(3 * beats + place)] == strong
    assert [place for place in places if metre.is_counted(3 * beats + place)] == counted
    assert sum(metre.counts) == sum(metre.groups) == beats
    assert metre.signature == tuple(map(int, name.split("/")))


@pytest.mark.parametrize(
    ("name", "bpm", "beat", "bar"),
    [
        ("4/4", 120, 0.5, 2.0),
        ("3/4", 120, 0.5, 1.5),
        ("6/8", 60, 2 / 3, 2.0),
        ("12/8", 60, 2 / 3, 4.0),
        ("5/4", 100, 0.6, 3.0),
        ("7/8", 120, 0.5, 1.75),
    ],
)
def test_the_tempo_is_that_of_what_is_counted(name, bpm, beat, bar):
    assert METRES[name].beat_seconds(bpm) == pytest.approx(beat)
    assert METRES[name].bar_seconds(bpm) == pytest.approx(bar)


@pytest.mark.parametrize(
    ("name", "count", "shares"),
    [
        ("4/4", 2, [(0, 2), (2, 2)]),
        ("4/4", 4, [(0, 1), (1, 1), (2, 1), (3, 1)]),
        ("3/4", 1, [(0, 3)]),
        ("3/4", 2, [(0, 1.5), (1.5, 1.5)]),
        ("3/4", 3, [(0, 1), (1, 1), (2, 1)]),
        ("6/8", 2, [(0, 1.5), (1.5, 1.5)]),
        ("12/8", 2, [(0, 3), (3, 3)]),
        ("12/8", 4, [(0, 1.5), (1.5, 1.5), (3, 1.5), (4.5, 1.5)]),
        ("5/4", 2, [(0, 3), (3, 2)]),
        ("7/8", 2, [(0, 2), (2, 1.5)]),
        ("7/8", 3, [(0, 1), (1, 1), (2, 1.5)]),
    ],
)
def test_chords_share_a_bar_where_it_falls_apart(name, count, shares):
    assert list(METRES[name].shares(count)) == shares


@pytest.mark.parametrize("name", list(METRES))
@pytest.mark.parametrize("count", range(1, 6))
def test_shares_fill_a_bar_without_gaps(name, count):
    shares = METRES[name].shares(count)
    assert len(shares) == count
    assert shares[0][0] == 0
    ends = [start + length for start, length in shares]
    assert ends == pytest.approx([*(start for start, _ in shares[1:]), METRES[name].beats])


@pytest.mark.parametrize(
    ("name", "start", "end", "cut"),
    [
        ("4/4", 0, 4, [(0, 2), (2, 2)]),
        ("4/4", 1, 2, [(1, 1)]),
        ("3/4", 1, 7, [(1, 2), (3, 3), (6, 1)]),
        ("5/4", 4, 9, [(4, 1), (5, 3), (8, 1)]),
        ("7/8", 3, 6, [(3, 0.5), (3.5, 2), (5.5, 0.5)]),
    ],
)
def test_a_stretch_is_cut_where_groups_begin(name, start, end, cut):
    assert list(METRES[name].cut(start, end)) == cut


FOUR = "X-x.Y---x.x-..x-"


@pytest.mark.parametrize(
    ("metre", "text", "expected"),
    [
        ("4/4", FOUR, FOUR),
        # The first three beats; what would sound into the fourth ends with the bar.
        ("3/4", FOUR, "X-x.Y---x.x-"),
        ("3/4", "Y-------x-------", "Y-------x---"),
        # The third beat comes twice.
        ("5/4", FOUR, "X-x.Y---x.x-x.x-..x-"),
        # The last beat is half as long, and what begins in its second half is left out.
        ("7/8", FOUR, "X-x.Y---x.x-.."),
        ("7/8", "X---x---x---Y---", "X---x---x---Y-"),
        # Each beat as three eighths: the second half of a beat comes late.
        ("12/8", "X-x.Y---x-x-..x-", "X---x.Y-----x---x-....x-"),
        # A bar of four makes two.
        ("6/8", "X-x.Y---x-x-..x-", "X---x.Y----- | x---x-....x-"),
        ("6/8", "Y-----------x---", "Y----------- | ......x-----"),
    ],
)
def test_a_pattern_of_four_is_played_in_another_metre(metre, text, expected):
    found = pattern_in_metre(parse_pattern(text, "XYx"), METRES[metre])
    assert found == parse_pattern(expected, "XYx", METRES[metre])


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('[metres."4/4"]\nweight = 12\n', "", "metres: does not say how often the genre is in 4/4"),
        ('[metres."3/4"]', '[metres."9/8"]', r"metres\.9/8: is not a metre\. Metres are 4/4, 3/4"),
        (
            '[metres."3/4"]\nweight = 1',
            '[metres."3/4"]\nweight = "often"',
            r"metres\.3/4\.weight: needs a number",
        ),
        (
            '[metres."3/4".patterns.bass]\nmain',
            '[metres."3/4".patterns.bass]\nmane',
            r"metres\.3/4\.patterns\.bass\.mane: is no pattern",
        ),
        (
            '[metres."3/4".patterns.bass]',
            '[metres."3/4".patterns.tuba]',
            r"metres\.3/4\.patterns\.tuba: is not a role",
        ),
        (
            '[[metres."3/4".grooves.main]]',
            '[[metres."3/4".grooves.mane]]',
            r"metres\.3/4\.grooves\.mane: is no groove",
        ),
        (
            '[metres."6/8"]\n',
            '[[metres."3/4".fills.finale]]\nfrom = 2\nsnare = "........x.x."\n[metres."6/8"]\n',
            r"metres\.3/4\.fills\.finale: is no fill",
        ),
        (
            '[metres."3/4"]\nweight = 1\n',
            '[metres."3/4"]\nweight = 1\ngroove = "x"\n',
            r"metres\.3/4\.groove: is not a key that genres have",
        ),
        (
            'sparse = ["X-----------"]',
            'sparse = ["X----------"]',
            r"metres\.3/4\.patterns\.keys\.sparse: .* 11 steps, not 12",
        ),
    ],
)
def test_a_wrong_table_of_a_metre_says_what_is_wrong(old, new, named):
    assert old in LOFI
    with pytest.raises(GenreFileError, match=rf"lofi\.toml: {named}"):
        parse_genre(LOFI.replace(old, new, 1), "lofi.toml")


def test_a_genre_that_names_no_metre_is_in_four():
    assert metres_of(GENRES["techno"]) == ("4/4",)
    with pytest.raises(KeyError):
        in_metre(GENRES["techno"], METRES["3/4"])


@pytest.mark.parametrize(("genre", "metre"), IN_OTHERS)
def test_everything_a_genre_plays_fits_the_bars_of_its_metre(genre, metre):
    made, beats = in_metre(GENRES[genre], METRES[metre]), METRES[metre].beats
    patterns = [
        *(
            pattern
            for player in made.players.values()
            for some in player.patterns.values()
            for pattern in some
        ),
        *(pattern for some in made.grooves.values() for groove in some for pattern in groove.values()),
        *(pattern for some in made.fills.values() for fill in some for pattern in fill.voices.values()),
        *(*made.melody.cells, *made.melody.cadences, *made.melody.solo),
    ]
    hits = [hit for pattern in patterns for bar in pattern.bars for hit in bar]
    assert all(0 <= hit.start < hit.end <= beats for hit in hits)
    assert all(0 <= fill.start < beats for some in made.fills.values() for fill in some)
    assert all(pattern.bar(0) for pattern in made.melody.cells)


def clock_ticks(seconds: float, score: Score) -> int:
    return round(seconds * 1e6 / round(60e6 / (score.bpm * score.metre.count)) * TICKS_PER_BEAT)


@pytest.mark.parametrize("duration", [5.0, 30.0, 180.0])
@pytest.mark.parametrize(("genre", "metre"), IN_OTHERS)
def test_a_piece_lasts_as_long_as_it_was_asked_to_and_its_file_says_its_metre(genre, metre, duration):
    ordered = brief(genre, metre, duration)
    score = compose(ordered)
    assert score.metre == METRES[metre]
    assert score.bars * score.bar_seconds + score.tail == pytest.approx(duration, abs=1e-9)
    assert score.tail > 0
    assert sum(section.bars for section in score.sections) == score.bars
    end = score.bars * score.metre.beats + score.tail / score.beat_seconds
    notes = [note for part in score.parts for note in part.notes]
    assert all(note.start >= 0 and note.start + note.length <= end + 1e-4 for note in notes)
    assert all(0 <= note.time < duration for part in perform(score).values() for note in part)
    counts = writing(ordered)
    assert (counts.foreign, counts.clashing, counts.ends_at_home) == (0, 0, True)
    assert score_hash(compose(brief(genre, metre, duration))) == score_hash(score)

    file = mido.MidiFile(file=io.BytesIO(midi_file(score)))
    assert file.length == pytest.approx(duration, abs=0.002)
    conductor = file.tracks[0]
    [said] = [message for message in conductor if message.type == "time_signature"]
    assert (said.numerator, said.denominator) == METRES[metre].signature
    [tempo] = [message.tempo for message in conductor if message.type == "set_tempo"]
    quarters = 1.5 * score.bpm if metre in ("6/8", "12/8") else score.bpm
    assert mido.tempo2bpm(tempo) == pytest.approx(quarters, abs=1e-2)
    bar_ticks = METRES[metre].beats * TICKS_PER_BEAT
    now, markers = 0, []
    for message in conductor:
        now += message.time
        if message.type == "marker":
            markers.append(now)
    # A tick is a millisecond or less: whole microseconds of a beat make it one more or less by the end.
    assert markers == pytest.approx([section.start_bar * bar_ticks for section in score.sections], abs=2)


@pytest.mark.parametrize(("genre", "metre"), IN_OTHERS)
def test_a_metre_changes_no_other_choice_that_is_given(genre, metre):
    given = {"bpm": 90.0, "key": "D minor"}
    score = compose(brief(genre, metre, **given))
    assert (score.bpm, score.tonic, score.mode) == (90.0, 2, "minor")
    assert score_hash(score) != score_hash(compose(brief(genre, "4/4", **given)))


def test_equal_notes_in_another_metre_are_another_score():
    score = compose(brief("jazz", "3/4", 10))
    assert score_hash(replace(score, metre=METRES["6/8"])) != score_hash(score)


@pytest.mark.parametrize("genre", sorted({genre for genre, _ in IN_OTHERS}))
def test_metres_are_drawn_as_often_as_the_genre_is_in_them(genre):
    seeds = 400
    drawn = Counter(read_prompt("", duration=20, seed=seed, genre=genre).metre.name for seed in range(seeds))
    weights = {name: style.weight for name, style in GENRES[genre].metres.items()}
    for name, weight in weights.items():
        expected = weight / sum(weights.values())
        # Four standard deviations of so many draws.
        spread = 4 * (expected * (1 - expected) / seeds) ** 0.5
        assert drawn[name] / seeds == pytest.approx(expected, abs=spread)
    assert set(drawn) <= set(weights)
    again = [read_prompt("", duration=20, seed=seed, genre=genre).metre.name for seed in range(20)]
    assert again == [read_prompt("", duration=60, seed=seed, genre=genre).metre.name for seed in range(20)]
