"""What the files of a track say of it. The web process has this: nothing heavy."""

import hashlib
import json

from django.conf import settings

from generation.audio.formats import LISTENING_FORMAT, MIXER, STORED
from generation.audio.tagging.tags import Tags
from generation.covers.pixels import cover_jpeg
from generation.engines.registry import UnknownEngine, get_engine
from generation.models import Rendition, Track

TAGGED = frozenset(STORED) - {MIXER.name}
"""What has tags in it: not the pieces of the mixer."""

COVERED = TAGGED - {"wav", LISTENING_FORMAT}
"""What has a cover among its tags: not what a browser plays while it loads it, and could not begin early with one.

FFmpeg takes the cover of an ID3 tag for a second stream, and in Chromium, which cannot decode it there, reads on to
learn of it: a WAV then begins after 5 MB instead of 0.3 MB, an MP3 once nearly all of it is loaded. FLAC and Opus say
in front how large their picture is.
"""

# Changes when the same track gets other tags: files that were made before get theirs when they are next downloaded.
# It stayed when WAV lost its cover: every master would have got a copy of its size beside it for that.
_VERSION = 1
_PROMPT_SHOWN = 200
_DIGEST_LENGTH = 16


def tags_of(track: Track, format_name: str) -> Tags:
    """The tags of a track's file in this format of `TAGGED` as the track is now."""
    return Tags(
        title=track.title,
        artist=settings.SITE_NAME,
        genre=track.genre,
        comment=f"{_maker_of(track)}Prompt: {track.prompt[:_PROMPT_SHOWN]} Seed: {track.seed}.",
        bpm=track.bpm,
        key=track.key,
        cover=cover_jpeg(track.genre, track.seed, track.key) if format_name in COVERED else b"",
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
