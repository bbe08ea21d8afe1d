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

    `lyrics` may have section tags on lines of their own ("[verse]"); `instrumental` None: as the lyrics say. Of several
    `takes` the best is given.
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
    takes: int = 1

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
        values["takes"] = int(data.get("takes", 1))
        return cls(**values | {"tags": tuple(data.get("tags", ()))})


@dataclass(frozen=True, slots=True)
class Song:
    """What a model made of one request, exactly as long as asked. `used`: the values that the model was given."""

    audio: "Audio"
    used: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Take:
    """One of several takes of a song, and how good it is.

    `score` is the mean of `scores`, each 0 to 1, by what was judged: "sound", and "tempo", "key" and "words" where
    those were asked for. `bpm` and `key` as measured, None where nothing could be measured.
    """

    seed: int
    score: float
    scores: Mapping[str, float]
    bpm: float | None = None
    key: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The take as JSON values."""
        return dataclasses.asdict(self) | {"scores": dict(self.scores)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The take that `as_json` gave. Raises KeyError, TypeError or ValueError where it is none."""
        return cls(
            seed=int(data["seed"]),
            score=float(data["score"]),
            scores={str(name): float(score) for name, score in dict(data["scores"]).items()},
            bpm=None if data["bpm"] is None else float(data["bpm"]),
            key=None if data["key"] is None else str(data["key"]),
        )


@dataclass(frozen=True, slots=True)
class BestTake:
    """The best of the takes of a song, and the scores of all in the order in which they were made.

    Of a single take, which nobody has to judge, there are none. `song` was made with `seed`.
    """

    song: Song
    seed: int
    takes: tuple[Take, ...] = ()
