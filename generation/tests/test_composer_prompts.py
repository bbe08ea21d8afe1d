"""Prompts as people write them, and what is to be understood."""

import re
from itertools import takewhile

import pytest
from django.conf import settings

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.types import Genre
from generation.composer.metre import METRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.structure import AS_USUAL
from generation.composer.writing.compose import compose

ENOUGH_SEEDS = 3

# Genre, what of the brief must be so, and a word of every notice. Nothing else may be noticed.
READ = [
    ("rainy night lo-fi", "lofi", {}),
    ("lofi beats to study to with soft piano and vinyl crackle", "lofi", {"wanted": ("piano", "vinyl")}),
    ("slow lofi at 70 bpm in D minor", "lofi", {"bpm": 70, "key": "D minor"}),
    ("chillhop, around 90bpm", "lofi", {"bpm": 90}),
    ("chillhop, 80-90 bpm", "lofi", {"bpm": 85}),
    ("lofi, between 70 and 80 bpm", "lofi", {"bpm": 75}),
    ("lofi, tempo 85", "lofi", {"bpm": 85}),
    ("lofi, bpm: 72-76", "lofi", {"bpm": 74}),
    ("lofi at 82", "lofi", {"bpm": 82}),
    ("lofi ~ 77.5 BPM", "lofi", {"bpm": 77.5}),
    ("upbeat jazz with walking bass and brushes", "jazz", {}),
    ("jazz with violins", "jazz", {"wanted": ("violins",)}),
    ("jazz with a harp", "jazz", {"wanted": ("harp",)}),
    ("jazz trio, no drums", "jazz", {"without": {"drums"}}),
    ("solo piano jazz ballad", "jazz", {"only": "piano"}),
    ("jazz, saxophone and vibraphone", "jazz", {"wanted": ("saxophone", "vibraphone")}),
    ("big band swing, 160 bpm, Bb major", "jazz", {"bpm": 160, "key": "Bb major"}),
    ("bebop in F# minor, very fast", "jazz", {"key": "F# minor"}),
    ("ジャズ、ピアノ", "jazz", {}),
    ("smoky noir jazz with muted trumpet", "jazz", {"wanted": ("muted_trumpet",)}),
    ("jazz without saxophone or trumpet", "jazz", {"without": {"saxophone", "trumpet"}}),
    ("ambient with harp", "ambient", {"wanted": ("harp",)}),
    ("ambient drone, 60 bpm, no melody", "ambient", {"bpm": 60, "without": {"lead", "counter"}}),
    ("ambient with a cello", "ambient", {"wanted": ("celli",)}),
    ("ambient with soft drums", "ambient", {}),
    ("dark ambient soundscape, spacious", "ambient", {}),
    ("drone in E phrygian", "ambient", {"key": "E phrygian"}),
    ("meditation music with flute, very slow", "ambient", {"wanted": ("flute",)}),
    ("new age, solo harp", "ambient", {"only": "harp"}),
    ("beatless ambient", "ambient", {"without": {"drums"}}),
    ("deep house with saxophone", "house", {"wanted": ("saxophone",)}),
    ("deep house, 124 bpm, A minor", "house", {"bpm": 124, "key": "A minor"}),
    ("house with an electric guitar", "house", {"wanted": ("lead_guitar",)}),
    ("house with double bass", "house", {"wanted": ("double_bass",)}),
    ("house with timpani and choir", "house", {"wanted": ("timpani", "choir")}),
    ("progressive house in A lydian", "house", {"key": "A lydian"}),
    ("80s synthwave, neon city at night", "house", {}),
    ("house, no synth, no pads", "house", {}),
    ("roots reggae, rainy evening", "reggae", {}),
    (
        "dub reggae in A minor, 72 bpm, no piano",
        "reggae",
        {"bpm": 72, "key": "A minor", "without": {"piano"}},
    ),
    ("one drop roots reggae", "reggae", {"structure": AS_USUAL}),
    ("rocksteady with horns and guitar", "reggae", {"wanted": ("brass", "clean_guitar")}),
    ("drum and bass", "drum and bass", {"wanted": (), "only": ""}),
    ("just drum and bass", "drum and bass", {"wanted": (), "only": ""}),
    ("liquid drum and bass with piano", "drum and bass", {"wanted": ("piano",)}),
    ("drum & bass, 172 bpm, F minor", "drum and bass", {"bpm": 172, "key": "F minor", "wanted": ()}),
    ("drum'n'bass with drums and a flute", "drum and bass", {"wanted": ("break_kit", "flute")}),
    ("jazzy dnb with double bass", "drum and bass", {"wanted": ("double_bass",)}),
    ("dark neurofunk, no pads", "drum and bass", {"without": {"pad"}}),
    ("drum and bass without drums", "drum and bass", {"without": {"drums"}}),
    ("ambient jungle soundscape", "ambient", {}),
    ("solo drum and bass guitar, funk", "funk", {"only": "funk_kit"}),
    ("drum and bass guitar, funk", "funk", {"wanted": ("funk_kit", "fingered_bass")}),
    ("punk rock, 180 bpm", "rock", {"bpm": 180}),
    ("hard rock with organ", "rock", {"wanted": ("organ",)}),
    ("rock ballad in G major with strings", "rock", {"key": "G major", "wanted": ("strings",)}),
    ("rock with flute and harp", "rock", {"wanted": ("flute", "harp")}),
    ("metal, no guitars", "rock", {}),
    ("indie rock, clean guitar", "rock", {"wanted": ("clean_guitar",)}),
    ("grunge, half-time", "rock", {}),
    ("rock, double-time, allegro", "rock", {}),
    ("grunge in Em", "rock", {"key": "E minor"}),
    ("epic orchestral trailer with choir and brass", "cinematic", {"wanted": ("choir", "brass")}),
    ("film score, solo piano", "cinematic", {"only": "piano"}),
    ("orchestral, adagio", "cinematic", {}),
    ("cinematic with synth bass", "cinematic", {"wanted": ("synth_bass",)}),
    ("cinematic strings, no percussion", "cinematic", {"without": {"drums", "timpani"}}),
    ("symphonic, C minor, 84 bpm, french horn", "cinematic", {"bpm": 84, "wanted": ("horns",)}),
    ("film music, no choir, no brass", "cinematic", {"without": {"choir", "brass", "horns"}}),
    # What is not wanted.
    ("instrumental, no singing, deep house", "house", {}),
    ("jazz without any vocals", "jazz", {}),
    ("vocal-free lofi", "lofi", {}),
    ("no vocals please, ambient", "ambient", {}),
    ("rock, no lyrics, no voice", "rock", {}),
    ("lofi, no drums, piano", "lofi", {"without": {"drums"}, "wanted": ("piano",)}),
    ("lofi, no drums, bass, or piano", "lofi", {"without": {"drums", "bass", "piano"}}),
    ("not jazz, no rock: ambient", "ambient", {}),
    ("house w/o piano", "house", {"without": {"piano"}}),
    ("house without drums and bass", "house", {"without": {"drums", "bass"}}),
    ("house, no drum and bass", "house", {"without": {"drums", "bass"}}),
    ("lofi minus the vinyl", "lofi", {"without": {"fx"}}),
    ("never too loud, calm lofi", "lofi", {}),
    ("jazz, don't use any guitar", "jazz", {"without": {"guitar"}}),
    # How it sounds.
    ("warm jazz", "jazz", {}),
    ("muffled lofi, heard from the next room", "lofi", {}),
    ("gritty distorted house", "house", {}),
    ("dry, close-up jazz, no reverb", "jazz", {}),
    ("lush cinematic strings, lots of reverb", "cinematic", {"wanted": ("strings",)}),
    ("minimal ambient", "ambient", {}),
    ("vintage 1950s jazz on tape", "jazz", {}),
    ("modern, crisp, punchy house", "house", {}),
    ("70s rock", "rock", {}),
    ("dense wall of sound rock", "rock", {}),
    ("rock in mono", "rock", {}),
    ("retro lofi, wobbly cassette", "lofi", {}),
    # The form.
    ("slow build house with a big drop", "house", {}),
    ("cinematic crescendo, starts quietly, grand finale", "cinematic", {}),
    ("lofi with a long intro", "lofi", {}),
    ("rock, no intro, verse chorus, bridge section", "rock", {}),
    ("house with a breakdown, fade out", "house", {}),
    ("ambient, fades in, quiet ending", "ambient", {}),
    ("rock with a guitar solo and an abrupt ending", "rock", {}),
    ("jazz, no solos", "jazz", {}),
    ("house, no drop", "house", {}),
    ("lofi, short intro, long outro", "lofi", {}),
    ("epic orchestral, climax at the end", "cinematic", {}),
]

# Genre, and a word from each notice, in any order.
NOTICED = [
    ("lofi with female vocals", "lofi", ["cannot sing"]),
    ("rock song with lyrics about love", "rock", ["cannot sing"]),
    ("jazz singer and a choir", "jazz", ["cannot sing"]),
    ("a cappella jazz", "jazz", ["cannot sing"]),
    ("ambient with theremin", "ambient", ["no theremin here; a synth lead"]),
    ("rock with bagpipes", "rock", ["no bagpipe here; an oboe"]),
    ("ambient with a sitar and tabla", "ambient", ["no sitar", "no tabla"]),
    ("jazz accordion", "jazz", ["no accordion"]),
    ("rock with didgeridoo", "rock", ["no didgeridoo"]),
    ("reggae with a melodica", "reggae", ["no melodica"]),
    ("ska for a summer day", "reggae", ["Reggae stands in"]),
    ("house waltz in 3/4", "house", ["3/4", "waltz"]),
    ("rock in 11/8", "rock", ["11/8"]),
    ("house in 4/4", "house", []),
    ("lofi, seamless loop", "lofi", ["seamless loop"]),
    ("loopable ambient", "ambient", ["loopable"]),
    ("rock with castanets", "rock", ["castanet"]),
    ("rock, something like early Pink Floyd", "rock", ["Pink Floyd"]),
    ("rock with a key change", "rock", ["key change"]),
    ("ambient, half-time", "ambient", ["half speed"]),
    ("rock at 1000 bpm", "rock", ["1000 bpm"]),
    ("house at 5 bpm", "house", ["5 bpm"]),
    ("jazz in the style of Miles Davis", "jazz", ["Miles Davis"]),
    ("jazz, no drums but heavy drums", "jazz", ["ruled out"]),
    ("lofi with a double bass and a synth bass", "lofi", ["no room for 'synth bass'"]),
    ("140 bpm slow drone no drums heavy drums", "ambient", ["ruled out"]),
    ("heavy dubstep", "drum and bass", ["no style called 'dubstep'"]),
]


def brief(prompt, **given):
    return read_prompt(prompt, **{"duration": 60, "seed": 1, **given})


@pytest.mark.parametrize(("prompt", "genre", "expected"), READ)
def test_a_prompt_is_read(prompt, genre, expected):
    heard = brief(prompt)
    assert heard.genre == genre
    assert heard.notices == ()
    assert set(expected.get("without", ())) <= set(heard.without)
    exact = {name: value for name, value in expected.items() if name != "without"}
    assert {name: getattr(heard, name) for name in exact} == exact


def test_the_name_of_a_style_asks_for_no_drums():
    for name in ("drum and bass", "drum & bass", "drum'n'bass", "drum-and-bass", "drum and bass only", "dnb"):
        assert brief(name).wanted == ()
        assert [reason.partition(" → ")[2] for reason in brief(name).reasons] == ["Drum and bass"]
    assert brief("house, not drum and bass").without == ()


@pytest.mark.parametrize(("prompt", "genre", "said"), NOTICED)
def test_what_cannot_be_done_is_said(prompt, genre, said):
    heard = brief(prompt)
    assert heard.genre == genre
    for words in said:
        assert any(words in notice for notice in heard.notices), heard.notices
    assert bool(said) == bool(heard.notices)


@pytest.mark.parametrize("prompt", [prompt for prompt, _, _ in READ + NOTICED])
def test_every_prompt_is_composed_and_explained(prompt):
    first, again = brief(prompt, duration=20), brief(prompt, duration=20)
    assert first == again
    score = compose(first)
    assert set(first.wanted) <= {part.instrument for part in score.parts} or first.only
    assert first.reasons


def test_without_a_style_one_is_drawn_where_the_instruments_are_at_home():
    drawn = [brief("string quartet in G minor", seed=seed).genre for seed in range(20)]
    assert drawn.count("rock") + drawn.count("house") < 5
    drawn = [brief("double bass and drums", seed=seed).genre for seed in range(20)]
    assert drawn.count("rock") + drawn.count("house") < 5


@pytest.mark.parametrize(
    ("slower", "faster"),
    [
        ("slow jazz", "jazz"),
        ("jazz", "fast jazz"),
        ("jazz", "uptempo jazz"),
        ("largo lofi", "presto lofi"),
        ("adagio, film music", "allegro, film music"),
        ("very slow house", "very fast house"),
    ],
)
def test_tempo_words(slower, faster):
    def mean(prompt):
        return sum(brief(prompt, seed=seed).bpm for seed in range(8)) / 8

    assert mean(slower) < mean(faster) - 3


def test_a_tempo_mark_keeps_to_its_range():
    for seed in range(8):
        assert 76 <= brief("andante, house", seed=seed).bpm <= 100
        assert 108 <= brief("allegro rock", seed=seed).bpm <= 154
        middle = sum(GENRES["rock"].tempo) / 2
        assert abs(brief("midtempo rock", seed=seed, time_signature="4/4").bpm - middle) <= 20


def test_the_guide_names_only_what_is_read():
    guide = (settings.BASE_DIR / "docs/prompts.md").read_text("utf-8")
    examples = [example for cell in re.findall(r"\| \*([^*]+)\* \|", guide) for example in cell.split(", ")]
    assert len(examples) > 40
    for example in examples:
        heard = brief(example)
        assert [reason for reason in heard.reasons if "No style" not in reason], example
        assert heard.notices == (), example


def test_the_guide_says_how_often_each_genre_is_in_which_metre():
    guide = (settings.BASE_DIR / "docs/prompts.md").read_text("utf-8")
    rows = [tuple(row.strip("| ").split(" | ")) for row in guide.split("| genre |")[1].splitlines()[2:]]
    told = {name: shares for name, *shares in takewhile(lambda row: len(row) > 1, rows)}
    played = {genre.title: genre for genre in GENRES.values() if len(genre.metres) > 1}
    assert told == {title: _shares(genre) for title, genre in played.items()}


def _shares(genre: Genre) -> list[str]:
    weights = {name: style.weight for name, style in genre.metres.items()}
    return [
        f"{100 * weights[name] / sum(weights.values()):.0f} %" if name in weights else "–" for name in METRES
    ]


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_any_genre_in_any_mode(genre):
    for mode in ("major", "minor", "dorian", "phrygian", "lydian", "mixolydian"):
        heard = brief(f"in {mode}" if mode in ("major", "minor") else mode, genre=genre, duration=30)
        assert heard.mode == mode
        assert compose(heard).parts


def test_a_prompt_against_itself_is_read_without_harm():
    words = "140 bpm 60 bpm slow fast no drums heavy drums solo piano no piano in C major in D minor no intro"
    for seed in range(ENOUGH_SEEDS):
        assert compose(
            brief(
                f"{words} long intro fade in fade out dry spacious sparse lush half-time double-time",
                seed=seed,
            )
        ).parts
