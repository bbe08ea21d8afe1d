"""File names in a zip: by title, safe on every system, each there once."""

import pytest

from generation.archives.names import EntryNames


def names(*titles: str, extension: str = "mp3") -> list[str]:
    given = EntryNames()
    return [given.name_for(title, extension) for title in titles]


def test_equal_titles_are_numbered():
    assert names("Rain", "Rain", "Sun", "Rain") == ["Rain.mp3", "Rain (2).mp3", "Sun.mp3", "Rain (3).mp3"]


def test_names_that_one_system_takes_for_one_are_told_apart():
    assert names("Rain", "RAIN") == ["Rain.mp3", "RAIN (2).mp3"]
    assert names("Caf\u00e9", "Cafe\u0301") == ["Café.mp3", "Café (2).mp3"]
    assert names("Straße", "STRASSE") == ["Straße.mp3", "STRASSE (2).mp3"]


def test_a_title_that_looks_like_a_number_given_out_is_told_apart():
    assert names("Rain (2)", "Rain", "Rain") == ["Rain (2).mp3", "Rain.mp3", "Rain (3).mp3"]


@pytest.mark.parametrize("title", ["CON", "nul", "Aux.wav", "COM1", "lpt9", "con .txt"])
def test_no_file_is_called_as_a_device_of_windows(title):
    [name] = names(title)
    assert name.startswith("_") or "_" in name.split(".")[0]


@pytest.mark.parametrize(
    "title", ["../../etc/passwd", "a/b\\c", "\x00x", "..", " . ", 'q"u|e?*', "\u202eevil"]
)
def test_nothing_climbs_or_hides(title):
    [name] = names(title)
    assert not set(name) & set('/\\:*?"<>|\x00\u202e')
    assert not name.startswith(".")


def test_the_same_title_in_another_folder_is_another_file():
    given = EntryNames()
    assert [given.name_for("Rain", "wav", "audio/"), given.name_for("Rain", "mid", "midi/")] == [
        "audio/Rain.wav",
        "midi/Rain.mid",
    ]


def test_five_hundred_of_one_title_take_no_time():
    assert names(*["Rain"] * 500)[-1] == "Rain (500).mp3"
