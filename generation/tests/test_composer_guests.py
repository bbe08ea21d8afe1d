import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.guests import guest_seat, seats_for, with_guests
from generation.composer.instruments import DRUM_KITS, INSTRUMENTS, RANGES, ROLES, TEXTURES
from generation.composer.reading.instrument_words import MEANINGS
from generation.composer.reading.prompt import read_prompt
from generation.composer.writing.casting import can_cast, seats
from generation.composer.writing.compose import compose

SOUNDING = tuple(name for name in INSTRUMENTS if name not in TEXTURES)


def cast_of(prompt, **given):
    score = compose(read_prompt(prompt, **{"duration": 40, "seed": 2, **given}))
    return {part.role: part.instrument for part in score.parts}


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_any_instrument_can_be_heard_in_any_genre(genre):
    words = {meaning.options[0]: word for word, meaning in MEANINGS.items() if meaning.options}
    for instrument, word in words.items():
        heard = read_prompt(word, duration=20, seed=1, genre=genre)
        parts = {part.instrument: part for part in compose(heard).parts}
        assert heard.wanted, word
        assert parts[heard.wanted[0]].notes, (genre, instrument)


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_guests_play_what_they_can_reach_and_the_others_stay(genre):
    usual = cast_of("", genre=genre)
    for word in ("harp", "flute", "choir", "brass", "clean guitar", "distorted guitar", "timpani", "oboe"):
        heard = read_prompt(word, duration=40, seed=2, genre=genre)
        score = compose(heard)
        cast = {part.role: part.instrument for part in score.parts}
        [instrument] = heard.wanted
        for part in score.parts:
            if part.instrument == instrument:
                low, high = RANGES[instrument]
                assert all(low <= note.pitch <= high for note in part.notes)
        changed = {role for role in usual if cast.get(role) != usual[role]}
        assert len(changed) <= 1, (word, changed)
        assert all(cast[role] == instrument for role in changed)


def test_two_soloists_share_lead_and_counter():
    cast = cast_of("jazz with saxophone and flute")
    assert cast["lead"] == "saxophone"
    assert "flute" in cast.values()


def test_ambient_has_drums_where_they_are_asked_for():
    score = compose(read_prompt("ambient with a drum machine", duration=40, seed=2))
    drums = next(part for part in score.parts if part.role == "drums")
    assert drums.instrument == "electronic_kit"
    assert {"kick"} < {note.voice for note in drums.notes}


def test_what_is_ruled_out_finds_no_seat():
    assert seats(GENRES["jazz"], ("flute",), frozenset({"flute"})) == {}
    assert seats(GENRES["ambient"], (DRUM_KITS[0],), frozenset({"drums"})) == {}


def test_a_guest_alone_plays_alone():
    assert set(cast_of("solo harp", genre="rock").values()) == {"harp"}
    assert set(cast_of("only a flute", genre="house").values()) == {"flute"}


def test_every_instrument_has_seats_that_exist():
    for instrument in SOUNDING:
        assert set(seats_for(instrument)) <= set(ROLES)


def test_what_a_genre_has_itself_is_no_guest():
    heard = read_prompt("jazz with piano and harp", duration=30, seed=1)
    assert can_cast(GENRES["jazz"], "piano")
    assert not can_cast(GENRES["jazz"], "harp")
    assert [reason for reason in heard.reasons if "guest" in reason] == ["'harp' → harp, as a guest"]


def test_a_guest_takes_the_best_free_seat_or_one_to_spare():
    jazz = GENRES["jazz"]
    assert guest_seat(jazz, "flute", ()) == "lead"
    assert guest_seat(jazz, "flute", ("lead",)) == "counter"
    assert guest_seat(jazz, "flute", ("lead", "counter", "keys")) == ""
    assert guest_seat(jazz, "piano", ("keys", "chords", "lead")) == "counter"


@pytest.mark.parametrize(
    ("instrument", "role"), [("double_bass", "bass"), ("rock_kit", "drums"), ("vinyl", "fx")]
)
def test_bass_drums_and_noises_have_one_seat_only(instrument, role):
    assert guest_seat(GENRES["jazz"], instrument, ()) == role
    assert guest_seat(GENRES["jazz"], instrument, (role,)) == ""


def test_guest_drums_bring_groove_voices_and_a_last_stroke():
    ambient = with_guests(GENRES["ambient"], {"drums": "rock_kit"})
    assert ambient.ending_drums == ("kick",)
    assert ambient.ending[-1] == "drums"
    assert set(ambient.drum_voices) >= {voice for groove in ambient.grooves["guest"] for voice in groove}
    assert {name for name, kind in ambient.sections.items() if "drums" in kind.roles} == {"A", "B"}


def test_a_guest_plays_where_the_energy_or_a_tune_is():
    loud = with_guests(GENRES["rock"], {"timpani": "timpani"}).sections
    assert {name for name, kind in loud.items() if "timpani" not in kind.roles} == {"bridge"}
    tunes = with_guests(GENRES["ambient"], {"lead": "banjo", "drums": "rock_kit"}).sections
    assert all(("lead" in kind.roles) == bool(kind.theme) for kind in tunes.values())


def test_a_guest_in_a_role_that_is_there_changes_no_players():
    lofi = GENRES["lofi"]
    with_wind = with_guests(lofi, {"fx": "wind"})
    assert with_wind.players is lofi.players
    assert with_wind.on_request["fx"] == ("wind",)
    assert with_guests(lofi, {"fx": "riser"}).players["fx"].style == "riser"
    assert with_guests(lofi, {"keys": "piano", "lead": "flute"}) is lofi
