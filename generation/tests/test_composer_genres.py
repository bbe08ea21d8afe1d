from collections import Counter
from importlib import resources

import pytest

from generation.composer.genre.catalog import GENRES, read_genres
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
        ("low = 31\nhigh = 46", "low = 0\nhigh = 127", "players.bass: .*octave"),
        ("[players.pad]", "[players.harp]", "players.pad: is missing"),
        ("guitar = 0.4", "harp = 0.4", "chance.harp: is not a role with an instrument"),
        (
            'fx = "", guitar = "main" }',
            'fx = "", harp = "" }',
            "sections.intro.roles.harp: is not a role with",
        ),
        (
            'keys = "sparse", fx',
            'keys = "spars", fx',
            "sections.intro.roles.keys: players.keys has no pattern",
        ),
        (
            'later = { pad = "", guitar = "main" }',
            'later = { guitar = "mane" }',
            "sections.A.roles.guitar: .*'mane'",
        ),
        ('"A:1", "A:2"', '"A:1", "A:0"', "forms.shapes: 'A:0' does not say how many bars"),
        ('guitar = ["nylon_guitar"]', 'gitar = ["nylon_guitar"]', "instruments.gitar: is not a role"),
        ('pad = ["strings", "choir"', 'pad = ["strings", "kazoo"', "on_request.pad: 'kazoo'"),
        ("dorian = 1 }", "dorien = 1 }", "modes.dorien: is not a mode"),
        ('modes = ["dorian"]', 'modes = ["dorien"]', r"progressions\[4\].modes: 'dorien'"),
        ('"open_hat", "shaker"]', '"open_hat", "cowbell"]', "drum_voices: 'cowbell'"),
        ('ending_drums = ["kick"]', 'ending_drums = ["gong"]', "ending_drums: 'gong'"),
        ("quiet_without = []", 'quiet_without = ["cook"]', "quiet_without: 'cook'"),
        ('style = "comp"', 'style = "strum"', "players.keys.style: 'strum' is not one of"),
        (
            "[[grooves.main]]",
            '[[grooves.main]]\ngong = "x..............."',
            r"grooves.main\[0\].gong: is not a drum voice",
        ),
        ("Dm7 | G7 | Cmaj9 | Cmaj7", "Dm7 | | Cmaj9 | Cmaj7", "chords: .* has an empty bar"),
        ("Dm7 | G7 | Cmaj9 | Cmaj7", "% | G7 | Cmaj9 | Cmaj7", "chords: '%' is not a chord symbol"),
        ("energy = 0.38", "energy = true", "energy: needs a number"),
        ("voices = 4", "voices = 4.5", "voicing.voices: needs a whole number"),
        ("rootless = false", "rootless = 0", "voicing.rootless: needs true or false"),
        ("tempo = [70, 90]", "tempo = [70, 80, 90]", "tempo: needs two numbers"),
        ("tempo = [70, 90]", "tempo = [false, true]", "tempo: needs two numbers"),
        ("tempo = [70, 90]", "tempo = 70", "tempo: needs two numbers"),
        ("quiet_without = []", "quiet_without = [1]", "quiet_without: needs a list of texts"),
        ('name = "lofi"', "name = 1", "name: needs text"),
        ("[[grooves.main]]", "[grooves.first]\n[[grooves.main]]", "grooves.first: needs an array of tables"),
        (
            "[[grooves.main]]",
            "[grooves]\nfirst = [1]\n[[grooves.main]]",
            r"grooves.first: .*\[\[like this\]\]",
        ),
        ("# ---- sound:", "# ----", "no line that starts with"),
        ('name = "lofi"', 'name = "lofi', "is not TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_file_and_key(old, new, named):
    assert old in LOFI
    with pytest.raises(GenreFileError, match=rf"^lofi.toml: .*{named}"):
        parse_genre(LOFI.replace(old, new, 1), "lofi.toml")


@pytest.mark.parametrize(
    "table",
    [
        *("[feel]", "[voicing]", "[[progressions]]", "[cadences.minor]", "[forms]", "[sections.A]"),
        *("[players.keys]", "[melody]"),
    ],
)
def test_a_misspelt_key_is_refused_in_every_table(table):
    place = table.strip("[]")
    with pytest.raises(GenreFileError, match=rf"{place}.*\.tittle: is not a key .* misspelt"):
        parse_genre(LOFI.replace(f"\n{table}\n", f"\n{table}\ntittle = 1\n", 1), "lofi.toml")


def test_a_genre_lies_in_a_file_of_its_name(tmp_path):
    (tmp_path / "hip_hop.toml").write_text(
        LOFI.replace('name = "lofi"', 'name = "hip hop"'), encoding="utf-8"
    )
    (tmp_path / "notes.txt").write_text("no genre")
    assert list(read_genres(tmp_path)) == ["hip hop"]
    (tmp_path / "house.toml").write_text(LOFI, encoding="utf-8")
    with pytest.raises(GenreFileError, match=r"house\.toml: name: 'lofi' is not the file's name"):
        read_genres(tmp_path)


def test_only_sections_with_drums_need_their_fill():
    genre = parse_genre(LOFI.replace("[sections.intro]", '[sections.intro]\nfill = "mane"'), "lofi.toml")
    assert genre.sections["intro"].fill == "mane"


def test_a_percent_sign_repeats_the_bar_before():
    genre = parse_genre(LOFI.replace("Dm7 | G7 | Cmaj9 | Cmaj7", "Dm7 | % | G7 C"), "lofi.toml")
    bars = genre.progressions["major", "A"][0]
    assert [[chord.root for chord in bar] for bar in bars] == [[2], [2], [7, 0]]


def test_what_a_file_leaves_out_has_its_documented_value():
    genre = parse_genre(LOFI, "lofi.toml")
    intro, keys = genre.sections["intro"], genre.players["keys"]
    assert (intro.theme, intro.density, intro.lift, intro.swell, intro.crash) == ("", 1.0, 0, False, False)
    assert (keys.shift, keys.voices, keys.stagger, keys.overlap, keys.density) == (0, 4, 0.0, 0.0, 1.0)


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
