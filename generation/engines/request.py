"""The one shape in which an order for music travels from the edge to the engine. Free of Django."""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NewType, Self

from generation.engines.capabilities import Capabilities

MAX_PROMPT = 2000
MAX_TITLE = 120
MAX_LYRICS = 10_000
MAX_TAGS = 10
MAX_TAG = 40
MAX_SEED = 2**32 - 1
MIN_BPM, MAX_BPM = 30, 300


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field: `code` for programs, `message` for people."""

    field: str
    code: str
    message: str


class RequestError(ValueError):
    """A request that cannot be made music of; `errors` names each field that is wrong."""

    def __init__(self, errors: list[FieldError]) -> None:
        super().__init__(" ".join(error.message for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class MusicRequest:
    """One order for music.

    `duration` in seconds; `seed` 0 to 2³²−1, the first of `variations` consecutive ones; `bpm` beats per
    minute; `key` such as "A minor". None stands for "as the engine sees fit": `Engine.resolve` fills in
    what the engine draws or reads from the prompt, so that the same request gives the same music.
    """

    prompt: str
    duration: float
    seed: int | None = None
    genre: str | None = None
    variations: int = 1
    bpm: float | None = None
    key: str | None = None
    instrumental: bool | None = None
    lyrics: str | None = None
    negative_prompt: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()

    def check(self, capabilities: Capabilities) -> None:
        """Raise RequestError naming every field that is out of bounds or that the engine cannot honour."""
        errors = [*self._bounds(capabilities), *self._unsupported(capabilities)]
        if errors:
            raise RequestError(errors)

    def as_json(self) -> dict[str, Any]:
        """The request as JSON values, for `Job.input`."""
        return dataclasses.asdict(self) | {"tags": list(self.tags)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The request that `as_json` gave; fields added since take their defaults."""
        known = {field.name for field in dataclasses.fields(cls)}
        values = {name: value for name, value in data.items() if name in known}
        return cls(**values | {"tags": tuple(data.get("tags", ()))})

    def variation(self, index: int) -> Self:
        """The request for one of the variations alone, with the seed that is its own."""
        return dataclasses.replace(self, seed=((self.seed or 0) + index) % (MAX_SEED + 1), variations=1)

    def _bounds(self, can: Capabilities) -> list[FieldError]:
        errors: list[FieldError] = []

        def wrong(field: str, code: str, message: str) -> None:
            errors.append(FieldError(field, code, message))

        if not self.prompt.strip():
            wrong("prompt", "required", "Describe the music in a few words.")
        elif len(self.prompt) > MAX_PROMPT:
            wrong(
                "prompt",
                "too_long",
                f"The prompt has {len(self.prompt):,} characters; at most {MAX_PROMPT:,} are read.",
            )
        if not (math.isfinite(self.duration) and can.min_duration <= self.duration <= can.max_duration):
            wrong(
                "duration",
                "out_of_range",
                f"The duration must be between {can.min_duration:g} and {can.max_duration:g} seconds.",
            )
        if self.seed is not None and not 0 <= self.seed <= MAX_SEED:
            wrong("seed", "out_of_range", f"The seed must be a whole number from 0 to {MAX_SEED}.")
        if self.genre is not None and can.genres and self.genre not in can.genres:
            wrong(
                "genre",
                "unknown",
                f"There is no genre “{self.genre[:40]}”. Choose one of: {', '.join(can.genres)}.",
            )
        if not 1 <= self.variations <= can.max_variations:
            wrong("variations", "out_of_range", f"Ask for 1 to {can.max_variations} variations.")
        if self.bpm is not None and not (math.isfinite(self.bpm) and MIN_BPM <= self.bpm <= MAX_BPM):
            wrong(
                "bpm", "out_of_range", f"The tempo must be between {MIN_BPM} and {MAX_BPM} beats per minute."
            )
        if self.title is not None and len(self.title) > MAX_TITLE:
            wrong("title", "too_long", f"The title may have at most {MAX_TITLE} characters.")
        if self.lyrics is not None and len(self.lyrics) > MAX_LYRICS:
            wrong("lyrics", "too_long", f"The lyrics may have at most {MAX_LYRICS:,} characters.")
        if self.negative_prompt is not None and len(self.negative_prompt) > MAX_PROMPT:
            wrong(
                "negative_prompt",
                "too_long",
                f"The negative prompt may have at most {MAX_PROMPT:,} characters.",
            )
        if len(self.tags) > MAX_TAGS or any(not tag.strip() or len(tag) > MAX_TAG for tag in self.tags):
            wrong("tags", "invalid", f"Give at most {MAX_TAGS} tags of 1 to {MAX_TAG} characters.")
        if self.key is not None and can.keys and self.key not in can.keys:
            wrong("key", "unknown", f"“{self.key[:40]}” is no key. Write it like “A minor” or “F# major”.")
        return errors

    def _unsupported(self, can: Capabilities) -> list[FieldError]:
        asked = {
            "bpm": self.bpm is not None,
            "key": self.key is not None,
            "lyrics": bool(self.lyrics),
            "negative_prompt": bool(self.negative_prompt),
            "instrumental": self.instrumental is False,
        }
        messages = {"instrumental": f"{can.title} makes instrumental music only."}
        return [
            FieldError(
                field,
                "unsupported",
                messages.get(field, f"{can.title} cannot honour “{field}”; leave it out."),
            )
            for field, is_asked in asked.items()
            if is_asked and field not in can.honours
        ]


CheckedRequest = NewType("CheckedRequest", MusicRequest)
"""A request that an engine has checked and spelled its own way: `Engine.checked` makes them."""
