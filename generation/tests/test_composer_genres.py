from collections import Counter
from importlib import resources

import pytest

from generation.composer.genre.catalog import GENRES
from generation.composer.genre.file import parse_genre
from generation.composer.genre.tables import GenreFileError
from generation.composer.instruments import DRUM_KITS, RANGES
from generation.composer.reading.prompt import read_prompt
from generation.composer.theory import Chord
from generation.composer.writing.compose import compose

LOFI = resources.files("generation.composer.genre").joinpath("files/lofi.toml").read_text(encoding="utf-8")


def test_these_are_the_genres():
    assert set(GENRES) == {
        *("ambient", "cinematic", "classical", "drum and bass", "folk", "funk", "hip hop"),
        *("house", "jazz", "lofi", "pop", "reggae", "rock", "techno"),
    }


def test_a_word_belongs_to_one_genre():
    words = [word for genre in GENRES.values() for word in (*genre.aliases, *genre.nearest, *genre.keywords)]
    assert [word for word, count in Counter(words).items() if count > 1] == []


def test_a_genre_knows_its_names_and_keeps_the_sound_half_apart():
    house = GENRES["house"]
    assert {"house", "edm", "synthwave"} <= set(house.aliases)
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
        ("[cadences.major]", "[cadences.lydian]", "cadences.major: is missing"),
        ('"A:1", "A:2"', '"A:1", "C:2"', "forms.shapes: 'C:2'"),
        ('"A:1", "A:2"', '"A:1", "A"', "forms.shapes: 'A' does not say how many bars"),
        ('"A:1", "A:2", "A:4", ', "", "forms.shapes: has no shape of a single section"),
        (
            '"idea sequence fragment cadence"',
            '"idea sequel fragment cadence"',
            "melody.plans: 'sequel' is not one of",
        ),
        ("[sections.A]", '[sections.A]\nfill = "mane"', "sections.A.fill: there is no fill 'mane'"),
        ("low = 31\nhigh = 46", "low = 31\nhigh = 40", "players.bass: .*octave"),
        ("# ---- sound:", "# ----", "no line that starts with"),
        ('name = "lofi"', 'name = "lofi', "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_file_and_key(old, new, named):
    assert old in LOFI
    with pytest.raises(GenreFileError, match=rf"^lofi.toml: .*{named}"):
        parse_genre(LOFI.replace(old, new, 1), "lofi.toml")


@pytest.mark.parametrize("genre", ["techno", "hip hop", "pop", "funk", "drum and bass"])
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_progressions_keep_to_their_key(genre, mode):
    for use in {section.harmony for section in GENRES[genre].sections.values()}:
        for bars in GENRES[genre].progressions_for(mode, use):
            chords = [chord for bar in bars for chord in bar]
            tonic = [chord for chord in chords if chord.root == 0]
            assert tonic, (use, bars)
            assert {family_of(chord) for chord in tonic} == {mode}
    assert family_of(GENRES[genre].cadence_for(mode).end) == mode


@pytest.mark.parametrize("genre", sorted(GENRES))
def test_no_progression_stands_twice_in_a_mode(genre):
    """Sections of two kinds would have the same chords, or one of three progressions come as often as two."""
    for mode in dict.fromkeys(mode for mode, _ in GENRES[genre].progressions):
        bars = [bars for (of, _), group in GENRES[genre].progressions.items() if of == mode for bars in group]
        assert len(set(bars)) == len(bars), mode


def family_of(chord: Chord) -> str:
    return "minor" if 3 in chord.intervals else "major"


def test_any_genre_can_be_asked_for_in_major_and_minor():
    for genre in GENRES:
        for key in ("E major", "E minor"):
            made = compose(read_prompt("", duration=20, seed=1, genre=genre, key=key))
            assert (made.tonic, made.mode) == (4, key.split()[1])


def test_every_instrument_can_play_the_tunes_of_its_role():
    for genre in GENRES.values():
        assert set(genre.instruments.get("drums", ())) <= set(DRUM_KITS)
        for role in genre.roles:
            for name in (*genre.instruments.get(role, ()), *genre.on_request.get(role, ())):
                if genre.players[role].style in ("bass", "drone"):
                    low, high = RANGES[name]
                    assert low <= genre.players[role].low, (genre.name, role, name)
                    assert genre.players[role].high <= high, (genre.name, role, name)
