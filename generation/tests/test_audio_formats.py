from generation.audio.formats import FORMATS


def test_the_formats_are_those_of_the_contract_with_the_types_browsers_know():
    assert {name: kind.content_type for name, kind in FORMATS.items()} == {
        "wav": "audio/wav",
        "mp3": "audio/mpeg",
        "flac": "audio/flac",
        "opus": "audio/ogg",
    }


def test_each_format_is_found_under_its_own_name():
    assert all(kind.name == name == kind.extension for name, kind in FORMATS.items())


def test_the_lossy_ones_say_so():
    assert [name for name, kind in FORMATS.items() if kind.lossy] == ["mp3", "opus"]
