"""Names of downloads, from titles in any script and of any mischief."""

import re
from email.message import Message
from pathlib import PureWindowsPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generation.storage import content_disposition
from generation.storage.disposition import file_name


def saved_as(header: str) -> str:
    """Return the name that a browser saves under, read by the standard library's parser."""
    message = Message()
    message["Content-Disposition"] = header
    del_plain = re.sub(r'filename="[^"]*"; ', "", header)
    message.replace_header("Content-Disposition", del_plain)
    name = message.get_filename()
    assert name is not None
    return name


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Rainy night", "Rainy night.wav"),
        ("Größe: 10 / 7", "Größe 10 7.wav"),
        ("夜の雨", "夜の雨.wav"),
        ("ليلة ممطرة", "ليلة ممطرة.wav"),
        ("👩‍🎤 live", "👩‍🎤 live.wav"),
        ("../../etc/passwd", "etc passwd.wav"),
        ("a\r\nSet-Cookie: b", "a Set-Cookie b.wav"),
        ('say "hi"; filename=evil.exe', "say hi ; filename=evil.exe.wav"),
        ("100% jazz", "100% jazz.wav"),
        ("fdp.\u202egnp", "fdp.gnp.wav"),
        (" . ", "track.wav"),
        ("\x00\x07", "track.wav"),
        ("", "track.wav"),
        ("CON", "CON_.wav"),
        ("nul", "nul_.wav"),
        ("Aux .", "Aux_.wav"),
        ("PRN.live at home", "PRN_.live at home.wav"),
        ("com1", "com1_.wav"),
        ("COM²", "COM²_.wav"),
        ("LPT0 .b", "LPT0_.b.wav"),
        ("CONIN$", "CONIN$_.wav"),
        ("Con\u200d", "Con_.wav"),
        ("Concert", "Concert.wav"),
        ("COM", "COM.wav"),
        ("COM10", "COM10.wav"),
        ("my CON", "my CON.wav"),
    ],
)
def test_title_names_the_download(title, name):
    assert saved_as(content_disposition(title, "wav")) == name


def test_old_clients_get_plain_letters():
    assert content_disposition("Größe", "wav").startswith(
        "attachment; filename=\"Groe.wav\"; filename*=UTF-8''"
    )
    assert content_disposition("夜の雨", ".mp3").startswith('attachment; filename="track.mp3"; ')
    assert content_disposition("ＣＯＮ", "wav").startswith('attachment; filename="CON_.wav"; ')
    assert content_disposition("COM¹", "wav").startswith('attachment; filename="COM1_.wav"; ')
    assert content_disposition("50%41", "wav").startswith('attachment; filename="50 41.wav"; ')


@given(st.text(max_size=400))
def test_any_title_gives_one_harmless_header(title):
    header = content_disposition(title, "wav")
    plain, quoted = r"[ !#$&-.0-9;=@-\[\]-~]+", r"[A-Za-z0-9!#$&+.^_`|~%-]+"
    assert re.fullmatch(rf"attachment; filename=\"{plain}\.wav\"; filename\*=UTF-8''{quoted}\.wav", header)
    name = saved_as(header)
    assert not set(name) & set('/\\:*?"<>|\r\n\0')
    assert name.strip() == name
    assert not name.startswith(".")
    assert len(name.encode()) < 200
    assert PureWindowsPath(name).name == name
    assert not refused_by_windows(name)
    assert not refused_by_windows(header.partition('filename="')[2].partition('"')[0])


def refused_by_windows(name: str) -> bool:
    """As https://learn.microsoft.com/windows/win32/fileio/naming-a-file has it."""
    device = name.partition(".")[0].rstrip(" ").upper()
    numbered = {f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³"}
    ends_wrong = name.endswith((".", " "))
    return ends_wrong or device in {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", *numbered}


DEVICES = st.sampled_from(["CON", "prn", "Aux", "NUL", "com1", "LPT9", "COM³", "LPT¹", "conout$"])


@given(DEVICES, st.text(" .\u200d\u202e\0", max_size=4), st.text(" .a", max_size=4), DEVICES)
def test_no_title_names_a_device_of_windows(device, before, after, other):
    for title in (f"{before}{device}{after}", f"{device}.{other}{after}"):
        name = saved_as(content_disposition(title, "wav"))
        assert not refused_by_windows(name), title


def test_an_ending_is_never_cut():
    name = saved_as(content_disposition("雨" * 300, "zip", " (stems)"))
    assert name.endswith("雨 (stems).zip")
    assert len(name.encode()) < 200
    assert saved_as(content_disposition("CON", "zip", " (stems)")) == "CON (stems).zip"


def test_long_title_is_cut_between_letters():
    assert file_name("雨" * 300) == "雨" * 60


@pytest.mark.parametrize("extension", ["", "w/v", "wav\r\n", "wäv", "tar.gz"])
def test_extension_that_is_none_is_refused(extension):
    with pytest.raises(ValueError, match="extension"):
        content_disposition("Rainy night", extension)
