from importlib import resources

import pytest

from generation.composer.genre_file import parse_genre
from generation.composer.genres import GENRES
from generation.composer.instruments import DRUM_KITS, RANGES
from generation.composer.tables import GenreFileError

LOFI = resources.files("generation.composer").joinpath("genres/lofi.toml").read_text(encoding="utf-8")


def test_the_genres_there_are():
    assert set(GENRES) == {
        *("ambient", "cinematic", "classical", "folk", "funk", "hip hop"),
        *("house", "jazz", "lofi", "pop", "rock", "techno"),
    }


def test_a_genre_knows_its_names_and_keeps_the_sound_half_apart():
    house = GENRES["house"]
    assert {"house", "electronic", "edm", "synthwave"} <= set(house.aliases)
    assert "mix" in house.sound
    assert "tempo" not in house.sound


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('title = "Lo-fi"', 'title = "Lo-fi"\ntittle = "x"', "tittle.*misspelt"),
        ("energy = 0.38", 'energy = "high"', "energy: needs a number"),
        ("energy = 0.38\n", "", "energy: is missing"),
        ("tempo = [70, 90]", "tempo = [90, 70]", "tempo: needs two numbers"),
        ('keys = ["epiano", "piano"]', 'keys = ["kazoo"]', "instruments.keys: 'kazoo'"),
        ('"Dm7 | G7 | Cmaj9 | Cmaj7"', '"Dm7 | H13"', r"progressions\[0\].chords: 'H13'"),
        ('main = ["X-----x---x-----"', 'main = ["X-----x---x----"', "players.keys.patterns.main: .*15 steps"),
        ('drums = "lift"', 'drums = "lifted"', "sections.B.roles.drums: there is no groove 'lifted'"),
        (
            'harmony = "B"\ntheme = "B"',
            'harmony = "Z"\ntheme = "B"',
            "sections.B.harmony: no progression 'Z'",
        ),
        ('"A:1", "A:2"', '"A:1", "C:2"', "forms.shapes: 'C:2'"),
        ("low = 31\nhigh = 46", "low = 31\nhigh = 40", "players.bass: .*octave"),
        ("# ---- sound:", "# ----", "no line that starts with"),
        ('name = "lofi"', 'name = "lofi', "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_file_and_key(old, new, named):
    assert old in LOFI
    with pytest.raises(GenreFileError, match=rf"^lofi.toml: .*{named}"):
        parse_genre(LOFI.replace(old, new, 1), "lofi.toml")


def test_every_instrument_can_play_the_tunes_of_its_role():
    for genre in GENRES.values():
        assert set(genre.instruments.get("drums", ())) <= set(DRUM_KITS)
        for role in genre.roles:
            for name in (*genre.instruments.get(role, ()), *genre.on_request.get(role, ())):
                if genre.players[role].style in ("bass", "drone"):
                    low, high = RANGES[name]
                    assert low <= genre.players[role].low, (genre.name, role, name)
                    assert genre.players[role].high <= high, (genre.name, role, name)
