"""Tags in files of every format: their layout, what other programs read of them, and that the sound stays as it is."""

from io import BytesIO

import pytest
import soundfile

from generation.audio.decode import decode
from generation.audio.encode import encode
from generation.audio.formats import FORMATS
from generation.audio.tagging.id3 import id3_tag, length_of_tag
from generation.audio.tagging.mp3 import retag_mp3
from generation.audio.tagging.ogg_page import Page
from generation.audio.tagging.retag import retag
from generation.audio.tagging.streams import NotThatFormat
from generation.audio.tagging.tags import LONGEST_TEXT, Tags
from generation.covers.pixels import cover_jpeg
from generation.tests import tag_readers
from generation.tests.audio_signals import beat

pytestmark = pytest.mark.ffprobe

COVER = cover_jpeg("jazz", 3, "D minor")
RAIN = Tags(
    title="Rain",
    artist="Night Radio",
    genre="lo-fi",
    comment="Seed: 7",
    bpm=91.6,
    key="F# minor",
    cover=COVER,
)
READ = {
    "title": "Rain",
    "artist": "Night Radio",
    "genre": "lo-fi",
    "comment": "Seed: 7",
    "bpm": "92",
    "key": "F#m",
    "cover": "yes",
}
EVERY_FORMAT = pytest.mark.parametrize("name", list(FORMATS))


@pytest.fixture(scope="module")
def untagged() -> dict[str, bytes]:
    """Two seconds in each format."""
    files = {name: BytesIO() for name in FORMATS}
    for name, file in files.items():
        encode(beat(2), name, file)
    return {name: file.getvalue() for name, file in files.items()}


def tagged(name: str, file: bytes, tags: Tags) -> bytes:
    target = BytesIO()
    retag(name, BytesIO(file), target, tags)
    return target.getvalue()


def sound_in(name: str, file: bytes) -> bytes:
    """What is sound in a file, taken out by a way of its own."""
    if name == "wav":
        position = 12
        while file[position : position + 4] != b"data":
            length = int.from_bytes(file[position + 4 : position + 8], "little")
            position += 8 + length + length % 2
        return file[position + 8 :][: int.from_bytes(file[position + 4 : position + 8], "little")]
    if name == "mp3":
        return file[length_of_tag(file[:10]) :]
    if name == "flac":
        position, is_last = 4, False
        while not is_last:
            is_last = bool(file[position] & 0x80)
            position += 4 + int.from_bytes(file[position + 1 : position + 4], "big")
        return file[position:]
    pages, stream = [], BytesIO(file)
    while page := Page.read(stream):
        pages.append(page)
    heads = 1 + sum(not page.position or page.position == -1 for page in pages[1:])
    return b"".join(page.content + page.position.to_bytes(8, "little") for page in pages[heads:])


@EVERY_FORMAT
def test_the_sound_stays_bit_for_bit_and_no_tag_of_before_is_left(untagged, name):
    before = Tags(title="Before " * 40, artist="Somebody else", album="Other", cover=COVER + bytes(70_000))
    first = tagged(name, untagged[name], before)
    again = tagged(name, first, RAIN)
    assert sound_in(name, again) == sound_in(name, first) == sound_in(name, untagged[name]) != b""
    assert again == tagged(name, untagged[name], RAIN)
    assert b"Before" not in again
    assert decode(BytesIO(first)).frames == decode(BytesIO(again)).frames == 96_000


@EVERY_FORMAT
@pytest.mark.parametrize("reader", ["mutagen", "ffprobe", "mediainfo", "eyed3"])
def test_every_reader_reads_every_tag(untagged, name, reader, tmp_path):
    if reader == "eyed3" and name != "mp3":
        return
    path = tmp_path / f"a.{FORMATS[name].extension}"
    path.write_bytes(tagged(name, untagged[name], RAIN))
    found = getattr(tag_readers, f"by_{reader}")(path)
    # Where there is INFO, FFmpeg leaves out what INFO has no name for.
    unread = {"bpm", "key"} if (reader, name) == ("ffprobe", "wav") else set()
    assert found == {field: text for field, text in READ.items() if field not in unread}


@EVERY_FORMAT
def test_libsndfile_reads_the_tags_too(untagged, name):
    with soundfile.SoundFile(BytesIO(tagged(name, untagged[name], RAIN))) as sound:
        assert (sound.title, sound.artist, sound.genre, sound.comment) == (
            "Rain",
            "Night Radio",
            "lo-fi",
            "Seed: 7",
        )


@EVERY_FORMAT
def test_without_tags_there_are_none(untagged, name, tmp_path):
    path = tmp_path / f"a.{FORMATS[name].extension}"
    path.write_bytes(tagged(name, tagged(name, untagged[name], RAIN), Tags()))
    assert tag_readers.by_mediainfo(path) == tag_readers.by_ffprobe(path) == {}


@EVERY_FORMAT
def test_tags_too_long_or_impossible_leave_a_whole_file(untagged, name, tmp_path):
    path = tmp_path / f"a.{FORMATS[name].extension}"
    path.write_bytes(
        tagged(name, untagged[name], Tags(title="a\0b\ud800", comment="雨" * 30_000, genre="\0"))
    )
    assert decode(BytesIO(path.read_bytes())).frames == 96_000
    found = tag_readers.by_mutagen(path)
    assert found == {"title": "ab?", "comment": "雨" * (LONGEST_TEXT // 3)}


@EVERY_FORMAT
def test_what_is_no_such_file_is_refused(untagged, name):
    for file in (b"", b"rubbish" * 20, untagged[name][:1]):
        with pytest.raises(NotThatFormat):
            tagged(name, file, RAIN)


@pytest.mark.parametrize("name", ["wav", "opus"])
def test_a_file_that_breaks_off_is_refused(untagged, name):
    with pytest.raises(NotThatFormat, match="breaks off"):
        tagged(name, untagged[name][: len(untagged[name]) // 2], RAIN)


def test_nothing_comes_after_the_sound_of_a_wav(untagged):
    file = tagged("wav", untagged["wav"], RAIN)
    assert file.endswith(sound_in("wav", untagged["wav"]))


def test_a_wav_without_sound_is_refused(untagged):
    with pytest.raises(NotThatFormat, match="no sound"):
        tagged("wav", untagged["wav"].replace(b"data", b"junk"), RAIN)


def test_a_wav_has_info_beside_id3_only_where_it_is_read_everywhere(untagged):
    file = tagged("wav", untagged["wav"], RAIN)
    assert b"INAM\x05\0\0\0Rain\0\0" in file
    assert file.index(b"id3 ") > file.index(b"INFO")
    assert int.from_bytes(file[4:8], "little") == len(file) - 8
    other = tagged("wav", file, Tags(title="Größe", artist="Night Radio"))
    assert b"INFO" not in other
    assert b"id3 " in other


def test_a_wav_with_chunks_of_odd_length_stays_whole(untagged):
    odd = b"junk\x03\0\0\0abc\0"
    file = untagged["wav"] + odd
    assert odd in tagged("wav", file, RAIN)
    assert decode(BytesIO(tagged("wav", file, RAIN))).frames == 96_000


def test_an_opus_file_is_numbered_anew_where_its_cover_takes_more_pages(untagged):
    file = tagged("opus", untagged["opus"], Tags(title="Rain", cover=COVER + bytes(70_000)))
    stream, pages = BytesIO(file), []
    while page := Page.read(stream):
        pages.append(page)
    assert [page.number for page in pages] == list(range(len(pages)))
    assert b"".join(page.written() for page in pages) == file
    assert [page.flags & 1 for page in pages[:5]] == [0, 0, 1, 0, 0]


def test_the_checksum_of_a_page_is_that_of_libogg(untagged):
    stream, written = BytesIO(untagged["opus"]), b""
    while page := Page.read(stream):
        written += page.written()
    assert written == untagged["opus"]


@pytest.mark.parametrize(
    ("key", "short"),
    [
        ("A minor", "Am"),
        ("Bb major", "Bb"),
        ("C# dorian", "C#m"),
        ("E phrygian", "Em"),
        ("F lydian", "F"),
        ("G mixolydian", "G"),
        ("", ""),
        ("something else", ""),
    ],
)
def test_a_key_is_as_short_as_files_have_it(key, short):
    assert Tags(key=key).short_key == short


def test_a_tag_without_content_is_no_tag(untagged):
    assert id3_tag(Tags()) == b""
    assert length_of_tag(b"") == length_of_tag(b"RIFF      ") == 0


def test_a_tag_is_laid_out_as_id3v2_3_asks():
    assert id3_tag(Tags(title="é")) == b"ID3\x03\0\0\0\0\0\x0fTIT2\0\0\0\x05\0\0\x01\xff\xfe\xe9\0"


def test_a_comment_has_a_language_and_an_empty_description():
    tag = id3_tag(Tags(comment="a"))
    assert tag[10:].endswith(b"\x01XXX" + b"\xff\xfe\0\0" + b"\xff\xfea\0")


def test_a_long_tag_has_a_synchsafe_size():
    tag = id3_tag(Tags(title="a" * 1000))
    size = len(tag) - 10
    assert tag[6:10] == bytes([0, 0, size >> 7, size & 0x7F])
    assert max(tag[6:10]) < 0x80
    assert length_of_tag(tag[:10]) == len(tag)


def test_a_tag_with_a_footer_is_taken_off_too(untagged):
    target = BytesIO()
    foreign = b"ID3\x04\0\x10\0\0\0\x04" + b"abcd" + b"3DI\x04\0\x10\0\0\0\x04"
    retag_mp3(BytesIO(foreign + untagged["mp3"]), target, Tags())
    assert target.getvalue().endswith(untagged["mp3"])
    assert b"abcd" not in target.getvalue()
