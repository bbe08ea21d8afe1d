"""Reading tunes and counting what they do, on tunes written for it."""

import zipfile
from fractions import Fraction

import pytest

from generation.composer.learned.abc_notation import read_tunes
from generation.composer.learned.collections_of_tunes import learned_tunes, tunes_apart
from generation.composer.learned.counting import count_arches, count_pitches, count_rhythms
from generation.composer.learned.music_xml import read_chorale
from generation.composer.learned.tune import Strain, Tone, Tune, steps_per_bar


def tune(body: str, metre: str = "4/4", key: str = "C", unit: str = "1/8") -> Tune:
    [found] = read_tunes(f"X:1\nT:A tune\nM:{metre}\nL:{unit}\nK:{key}\n{body}\n")
    return found


def sung(found: Tune, strain: int = 0) -> list[tuple[float, float, int]]:
    return [(float(tone.start), float(tone.length), tone.pitch) for tone in found.strains[strain].tones]


def test_lengths_octaves_and_bars():
    found = tune("C2 E/F/ G c'4|z4 C,4|]")
    assert sung(found) == [(0, 4, 0), (4, 1, 4), (5, 1, 5), (6, 2, 7), (8, 8, 24), (24, 8, -12)]
    assert found.strains[0].bars == 2
    assert found.strains[0].even


def test_a_pickup_lies_before_the_first_bar_line():
    found = tune("G2|c4 e4|c6:|G2|e8|]")
    assert [strain.tones[0].start for strain in found.strains] == [-4, -4]
    assert [strain.bars for strain in found.strains] == [2, 1]


def test_accidentals_last_a_bar_and_keys_a_tune():
    assert [pitch for _, _, pitch in sung(tune("^F2 F2 =F2 F2|F8|]"))] == [6, 6, 5, 5, 5]
    assert [pitch for _, _, pitch in sung(tune("F2 G2 A2 B2|]", key="G"))] == [-8 + 7, 0, 2, 4]
    assert tune("D8|]", key="D Dorian").strains[0].mode == "minor"
    assert tune("D8|]", key="Dmix").strains[0].mode == "major"
    assert [pitch for _, _, pitch in sung(tune("D2 F2 c4|]", key="D mix"))] == [0, 4, 10]


def test_dotted_pairs_triplets_ties_chords_and_graces():
    assert [length for _, length, _ in sung(tune("C>D E<F G2 A2|]"))] == [3, 1, 1, 3, 4, 4]
    triplet = [tone.length for tone in tune("(3CDE C2 C4|]").strains[0].tones]
    assert triplet == [Fraction(4, 3)] * 3 + [4, 8]
    assert sung(tune("C4 G4-|G4 C4|]")) == [(0, 8, 0), (8, 16, 7), (24, 8, 0)]
    assert sung(tune('"4"{cd}[CEG]4 ~C4 |]')) == [(0, 8, 7), (8, 8, 0)]
    # Some write a slur between two pitches as a tie.
    assert len(sung(tune("C4-D4|]"))) == 2


def test_what_cannot_be_read_is_left_out():
    texts = (
        "X:1\nM:4/4\nK:C\nV:1\nC8|\n",
        "X:1\nM:none\nK:C\nC8|\n",
        "X:1\nM:4/4\nK:Z\nC8|\n",
        "X:1\nM:4/4\nK:C\n",
    )
    assert [list(read_tunes(text)) for text in texts] == [[], [], [], []]
    assert len(list(read_tunes("".join(texts) + "X:2\nM:4/4\nK:C\nC8|\n"))) == 1


def test_an_uneven_bar_is_told():
    assert not tune("C8|C6|C8|C8|]").strains[0].even
    assert tune("C8|C8|C8|C8|]").strains[0].even


CHORALE = """<score-partwise><part-list>{names}</part-list>{parts}</score-partwise>"""


def note(step: str, octave: int, quarters: int, extra: str = "") -> str:
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{pitch}<duration>{quarters}</duration><voice>1</voice>{extra}</note>"


def chorale(soprano: str, bass: str, names: tuple[str, ...] = ("Soprano", "Alto", "Tenor", "Bass")) -> str:
    attributes = (
        "<attributes><divisions>1</divisions><key><fifths>1</fifths></key>"
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
    )
    lines = [soprano, bass, bass, bass]
    parts = "".join(
        f"<part>{line.replace('<measure>', f'<measure>{attributes}', 1)}</part>" for line in lines
    )
    return CHORALE.format(
        names="".join(f"<score-part><part-name>{name}</part-name></score-part>" for name in names),
        parts=parts,
    )


FERMATA = "<notations><fermata/></notations>"
SOPRANO = (
    f"<measure>{note('D', 5, 1)}</measure>"
    f"<measure>{note('G', 4, 2)}{note('B', 4, 1)}{note('A', 4, 1, FERMATA)}</measure>"
    f"<measure>{note('A', 4, 2)}{note('G', 4, 1, FERMATA)}</measure>"
)


def test_the_soprano_of_a_chorale(tmp_path):
    path = tmp_path / "bwv1.xml"
    path.write_text(chorale(SOPRANO, f"<measure>{note('G', 2, 4)}</measure>"))
    found = read_chorale(path)
    assert found is not None
    [strain] = found.strains
    assert (strain.mode, strain.metre, strain.bars) == ("major", "4/4", 2)
    assert [(tone.start, tone.length, tone.pitch, tone.breath) for tone in strain.tones] == [
        (-4, 4, 7, False),
        (0, 8, 0, False),
        (8, 4, 4, False),
        (12, 4, 2, True),
        (16, 8, 2, False),
        (24, 4, 0, True),
    ]
    zipped = tmp_path / "bwv1.mxl"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container/>")
        archive.writestr("score.xml", path.read_text())
    assert read_chorale(zipped) == found


def test_other_pieces_and_unclear_keys_are_left_out(tmp_path):
    path = tmp_path / "bwv1.xml"
    path.write_text(chorale(SOPRANO, f"<measure>{note('A', 2, 4)}</measure>"))
    assert read_chorale(path) is None
    horns = ("Horn 1", "Horn 2", "Tenor", "Bass")
    path.write_text(chorale(SOPRANO, f"<measure>{note('G', 2, 4)}</measure>", horns))
    assert read_chorale(path) is None


def test_intervals_are_counted_by_what_led_to_them():
    counts = count_pitches([tune("C2 D2 C2 D2|E8|]")])
    assert counts["major"]["0"] == {"2": 1}
    assert counts["major"]["2 2"] == {"-2": 1, "2": 1}
    assert count_pitches([tune("C2 D2 C2 D2|E8|]")], 4)["major"]["2 2 -2"] == {"2": 1}


def strains(body: str, count: int = 40, metre: str = "4/4") -> list[Tune]:
    """Enough of the same strain to make a table of."""
    return [tune(body, metre)] * count


def test_rhythms_are_counted_within_the_bar_and_over_its_line():
    tables = count_rhythms({"song": strains("G2|c4 e4|c8|c4 c4-|c4 z2:|")})
    table = tables["4/4"]["song"]
    assert table["begins"] == {"-4": 40}
    assert table["next_onset"][0] == {"8": 80, "16": 40}
    assert table["next_onset"][12] == {"4": 40}
    # The last note begins on the third beat of the third bar and is held over the line for half of the fourth.
    assert (table["end_places"], table["end_lengths"]) == ({"8": 40}, {"16": 40})
    assert table["across"] == pytest.approx(1 / 3, abs=1e-4)
    assert (table["starts_before"], table["ends_after"]) == ({"8": 40}, {"8": 40})


def test_two_bars_of_two_make_one_of_four():
    tables = count_rhythms({"dance": strains("C2 D2|E4|C2 D2|E4:|", metre="2/4")})
    assert set(tables) == {"4/4"}
    assert tables["4/4"]["dance"]["next_onset"][0] == {"4": 80}
    assert tables["4/4"]["dance"]["next_onset"][8] == {"8": 40}


def test_too_few_strains_make_no_table():
    assert count_rhythms({"song": strains("c8|c8|c8|c8|]", 39)}) == {}


def test_arches_are_heights_about_their_mean():
    rising = tune("C8|D8|E8|F8|G8|A8|B8|c8|]")
    table = count_arches([rising])["4"]
    assert table["opening"]["heights"] == [height for height in (-1.5, -0.5, 0.5, 1.5) for _ in range(4)]
    assert table["closing"]["phrases"] == 1
    assert count_arches([rising])["2"]["inner"]["phrases"] == 2
    falling = tune("c8|B8|A8|G8|F8|E8|D8|C8|]")
    assert count_arches([falling])["4"]["opening"]["heights"][0] == 1.5


def test_collections_are_kept_apart(tmp_path):
    """What is apart shares no twelve intervals with what was learned, and no tune is read twice."""
    learned = "CDEFGABcBAGFEDCD|"
    other = "CEGcGEDFAdAFEGBe|"
    for folder in ("ryansMammoth", "oneills1850", "airdsAirs", "bach"):
        (tmp_path / folder).mkdir()
    header = "M:2/2\nL:1/8\nK:C\n"
    (tmp_path / "oneills1850" / "0001.abc").write_text(
        f"X:1\n{header}{learned}\n\nX:626\n{header}G{learned}\n\nX:2\n{header}{learned}\n"
    )
    (tmp_path / "airdsAirs" / "book1.abc").write_text(f"X:1\n{header}E{learned}\n\nX:2\n{header}{other}\n")
    kinds = learned_tunes(tmp_path)
    assert {kind: [found.number for found in tunes] for kind, tunes in kinds.items()} == {
        "song": [1],
        "dance": [626],
    }
    assert {name: [found.number for found in tunes] for name, tunes in tunes_apart(tmp_path).items()} == {
        "Aird": [2],
        "Bach": [],
    }


def test_a_tone_ends_and_a_bar_has_its_sixteenths():
    assert Tone(Fraction(3), Fraction(2), 0, 0).end == 5
    assert [steps_per_bar(metre) for metre in ("4/4", "2/2", "6/8", "9/8", "3/4")] == [16, 16, 12, 18, 12]
    assert Tune("", 1, (Strain("major", "4/4", 1, True, ()),)).intervals == ()
