"""What goes into a model and what comes out. Free of Django and of torch."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from generation.audio.types import Audio


@dataclass(frozen=True, slots=True)
class SongRequest:
    """One song to be made. `duration` in seconds, `bpm` in beats per minute, `key` such as "A minor".

    `lyrics` may have section tags on lines of their own ("[verse]"); `instrumental` None: as the lyrics say.
    """

    prompt: str
    duration: float
    seed: int
    genre: str | None = None
    bpm: float | None = None
    key: str | None = None
    instrumental: bool | None = None
    lyrics: str | None = None
    tags: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The request as JSON values."""
        return dataclasses.asdict(self) | {"tags": list(self.tags)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The request that `as_json` gave; fields that are not known are left out.

        Raises KeyError, TypeError or ValueError where it is none.
        """
        known = {field.name for field in dataclasses.fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        values["duration"], values["seed"] = float(data["duration"]), int(data["seed"])
        return cls(**values | {"tags": tuple(data.get("tags", ()))})


@dataclass(frozen=True, slots=True)
class Song:
    """What a model made of one request, exactly as long as asked. `used`: the values that the model was given."""

    audio: "Audio"
    used: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Finished:
    """A song ready for the way home.

    `flac` is the file; `duration` in seconds, `loudness` in LUFS, `true_peak` in dBTP; `bpm` and `key` as measured,
    None where nothing could be measured.
    """

    flac: bytes
    duration: float
    sample_rate: int
    loudness: float
    true_peak: float
    bpm: float | None
    key: str | None
