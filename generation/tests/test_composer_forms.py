from dataclasses import replace
from itertools import pairwise

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.forms import kind_for, with_form
from generation.composer.genre.types import SOLO, Forms
from generation.composer.reading.prompt import read_prompt
from generation.composer.structure import AS_USUAL, Structure
from generation.composer.writing.compose import compose
from generation.composer.writing.missing import missing_sections
from generation.composer.writing.plan import write_plan

SEEDS = range(4)


def score(prompt, genre, duration=70, seed=1):
    return compose(read_prompt(prompt, duration=duration, seed=seed, genre=genre, time_signature="4/4"))


def kinds(prompt, genre, **given):
    return [section.name for section in score(prompt, genre, **given).sections]


def mean_velocity(made, start, end):
    """Of the notes between two places in the piece, 0 to 1."""
    beats = made.bars * 4
    heard = [note.velocity for part in made.parts for note in part.notes if start <= note.start / beats < end]
    return sum(heard) / len(heard)


def playing(made, start, end):
    beats = made.bars * 4
    return {part.role for part in made.parts for note in part.notes if start <= note.start / beats < end} - {
        "fx"
    }


def test_a_form_that_nobody_asked_for_is_the_genres_own():
    for genre in GENRES.values():
        assert with_form(genre, AS_USUAL) is genre


SHORT, LONG = "intro:2 A:4 B:4 A:4", "intro:4 A:8 (B:8 A:8)* break:4 B:8 A:8 outro:4"


@pytest.mark.parametrize(
    ("shape", "asked", "expected"),
    [
        (SHORT, {"intro": "none"}, "A:4 B:4 A:4"),
        (SHORT, {"intro": "short"}, "intro:1 A:4 B:4 A:4"),
        (LONG, {"intro": "short"}, LONG.replace("intro:4", "intro:2")),
        (LONG, {"intro": "long"}, LONG.replace("intro:4", "intro:12")),
        ("A:8 B:8", {"intro": "long"}, "intro:4 A:8 B:8"),
        (LONG, {"outro": "none"}, LONG.removesuffix(" outro:4")),
        (LONG, {"outro": "long"}, LONG.replace("outro:4", "outro:8")),
        (SHORT, {"outro": "long"}, f"{SHORT} outro:8"),
        ("A:4 B:4", {"outro": "long"}, "A:4 B:4 outro:4"),
        (LONG, {"last": "quiet"}, LONG),
        (SHORT, {"last": "quiet"}, f"{SHORT} outro:4"),
        (LONG, {"last": "loud"}, LONG.replace("outro:4", "B:4")),
        ("A:4 B:4", {"last": "loud"}, "A:4 B:4"),
        (SHORT, {"sections": ("break",)}, "intro:2 A:4 B:4 break:2 A:4"),
        (SHORT, {"sections": ("bridge",)}, "intro:2 A:4 B:4 break:4 A:4"),
        (LONG, {"sections": ("bridge",)}, LONG),
        ("A:4", {"sections": ("bridge",)}, "A:4 break:4 A:4"),
        (SHORT, {"sections": ("solo",)}, "intro:2 A:4 B:4 solo:4 A:4"),
        (SHORT, {"sections": ("drop",)}, "intro:2 A:4 B:4 A:4 break:1 B:2"),
        ("A:8 B:8 outro:4", {"sections": ("drop",)}, "A:8 break:2 B:4 outro:4"),
        (LONG, {"without": ("break",)}, LONG.replace("break:4 ", "")),
        ("break:4", {"without": ("break",)}, "break:4"),
        ("A:2 B:1", {"intro": "long", "outro": "long", "sections": ("drop",)}, "A:2 B:1"),
    ],
)
def test_a_shape_is_rewritten_as_asked(shape, asked, expected):
    lofi = replace(GENRES["lofi"], forms=Forms((shape,), frozenset({"intro", "outro"})))
    forms = with_form(lofi, Structure(**asked)).forms
    assert forms.shapes == (expected,)
    assert ("intro" in forms.flexible) == ("intro" not in asked)


def test_the_kinds_that_a_genre_has_for_what_is_asked():
    asked = ("bridge", "break", "drop", "solo", "verse", "chorus")
    assert [kind_for(GENRES["lofi"], name) for name in asked] == ["break", "break", "", "", "A", "B"]
    assert [kind_for(GENRES["house"], name) for name in asked] == [
        "break",
        "break",
        "drop",
        "",
        "break",
        "drop",
    ]
    assert kind_for(GENRES["rock"], "solo") == "solo"
    calmest = {"ambient": "still", "classical": "theme", "jazz": "head", "pop": "bridge", "techno": "strip"}
    assert {name: kind_for(GENRES[name], "break") for name in calmest} == calmest


def test_the_strongest_section_is_no_break():
    monotonous = replace(GENRES["lofi"], sections={"A": GENRES["lofi"].sections["A"]})
    assert kind_for(monotonous, "break") == ""
    assert kind_for(monotonous, "verse") == "A"


def test_a_solo_is_the_strongest_section_with_a_tune_improvised():
    sections = with_form(GENRES["lofi"], Structure(sections=("solo",))).sections
    assert sections["solo"].theme == SOLO
    assert sections["solo"].energy == sections["B"].energy
    assert with_form(GENRES["rock"], Structure(sections=("solo",))).sections == GENRES["rock"].sections


def test_an_abrupt_form_has_a_short_tail_and_keeps_its_shapes():
    genre = with_form(GENRES["lofi"], Structure(abrupt=True))
    assert genre.tail == (0.25, 1.0)
    assert genre.forms == GENRES["lofi"].forms


def test_half_and_double_time_move_the_beat_and_not_the_cymbals():
    def starts(pulse, voice):
        groove = with_form(GENRES["lofi"], Structure(pulse=pulse)).grooves["main"][0]
        return [[hit.start for hit in bar] for bar in groove[voice].bars]

    usual, half, double = (starts(pulse, "snare") for pulse in ("", "half", "double"))
    assert starts("half", "hat") == starts("double", "hat") == starts("", "hat")
    assert half[:2] == [
        [2 * start for start in usual[0] if start < 2],
        [2 * (start - 2) for start in usual[0] if start >= 2],
    ]
    following = usual[1 % len(usual)]
    assert double[0] == [start / 2 for start in usual[0]] + [2 + start / 2 for start in following]


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_every_form_fits_every_length(genre):
    for field, values in {
        "intro": ("none", "short", "long"),
        "outro": ("none", "long"),
        "last": ("quiet", "loud"),
        "sections": (
            ("bridge",),
            ("break",),
            ("drop",),
            ("solo",),
            ("verse chorus",),
            ("bridge", "solo", "drop"),
        ),
        "without": (("drop",), ("break", "bridge"), ("solo",)),
        "pulse": ("half", "double"),
        "abrupt": (True,),
    }.items():
        for value in values:
            shaped = with_form(GENRES[genre], Structure(**{field: value}))
            for duration in (5, 12, 45, 200):
                plan = write_plan(shaped, seed=1, duration=duration, bpm=100)
                covered = [bar for part in plan.sections for bar in range(part.start_bar, part.end_bar)]
                assert covered == list(range(plan.bars)), (field, value, duration)


@pytest.mark.parametrize("genre", sorted(GENRES))
@pytest.mark.parametrize("wish", ["bridge", "break", "solo"])
def test_a_section_that_is_asked_for_is_there(genre, wish):
    shaped = with_form(GENRES[genre], Structure(sections=(wish,)))
    if kind_for(shaped, wish):
        assert kind_for(shaped, wish) in kinds(f"with a {wish}", genre)


def test_a_drop_comes_out_of_a_calm_stretch_in_any_genre():
    for genre in GENRES:
        made = score("with a big drop", genre)
        energies = [section.energy for section in made.sections]
        assert any(after > before + 0.15 for before, after in pairwise(energies)), genre


def test_what_is_ruled_out_does_not_come():
    assert "drop" in kinds("", "house")
    assert "drop" not in kinds("no drop", "house")
    for seed in SEEDS:
        assert kinds("no intro", "lofi", seed=seed)[0] != "intro"


def test_a_long_intro_is_longer():
    def intro(prompt):
        return sum(score(prompt, "lofi", seed=seed, duration=90).sections[0].bars for seed in SEEDS)

    assert intro("long intro") > intro("") > intro("short intro")


def test_too_little_time_for_a_section_is_said():
    heard = read_prompt("rock with a bridge section", duration=6, seed=1, time_signature="4/4")
    assert missing_sections(heard) == ("6 seconds at this tempo have no room for a bridge.",)


def test_verses_and_choruses_take_turns():
    assert kinds("verse chorus, no intro", "rock")[:2] == ["verse", "chorus"]
    lofi = kinds("verse chorus", "lofi", duration=120)
    assert lofi.count("A") >= 2
    assert lofi.count("B") >= 2


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_a_slow_build_gets_louder_and_fuller(genre):
    made, usual = score("slow build", genre), score("", genre)
    assert mean_velocity(made, 0.75, 1) > 1.25 * mean_velocity(made, 0, 0.25)
    assert len(playing(made, 0, 0.2)) <= len(playing(usual, 0, 0.2))
    assert len(playing(made, 0.75, 1)) > len(playing(made, 0, 0.1))
    assert made.sections[0].energy < usual.sections[0].energy


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_a_quiet_ending_is_quieter_and_a_finale_louder(genre):
    def ending(prompt):
        made = score(prompt, genre)
        return mean_velocity(made, 0.9, 1) / mean_velocity(made, 0.3, 0.6)

    assert ending("quiet ending") < ending("") + 1e-9
    assert ending("quiet ending") < ending("big finale")


def test_an_abrupt_end_is_short():
    made, usual = score("abrupt ending", "rock"), score("", "rock")
    assert made.tail < usual.tail
    last = max(note.start + note.length for part in made.parts for note in part.notes)
    assert last - made.bars * 4 <= 0.5 + 1e-6


def test_half_time_moves_the_backbeat_and_keeps_the_tempo():
    def snares(prompt):
        made = score(prompt, "rock")
        drums = next(part for part in made.parts if part.role == "drums")
        return sum(note.voice == "snare" and note.velocity > 70 for note in drums.notes), made.bpm

    (usual, bpm), (half, half_bpm), (double, _) = snares(""), snares("half-time"), snares("double-time")
    assert bpm == half_bpm
    assert half < 0.75 * usual < usual < double


def test_one_who_was_asked_for_is_heard_even_in_a_short_piece():
    for seed in SEEDS:
        made = score("piano", "house", duration=12, seed=seed)
        assert "piano" in {part.instrument for part in made.parts}
