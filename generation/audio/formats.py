"""The file formats a track can be had in. Imports nothing heavy: the pages and the API read this."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AudioFormat:
    """A file format: its `name` in the API, and what a server and a file name call it."""

    name: str
    content_type: str
    extension: str
    lossy: bool


FORMATS: dict[str, AudioFormat] = {
    audio_format.name: audio_format
    for audio_format in (
        AudioFormat("wav", "audio/wav", "wav", lossy=False),
        AudioFormat("mp3", "audio/mpeg", "mp3", lossy=True),
        AudioFormat("flac", "audio/flac", "flac", lossy=False),
        AudioFormat("opus", "audio/ogg", "opus", lossy=True),
    )
}
STEMS = AudioFormat("stems", "application/zip", "zip", lossy=False)
"""Not one file of audio but an archive of five, so nothing that `encode` could write."""

DELIVERED: dict[str, AudioFormat] = {**FORMATS, STEMS.name: STEMS}
"""All that a track can be had in."""

MIXER = AudioFormat("mixer", "application/octet-stream", "mixer", lossy=False)
"""The stems in pieces that the mixer of a track's page plays while it fetches them (`tracks.mixer_file`)."""

LISTENING = AudioFormat("listen", "audio/mpeg", "mp3", lossy=True)
"""The MP3 that players are served, without a cover (`tracks.tags.COVERED`)."""

STORED: dict[str, AudioFormat] = {**DELIVERED, MIXER.name: MIXER, LISTENING.name: LISTENING}
"""All that may be stored of a track."""

MASTER_FORMATS = ("wav", "flac")
"""What a track may be stored in first, as the operator chooses, and everything else is made from: the same samples."""
DEFAULT_FORMAT = "wav"
"""What a program is given that may name a format and names none."""
LISTENING_FORMAT = LISTENING.name
"""What players are served."""
SMALL_FORMAT = "mp3"
"""The same sound as a download, with a cover; what a zip holds where nobody names a format."""


def encoded_as(format_name: str) -> str:
    """The format of `FORMATS` in which a file of sound is encoded: MP3 for what players are served."""
    return SMALL_FORMAT if format_name == LISTENING_FORMAT else format_name
