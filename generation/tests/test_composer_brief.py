import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generation.composer.genre.catalog import GENRES
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.compose import compose, score_hash

WORDS = (
    *(
        "lofi",
        "jazz",
        "rock",
        "ambient",
        "house",
        "epic",
        "sad",
        "happy",
        "slow",
        "fast",
        "no",
        "without",
        "not",
    ),
    *("drums", "bass", "piano", "sax", "guitar", "vocals", "solo", "only", "in", "C#", "a", "minor", "major"),
    *(
        "dorian",
        "key",
        "of",
        "90",
        "bpm",
        "9999 bpm",
        "12-80 bpm",
        "tempo",
        ":",
        ",",
        "and",
        "or",
        "🎷",
        "ジャズ",
    ),
    *(
        "slow build",
        "drop",
        "no intro",
        "long intro",
        "bridge section",
        "with a break",
        "verse chorus",
        "fade out",
    ),
    *(
        "80s",
        "1920s",
        "muffled",
        "sparse",
        "lush",
        "half-time",
        "andante",
        "harp",
        "808",
        "theremin",
        "timpani",
    ),
    *("like Miles Davis", "in the style of", "3/4", "loop", "quiet ending", "finale", "abrupt ending"),
    *("♭", "'", '"', "\\", "(", "[", "%", "\n", "\x00", "\ud800"),
)


def brief(prompt, **given):
    return read_prompt(prompt, **{"duration": 30, "seed": 1, **given})


@pytest.mark.parametrize(
    ("prompt", "genre"),
    [
        ("rainy night lo-fi", "lofi"),
        ("chillhop beats to study to", "lofi"),
        ("deep house for the club", "house"),
        ("80s synthwave, neon city", "house"),
        ("smoky bebop with a walking bass", "jazz"),
        ("jazz lofi with a saxophone", "lofi"),
        ("jazzy lofi", "lofi"),
        ("ambient techno", "techno"),
        ("acid at 4am in a warehouse", "techno"),
        ("jungle, chopped breaks", "drum and bass"),
        ("liquid funk", "drum and bass"),
        ("ambient drum and bass", "drum and bass"),
        ("drums and bass, jazz", "jazz"),
        ("dark trap beat with 808s", "hip hop"),
        ("boom bap", "hip hop"),
        ("lofi hip hop", "lofi"),
        ("catchy pop song", "pop"),
        ("k-pop", "pop"),
        ("funky slap bass", "funk"),
        ("disco", "funk"),
        ("sunny reggae by the sea", "reggae"),
        ("dub", "reggae"),
        ("dub techno", "techno"),
        ("loud punk rock anthem", "rock"),
        ("meditation in deep space", "ambient"),
        ("epic battle, dragons and a choir", "cinematic"),
        ("爵士乐，夜晚", "jazz"),
        ("not jazz, no rock: ambient", "ambient"),
    ],
)
def test_words_point_to_a_genre(prompt, genre):
    assert brief(prompt).genre == genre


def test_what_is_asked_beside_the_prompt_wins():
    asked = brief("sad rock in C major at 90 bpm", genre="jazz", bpm=141.5, key="Bb dorian")
    assert (asked.genre, asked.bpm, asked.key) == ("jazz", 141.5, "Bb dorian")


@pytest.mark.parametrize(
    ("prompt", "bpm"),
    [
        ("house at 90 bpm", 90),
        ("tempo: 132", 132),
        ("100-110 BPM jazz", 105),
        ("72.5 beats per minute", 72.5),
    ],
)
def test_a_tempo_in_the_prompt_is_kept_exactly(prompt, bpm):
    assert brief(prompt).bpm == bpm


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        ("jazz in D minor", "D minor"),
        ("F# minor rock", "F# minor"),
        ("B♭ major please", "Bb major"),
        ("a tune in a minor", "A minor"),
        ("C sharp minor", "C# minor"),
        ("song in Am, slow", "A minor"),
    ],
)
def test_a_key_in_the_prompt_is_kept(prompt, key):
    assert brief(prompt).key == key


def test_words_that_only_look_like_keys_are_not():
    keys = {brief(text).key for text in ("rock", "rock, a minor detail", "a major rock hit", "be mine, rock")}
    assert len(keys) == 1


def test_tempo_outside_the_limits_is_said_and_not_used():
    heard = brief("rock at 1000 bpm", time_signature="4/4")
    assert 100 < heard.bpm < 155
    assert any("1000 bpm" in notice for notice in heard.notices)


def test_moods_move_energy_valence_tempo_and_mode():
    calm, wild = brief("calm sad slow jazz"), brief("energetic happy fast jazz")
    assert calm.energy < 0.35 < 0.65 < wild.energy
    assert calm.valence < 0 < wild.valence
    assert calm.bpm < wild.bpm
    minor = [read_prompt("sad dark lofi", duration=30, seed=seed).mode == "minor" for seed in range(40)]
    major = [read_prompt("happy lofi", duration=30, seed=seed).mode == "major" for seed in range(40)]
    assert sum(minor) > 20
    assert sum(major) > 20


def test_epic_leans_minor():
    modes = [read_prompt("epic film score", duration=30, seed=seed).mode for seed in range(40)]
    assert modes.count("minor") > 28


def test_what_is_unwanted_is_left_out():
    assert "drums" in brief("lofi without drums").without
    assert {"drums", "bass"} <= set(brief("rock, no drums or bass").without)
    assert "drums" in brief("drumless jazz").without
    assert "guitar" in brief("lofi, don't use any guitar").without
    assert {"strings", "violins"} <= set(brief("cinematic without strings").without)
    assert brief("jazz with drums").without == ()


@pytest.mark.parametrize(
    ("prompt", "genre", "role", "instruments"),
    [
        ("80s pop, no gated reverb", "pop", "drums", {"pop_kit"}),
        ("no drum machine", "house", "drums", {"rock_kit"}),
        ("without a 909", "techno", "drums", {"electronic_kit"}),
        ("no 808", "hip hop", "bass", {"sub_bass", "synth_bass", "fingered_bass"}),
        ("80s lo-fi, no synth", "lofi", "bass", {"fingered_bass", "double_bass"}),
        ("no synths", "techno", "bass", {"sub_bass", "bass_808"}),
    ],
)
def test_beat_and_bass_go_on_without_the_instrument_that_is_unwanted(prompt, genre, role, instruments):
    for seed in range(6):
        score = compose(read_prompt(prompt, duration=20, seed=seed, genre=genre))
        assert {part.role: part.instrument for part in score.parts}[role] in instruments


def test_wanted_instruments_are_cast():
    score = compose(brief("lofi with a saxophone and an electric piano"))
    cast = {part.role: part.instrument for part in score.parts}
    assert cast["lead"] == "saxophone"
    assert cast["keys"] == "epiano"


def test_just_drums_is_drums_alone():
    assert [part.role for part in compose(brief("just drums, rock")).parts] == ["drums"]
    assert "drums" in {part.role for part in compose(brief("ambient with drums")).parts}


def test_solo_piano_is_piano_alone():
    score = compose(brief("solo piano jazz"))
    assert {part.instrument for part in score.parts} == {"piano"}


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_nothing_left_to_play_still_plays(genre):
    everything = "no drums, no bass, no piano, no guitar, no strings, no synths, no brass, no melody, no pads"
    score = compose(brief(everything, genre=genre))
    assert score.parts


def test_reasons_and_notices_are_sentences_for_people():
    heard = brief("rainy lofi with vocals and an accordion, no drums")
    assert "'rainy' → Lo-fi, calmer, darker" in heard.reasons
    assert "'no drums' → left out" in heard.reasons
    assert any("cannot sing" in notice for notice in heard.notices)
    assert any("accordion" in notice for notice in heard.notices)
    assert brief("lofi without vocals").notices == ()
    assert any("country" in notice for notice in brief("country ballad").notices)


def test_a_prompt_that_says_nothing_still_gets_a_genre_by_seed():
    drawn = {read_prompt("🎉", duration=30, seed=seed).genre for seed in range(60)}
    assert len(drawn) >= 5
    assert "No style was named" in brief("🎉").reasons[0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"duration": 4.9},
        {"duration": 301},
        {"duration": float("nan")},
        {"bpm": 29},
        {"bpm": float("nan")},
        {"bpm": 301},
        {"genre": "polka"},
        {"key": "H dur"},
    ],
)
def test_wrong_arguments_are_refused(wrong):
    with pytest.raises(ValueError, match=r"seconds|BPM|Genres are|not a key"):
        brief("rock", **wrong)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)))
def test_no_prompt_raises(prompt):
    heard = read_prompt(prompt, duration=5, seed=3)
    assert 30 <= heard.bpm <= 300
    assert compose(heard).parts


@pytest.mark.parametrize(
    "prompt", ["sad slow rock in B minor without drums", "🎉", "epic 97.3 bpm lofi with sax"]
)
def test_the_values_used_give_the_same_music_again(prompt):
    for seed in range(6):
        for duration in (5, 7.3, 30, 61.7):
            first = read_prompt(prompt, duration=duration, seed=seed)
            again = read_prompt(
                prompt, duration=duration, seed=seed, genre=first.genre, bpm=first.bpm, key=first.key
            )
            assert score_hash(compose(again)) == score_hash(compose(first))
