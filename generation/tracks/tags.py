"""What the files of a track say of it. The web process has this: nothing heavy."""

import hashlib
import json

from django.conf import settings

from generation.audio.formats import FORMATS, STEMS
from generation.audio.tagging.tags import Tags
from generation.covers.pixels import cover_jpeg
from generation.engines.registry import UnknownEngine, get_engine
from generation.models import Rendition, Track

TAGGED = frozenset({*FORMATS, STEMS.name})
"""What has tags in it: not the pieces of the mixer."""

# Changes when the same track gets other tags: files that were made before get theirs when they are next downloaded.
_VERSION = 1
_PROMPT_SHOWN = 200
_DIGEST_LENGTH = 16


def tags_of(track: Track) -> Tags:
    """The tags of a track's files as it is now."""
    return Tags(
        title=track.title,
        artist=settings.SITE_NAME,
        genre=track.genre,
        comment=f"{_maker_of(track)}Prompt: {track.prompt[:_PROMPT_SHOWN]} Seed: {track.seed}.",
        bpm=track.bpm,
        key=track.key,
        cover=cover_jpeg(track.genre, track.seed, track.key),
    )


def tags_digest(track: Track) -> str:
    """What tells apart the tags that a track's files have had.

    Of what its row says alone: the settings of a web process may be others than those of a worker, and then a file
    would never be the one that is waited for. So a file keeps the name of the site under which it was made.
    """
    said = [_VERSION, track.title, track.genre, track.seed, track.bpm, track.key]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:_DIGEST_LENGTH]


def digest_in(track: Track, format_name: str) -> str:
    """The digest that a file in this format of `STORED` has where it is as it should be now."""
    return tags_digest(track) if format_name in TAGGED else ""


def has_tags_of(track: Track, file: Track | Rendition, format_name: str) -> bool:
    """Whether a file of the track in this format says of it what is so now."""
    return file.tags_digest == digest_in(track, format_name)


def _maker_of(track: Track) -> str:
    try:
        engine = get_engine(track.job.engine).capabilities
    except UnknownEngine:
        return ""
    return f"{engine.title}: {engine.description} "
