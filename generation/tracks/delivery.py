"""How audio reaches a listener: by a signed URL of the storage it lies on."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from django.conf import settings

from generation.audio.formats import LISTENING_FORMAT, SMALL_FORMAT, STEMS, STORED
from generation.models import Rendition, Track
from generation.storage import AudioStorage, content_disposition
from generation.storage.keys import Moves, track_in
from generation.storage.parameters import Parameters
from generation.tracks import rendition_requests
from generation.tracks.files import to_keep, to_play, to_share
from generation.tracks.missing import AudioMissing, is_missing, is_worth_a_look

_IN_NAMES = {STEMS.name: " (stems)"}


class Name(NamedTuple):
    """What a download is saved as, without its extension: the track's title, and what it is where that is not heard."""

    title: str
    ending: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """A signed URL and what lies behind it; `size` in bytes. The URL is good until `expires_at` at least."""

    url: str
    content_type: str
    size: int
    expires_at: datetime


def deliver(track: Track, format_name: str, *, download: bool = False) -> Delivery | None:
    """Sign a URL for a track in a format of `STORED`, to be played, or downloaded under the track's title.

    It is good for as long as the settings say. A download says of the track what is so
    now, its title above all; what is played may have older tags, so that nobody who listens waits for others. None:
    that is still to be made, and a worker has been asked for it. No network is used. Raises NoScore where stems are
    asked for that nobody can make, and AudioMissing where a worker could not read the master.
    """
    stored = to_keep(track, format_name) if download else to_play(track, format_name)
    _check_not_missing(track, stored, format_name)
    if stored is None:
        rendition_requests.ask_for(track, format_name)
        return None
    name = Name(track.title, _IN_NAMES.get(format_name, "")) if download else None
    return _delivery_of(stored, format_name, name, settings.STORAGE_URL_EXPIRE_SECONDS)


def deliver_to_listener(track: Track) -> Delivery | None:
    """Sign a URL for what a track's owner hears it by.

    Where that is an MP3 with a cover, which takes long to begin, a worker is asked for the file for listening. Raises
    AudioMissing where a worker could not read the master and there is nothing else.
    """
    format_name = listening_format(track)
    if format_name == SMALL_FORMAT:
        rendition_requests.ask_for(track, LISTENING_FORMAT)
    return deliver(track, format_name)


def deliver_shared(track: Track) -> Delivery | None:
    """Sign a URL for what a shared track is heard by, good for as short as the settings say.

    Its tags tell no former title, which is nobody's business but its owner's. None: such a file is still to be made,
    and a worker has been asked for it. No network is used. Raises AudioMissing where a worker could not read
    the master.
    """
    files = ((name, to_share(track, name)) for name in _played(track))
    there = ((name, file) for name, file in files if file and not is_missing(track, file, name))
    format_name, stored = next(there, (LISTENING_FORMAT, None))
    _check_not_missing(track, stored, format_name)
    if stored is None or format_name != LISTENING_FORMAT:
        rendition_requests.ask_for(track, LISTENING_FORMAT)
    if stored is None:
        return None
    return _delivery_of(stored, format_name, None, settings.SHARED_URL_EXPIRE_SECONDS)


def _check_not_missing(track: Track, stored: Track | Rendition | None, format_name: str) -> None:
    """Raises AudioMissing. Once in a while a worker is asked to look again."""
    if is_missing(track, stored, format_name):
        if is_worth_a_look(track):
            rendition_requests.ask_for(track, format_name)
        raise AudioMissing(track)


def _delivery_of(stored: Track | Rendition, format_name: str, name: Name | None, expire: int) -> Delivery:
    # Asked for before the URL is signed: at the turn of a window it may be too early, never too late.
    expires_at = datetime.fromtimestamp(stored.storage.expires_at(expire), UTC)
    url = sign(stored.storage, stored.storage_key, format_name, name, expire)
    return Delivery(url, STORED[format_name].content_type, stored.size, expires_at)


def is_made(track: Track, format_name: str, *, download: bool = False) -> bool:
    """Whether there is what `deliver` would give. Load `renditions` beside tracks."""
    return (to_keep if download else to_play)(track, format_name) is not None


def sign(
    storage: AudioStorage,
    storage_key: str,
    format_name: str,
    save_as: Name | None = None,
    expire: int | None = None,
) -> str:
    """Sign a URL for a file of this format, to be played, or to be saved under that name."""
    audio_format = STORED[format_name]
    parameters = {"ResponseContentType": audio_format.content_type}
    if save_as is not None:
        parameters["ResponseContentDisposition"] = content_disposition(
            save_as.title, audio_format.extension, save_as.ending
        )
    expire = expire or settings.STORAGE_URL_EXPIRE_SECONDS
    return storage.url(storage_key, parameters=parameters, expire=expire)


def address_after_move(name: str, parameters: Parameters) -> str | None:
    """Sign a URL for audio that lay under this name until it was moved; None where it was not moved but is gone.

    Whoever holds a link to where it was may have it: it is the same audio.
    """
    track_id = track_in(name)
    track = (
        Track.objects.kept().prefetch_related("renditions").filter(pk=track_id).first() if track_id else None
    )
    original = Moves.of(name).original
    files: list[Track | Rendition] = [track, *track.renditions.all()] if track else []
    for file in files:
        if file.storage_key != name and Moves.of(file.storage_key).original == original:
            return file.storage.url(file.storage_key, parameters=parameters)
    return None


def listening_format(track: Track) -> str:
    """The format to play: the small one once it is made, before that the master."""
    return next(name for name in _played(track) if is_made(track, name))


def _played(track: Track) -> tuple[str, ...]:
    """What is played, the best first. An MP3 is that of tracks made before there was a file for listening."""
    return (LISTENING_FORMAT, SMALL_FORMAT, track.master_format)
