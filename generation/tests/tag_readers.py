"""What other people's programs read in the tags of a file, by the names that these tests use."""

import json
import subprocess
from pathlib import Path

import eyed3
import mutagen
from pymediainfo import MediaInfo

Said = dict[str, str]
"""title, artist, genre, comment, bpm and key; "cover" is there where a picture is."""


def by_mutagen(path: Path) -> Said:
    file = mutagen.File(path)
    assert file is not None
    tags = file.tags
    if "TIT2" in tags:
        names = {"title": "TIT2", "artist": "TPE1", "genre": "TCON", "bpm": "TBPM", "key": "TKEY"}
        said = {name: str(tags[frame]) for name, frame in names.items() if frame in tags}
        return said | {"comment": str(tags["COMM::XXX"])} | _cover(bool(tags.getall("APIC")))
    names = {"bpm": "bpm", "key": "initialkey"} | {
        name: name for name in ("title", "artist", "genre", "comment")
    }
    said = {name: tags[field][0] for name, field in names.items() if field in tags}
    return said | _cover(bool(getattr(file, "pictures", None)) or "metadata_block_picture" in tags)


def by_ffprobe(path: Path) -> Said:
    """Raises where FFmpeg has anything to complain of but that of two kinds of tags it took one."""
    command = ["ffprobe", "-v", "warning", "-of", "json", "-show_format", "-show_streams", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    complaints = [line for line in done.stderr.splitlines() if "Discarding ID3 tags" not in line]
    assert complaints == []
    found = json.loads(done.stdout)
    sound, *pictures = found["streams"]
    tags = {name.lower(): text for name, text in {**found["format"], **sound}.get("tags", {}).items()}
    tags |= {name.lower(): text for name, text in found["format"].get("tags", {}).items()}
    spelled = {"tbpm": "bpm", "tkey": "key", "initialkey": "key"}
    said = {spelled.get(name, name): text for name, text in tags.items() if name != "encoder"}
    return said | _cover([picture["codec_name"] for picture in pictures] == ["mjpeg"])


def by_mediainfo(path: Path) -> Said:
    general = MediaInfo.parse(path).general_tracks[0].to_data()
    names = {
        "title": "track_name",
        "artist": "performer",
        "genre": "genre",
        "comment": "comment",
        "bpm": "bpm",
    }
    said = {name: general[field] for name, field in names.items() if field in general}
    key = general.get("initial_key") or general.get("initialkey")
    return said | ({"key": key} if key else {}) | _cover(general.get("cover") == "Yes")


def by_eyed3(path: Path) -> Said:
    """Knows MP3 alone."""
    tag = eyed3.load(path).tag
    [comment] = tag.comments
    return {
        "title": tag.title,
        "artist": tag.artist,
        "genre": tag.getTextFrame("TCON"),
        "comment": comment.text,
        "bpm": str(tag.bpm),
        "key": tag.getTextFrame("TKEY"),
    } | _cover(bool(list(tag.images)))


def _cover(is_there: bool) -> Said:
    return {"cover": "yes"} if is_there else {}
