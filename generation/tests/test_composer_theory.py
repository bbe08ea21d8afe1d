import pytest

from generation.composer.theory import SCALES, key_name, parse_chord, parse_key, scale_over


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A minor", (9, "minor")),
        ("F# major", (6, "major")),
        ("Bb dorian", (10, "dorian")),
        ("e♭ lydian", (3, "lydian")),
        ("C sharp minor", (1, "minor")),
        ("b minor", (11, "minor")),
        ("Am", (9, "minor")),
        ("G", (7, "major")),
    ],
)
def test_keys_are_read_as_people_write_them(text, key):
    assert parse_key(text) == key


@pytest.mark.parametrize("text", ["", "H minor", "A sad key", "minor", "12", "A# # minor", "🎹"])
def test_what_is_no_key_is_refused_with_what_is_accepted(text):
    with pytest.raises(ValueError, match=r"note from A to G.*major, minor"):
        parse_key(text)


def test_every_key_survives_its_own_name():
    for tonic in range(12):
        for mode in SCALES:
            assert parse_key(key_name(tonic, mode)) == (tonic, mode)


def test_keys_are_spelt_as_musicians_expect():
    names = {key_name(1, "minor"), key_name(1, "major"), key_name(10, "dorian"), key_name(6, "major")}
    assert names == {"C# minor", "Db major", "Bb dorian", "F# major"}
    assert key_name(3, "minor") == "Eb minor"


def test_a_chord_symbol_gives_its_notes():
    assert parse_chord("Abmaj7").pitch_classes == (8, 0, 3, 7)
    assert parse_chord("Dm7b5").transposed(2).pitch_classes == (4, 7, 10, 2)
    with pytest.raises(ValueError, match="Hm7"):
        parse_chord("Hm7")


def test_a_chord_may_stand_over_another_bass():
    plain, over = parse_chord("F9"), parse_chord("F9/C")
    assert (plain.bass, over.bass) == (5, 0)
    assert over.pitch_classes == plain.pitch_classes
    assert over.transposed(10).bass == 10
    assert over.transposed(10).root == 3
    assert parse_chord("Dm7/Bb").bass == 10
    for wrong in ("F/", "F/H", "F/C/G", "F/Cm", "/C"):
        with pytest.raises(ValueError, match="is not a chord symbol"):
            parse_chord(wrong)


def test_the_scale_bends_where_a_chord_leaves_it():
    over_dominant = scale_over(parse_chord("G7b9"), 0, "minor")
    assert 11 in over_dominant
    assert 10 not in over_dominant
    assert scale_over(parse_chord("Fm6"), 0, "major") == {0, 2, 4, 5, 7, 8, 11}
    assert scale_over(parse_chord("Am7"), 0, "major") == {0, 2, 4, 5, 7, 9, 11}
