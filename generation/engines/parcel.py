"""What travels between the site and the GPU side, in builtin types alone, so that either side may be the newer one.

Free of Django and of numpy.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from generation.diffusion.songs import SongRequest, Take

VERSION: Final = 2


class BadParcel(ValueError):
    """What arrived is not what the other side sends: another version, something missing, or damaged."""


@dataclass(frozen=True, slots=True)
class Order:
    """Songs to be made by one model. `progress_key` is where the GPU side writes the progress of all."""

    songs: tuple[SongRequest, ...]
    model: str
    progress_key: str

    def pack(self) -> dict[str, Any]:
        return {
            "version": VERSION,
            "songs": [song.as_json() for song in self.songs],
            "model": self.model,
            "progress_key": self.progress_key,
        }

    @classmethod
    def unpack(cls, data: Any) -> Self:
        """Raises BadParcel."""
        _check_version(data)
        try:
            songs = tuple(SongRequest.from_json(song) for song in data["songs"])
            return cls(songs, str(data["model"]), str(data["progress_key"]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadParcel(f"The order cannot be read: {error!r}") from error


@dataclass(frozen=True, slots=True)
class Delivery:
    """One song as it left the model, and what making it took: its share of the seconds of a GPU of this name.

    `flac` is not mastered; `duration` in seconds. `seed` is that of the take that was chosen among `takes`, which are
    there where there were several. `reasons` say what the model decided by itself.
    """

    flac: bytes
    duration: float
    seed: int | None
    gpu: str
    gpu_seconds: float
    model: str
    revision: str
    takes: tuple[Take, ...] = ()
    reasons: tuple[str, ...] = ()

    def pack(self) -> dict[str, Any]:
        return {
            "flac": self.flac,
            "sha256": hashlib.sha256(self.flac).hexdigest(),
            "duration": self.duration,
            "seed": self.seed,
            "gpu": self.gpu,
            "gpu_seconds": self.gpu_seconds,
            "model": self.model,
            "revision": self.revision,
            "takes": [take.as_json() for take in self.takes],
            "reasons": list(self.reasons),
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a song was not made: an error code of the contract, a sentence for the person who asked."""

    code: str
    message: str
    retryable: bool

    def pack(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": self.message, "retryable": self.retryable}}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of each song of an order, in their sequence."""

    songs: tuple[Delivery | Refusal, ...]

    def pack(self) -> dict[str, Any]:
        return {"version": VERSION, "songs": [song.pack() for song in self.songs]}

    @classmethod
    def unpack(cls, data: Any) -> Self:
        """Raises BadParcel."""
        if isinstance(data, Mapping) and data.get("version") == 1:
            # A call of the version before this one, which made one song and is paid for.
            data = {"version": VERSION, "songs": [{"seed": None, "takes": [], "reasons": [], **data}]}
        _check_version(data)
        try:
            return cls(tuple(_song(song) for song in data["songs"]))
        except BadParcel:
            raise
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BadParcel(f"What arrived cannot be read: {error!r}") from error


def _song(data: Any) -> Delivery | Refusal:
    if "error" in data:
        error = data["error"]
        return Refusal(str(error["code"]), str(error["message"]), bool(error["retryable"]))
    flac = data["flac"]
    if not isinstance(flac, bytes) or not hmac.compare_digest(
        hashlib.sha256(flac).hexdigest(), str(data["sha256"])
    ):
        raise BadParcel("The audio that arrived is damaged: its checksum is another.")
    return Delivery(
        flac=flac,
        duration=float(data["duration"]),
        seed=None if data["seed"] is None else int(data["seed"]),
        gpu=str(data["gpu"]),
        gpu_seconds=float(data["gpu_seconds"]),
        model=str(data["model"]),
        revision=str(data["revision"]),
        takes=tuple(Take.from_json(take) for take in data["takes"]),
        reasons=tuple(str(reason) for reason in data["reasons"]),
    )


def _check_version(data: Any) -> None:
    if not isinstance(data, Mapping):
        raise BadParcel(f"What arrived is no parcel but a {type(data).__name__}.")
    if data.get("version") != VERSION:
        raise BadParcel(
            f"What arrived is of version {data.get('version')!r}, and this side speaks {VERSION}. "
            "Deploy the GPU side anew, from the same version as the site."
        )
