"""What travels between the site and the GPU side, in builtin types alone, so that either side may be the newer one.

Free of Django and of numpy.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from generation.diffusion.songs import Finished, SongRequest

VERSION: Final = 1


class BadParcel(ValueError):
    """What arrived is not what the other side sends: another version, something missing, or damaged."""


@dataclass(frozen=True, slots=True)
class Order:
    """One song to be made by one model. `progress_key` is where the GPU side writes its progress."""

    song: SongRequest
    model: str
    progress_key: str

    def pack(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "song": self.song.as_json(),
            "model": self.model,
            "progress_key": self.progress_key,
        }

    @classmethod
    def unpack(cls, data: Any) -> Self:
        """Raises BadParcel."""
        _check_version(data)
        try:
            return cls(SongRequest.from_json(data["song"]), str(data["model"]), str(data["progress_key"]))
        except (KeyError, TypeError, ValueError) as error:
            raise BadParcel(f"The order cannot be read: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Delivery:
    """A finished song and what making it took: this song's share of the seconds of a GPU of this name."""

    song: Finished
    gpu: str
    gpu_seconds: float
    model: str
    revision: str

    def pack(self) -> dict[str, Any]:
        song = self.song
        return {
            "version": VERSION,
            "flac": song.flac,
            "sha256": hashlib.sha256(song.flac).hexdigest(),
            "duration": song.duration,
            "sample_rate": song.sample_rate,
            "loudness": song.loudness,
            "true_peak": song.true_peak,
            "bpm": song.bpm,
            "key": song.key,
            "gpu": self.gpu,
            "gpu_seconds": self.gpu_seconds,
            "model": self.model,
            "revision": self.revision,
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a song was not made: an error code of the contract, a sentence for the person who asked."""

    code: str
    message: str
    retryable: bool

    def pack(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "error": {"code": self.code, "message": self.message, "retryable": self.retryable},
        }


def unpack_answer(data: Any) -> Delivery | Refusal:
    """What `pack` made of a delivery or a refusal. Raises BadParcel."""
    _check_version(data)
    try:
        if "error" in data:
            error = data["error"]
            return Refusal(str(error["code"]), str(error["message"]), bool(error["retryable"]))
        flac = data["flac"]
        if not isinstance(flac, bytes) or not hmac.compare_digest(
            hashlib.sha256(flac).hexdigest(), str(data["sha256"])
        ):
            raise BadParcel("The audio that arrived is damaged: its checksum is another.")
        song = Finished(
            flac=flac,
            duration=float(data["duration"]),
            sample_rate=int(data["sample_rate"]),
            loudness=float(data["loudness"]),
            true_peak=float(data["true_peak"]),
            bpm=None if data["bpm"] is None else float(data["bpm"]),
            key=None if data["key"] is None else str(data["key"]),
        )
        return Delivery(
            song, str(data["gpu"]), float(data["gpu_seconds"]), str(data["model"]), str(data["revision"])
        )
    except BadParcel:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise BadParcel(f"What arrived cannot be read: {error!r}") from error


def _check_version(data: Any) -> None:
    if not isinstance(data, Mapping):
        raise BadParcel(f"What arrived is no parcel but a {type(data).__name__}.")
    if data.get("version") != VERSION:
        raise BadParcel(
            f"What arrived is of version {data.get('version')!r}, and this side speaks {VERSION}. "
            "Deploy the GPU side anew, from the same version as the site."
        )
