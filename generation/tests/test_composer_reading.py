import pytest

from generation.composer.reading.matching import Notes, found
from generation.composer.reading.prompt import read_prompt
from generation.composer.shade import PLAIN, Shade
from generation.composer.structure import AS_USUAL, Structure


def test_whole_words_are_found_once_the_longest_first_in_any_script():
    text = "jazz guitars, a guitar and ロックです; rocking"
    assert found(text, ("guitar", "jazz guitar", "ロック", "rock")) == ["jazz guitar", "guitar", "ロック"]


def test_no_terms_find_nothing():
    assert found("anything", ()) == []


def test_what_a_word_means_is_one_sentence():
    notes = Notes()
    for meaning in ("Lo-fi", "calmer", "Lo-fi"):
        notes.reason("rainy", meaning)
    assert notes.reasons == ("'rainy' → Lo-fi, calmer",)


def brief(prompt, **given):
    return read_prompt(prompt, **{"duration": 60, "seed": 1, **given})


@pytest.mark.parametrize(
    ("prompt", "reason"),
    [
        ("groovy pop", "'groovy' → more energy, brighter"),
        ("tender jazz", "'tender' → brighter"),
        ("night jazz", "'night' → calmer, darker"),
        ("slow jazz", "'slow' → calmer, slower"),
        ("fast jazz", "'fast' → more energy, faster"),
        ("jazz, no reverb", "'no reverb' → dry"),
        ("jazz without tape", "'no tape' → clean"),
        ("drumless jazz", "'drumless' → no drums"),
        ("andante allegro jazz", "'andante' → 76 to 100 BPM"),
        ("midtempo jazz", "'midtempo' → the middle of the style's tempi"),
        ("jazz, double time", "'double time' → drums at double speed"),
        ("ambient with drums, half-time", "'half-time' → drums at half speed"),
        ("rock in the key of F", "'key of F' → key"),
        ("rock in minor", "'in minor' → minor"),
        ("jazz and a harp", "'harp' → harp, as a guest"),
        ("rock with tape", "'tape' → worn tape"),
        ("80s rock", "'80s' → sounds like the 80s"),
        ("rock, middle eight", "'middle eight' → a bridge"),
        ("rock, fade out", "'fade out' → fades out"),
        ("solo oboe, jazz", "'solo oboe' → oboe alone"),
    ],
)
def test_each_word_that_is_understood_has_its_reason(prompt, reason):
    heard = brief(prompt)
    assert reason in heard.reasons
    assert heard.notices == ()


@pytest.mark.parametrize(
    ("prompt", "shade"),
    [
        ("lofi", PLAIN),
        ("jazz, no reverb", Shade(space_db=-12)),
        ("rock without distortion or tape", Shade(clean=True)),
        ("80s pop", Shade(brightness_db=3, space_db=4, warmth_db=-1)),
        ("rock, fade in and fade out", Shade(fade_in=True, fade_out=True)),
        ("sparse jazz, fade out", Shade(density=-0.8, fade_out=True)),
        ("jazz, no fade out", PLAIN),
    ],
)
def test_words_for_the_sound_make_a_shade(prompt, shade):
    assert brief(prompt).shade == shade


def test_a_style_that_is_not_chosen_still_colours_the_sound():
    assert brief("lofi", genre="house").shade.wow_cents > 0


def test_an_era_prefers_its_instruments_each_once():
    assert brief("80s pop").prefers[0] == "gated_kit"
    twice = brief("60s and 70s rock").prefers
    assert {"picked_bass", "clavinet"} < set(twice)
    assert len(set(twice)) == len(twice)
    assert brief("modern pop").prefers == ()


@pytest.mark.parametrize(
    ("prompt", "structure"),
    [
        ("rock", AS_USUAL),
        ("rock, no intro, no outro", Structure(intro="none", outro="none")),
        ("rock, long intro, then a short intro", Structure(intro="long")),
        ("rock, no bridge and no breakdown", Structure(without=("break", "bridge"))),
        ("rock with a bridge and a drop", Structure(sections=("drop", "bridge"))),
        ("rock, starts quietly, ends with a bang", Structure(course=("quiet start",), last="loud")),
        ("rock, slow build to a climax", Structure(course=("build", "climax"))),
        ("rock, no climax", AS_USUAL),
        ("rock, stops suddenly", Structure(abrupt=True)),
        ("rock, half-time", Structure(pulse="half")),
        ("rock, no drums, half-time", AS_USUAL),
        ("rock for solo piano", AS_USUAL),
        ("rock like a rain drop", AS_USUAL),
    ],
)
def test_words_for_the_form_make_a_structure(prompt, structure):
    assert brief(prompt).structure == structure


@pytest.mark.parametrize(("bpm", "kept"), [(29.9, False), (30, True), (300, True), (300.5, False)])
def test_a_tempo_is_used_within_the_limits(bpm, kept):
    heard = brief(f"rock at {bpm} bpm")
    assert (heard.bpm == bpm) == kept
    assert bool(heard.notices) != kept


def test_after_an_impossible_tempo_the_next_one_counts():
    assert brief("rock at 1000 bpm, 90 bpm").bpm == 90


def test_the_limits_of_arguments_are_within_them():
    assert brief("rock", duration=5, bpm=30).bpm == 30
    assert brief("rock", duration=300, bpm=300).duration == 300


def test_what_is_not_wanted_does_not_choose_the_style_or_mood():
    assert brief("not jazz, ambient, not sad").valence == brief("ambient").valence
    assert brief("house, no jazz").genre == "house"
    assert brief("rock, similar to Jazz Messengers").genre == "rock"


def test_of_styles_named_alike_the_first_counts():
    assert (brief("rock and jazz").genre, brief("jazz and rock").genre) == ("rock", "jazz")


def test_energy_and_valence_stay_within_their_limits():
    wild = brief("epic aggressive energetic explosive heavy rock")
    assert wild.energy == 1.0
    assert brief("calm sleepy sad slow quiet ambient").energy == 0.0


def test_a_synth_voice_is_an_instrument_and_no_singer():
    heard = brief("house with a synth voice")
    assert (heard.wanted, heard.notices) == (("synth_voice",), ())


def test_one_instrument_by_two_names_plays_once():
    assert brief("rock with saxophone, sax and theremin").wanted == ("saxophone", "saw_lead")


def test_a_solo_of_what_is_ruled_out_or_unknown_is_none():
    assert brief("only drums, no drums, rock").only == ""
    assert brief("solo didgeridoo, rock").only == ""


def test_an_instrument_that_stands_in_alone_is_said_to():
    heard = brief("solo theremin, ambient")
    assert heard.only == "saw_lead"
    assert heard.notices == ("There is no theremin here; a synth lead plays in its place.",)


def test_one_that_the_genre_has_is_chosen_before_a_guest():
    assert brief("jazz with an electric guitar").wanted == ("jazz_guitar",)
    assert brief("techno with an electric guitar").wanted == ("lead_guitar",)
    assert brief("folk with an electric guitar").wanted == ("clean_guitar",)
    assert brief("jazz with guitar, no jazz guitar").wanted != ("jazz_guitar",)
