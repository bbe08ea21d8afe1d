"""The one shape in which an order for music travels from the edge to the engine. Free of Django."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NewType, Self

from generation.engines.capabilities import Capabilities
from generation.engines.visible import is_visible

MAX_PROMPT = 2000
MAX_TITLE = 120
MAX_LYRICS = 10_000
MAX_GENRE = 40
MAX_TAGS = 10
MAX_TAG = 40
MAX_SEED = 2**32 - 1
MIN_BPM, MAX_BPM = 30, 300
MAX_TAKES = 8
MAX_IGNORED_WORDS = 20
MAX_IGNORED_WORD = 80


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

    `duration` in seconds; `seed` 0 to 2³²−1, the first of `variations` consecutive ones, each the best of `takes`;
    `bpm` beats per minute, of what the metre counts: dotted quarters in 6/8 and 12/8; `key` such as "A minor",
    `time_signature` such as "3/4". None stands for "as the engine sees fit": `Engine.resolve` fills in what the engine
    draws or reads from the prompt, so that the same request gives the same music. `ignored_words` are words of the
    prompt that are not to be read as what they say.
    """

    prompt: str
    duration: float
    seed: int | None = None
    genre: str | None = None
    variations: int = 1
    takes: int = 1
    bpm: float | None = None
    key: str | None = None
    time_signature: str | None = None
    instrumental: bool | None = None
    lyrics: str | None = None
    negative_prompt: str | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    ignored_words: tuple[str, ...] = ()

    def check(self, capabilities: Capabilities) -> None:
        """Raise RequestError naming every field that is out of bounds or that the engine cannot honour."""
        errors = [*self._bounds(capabilities), *self._unsupported(capabilities)]
        if errors:
            raise RequestError(errors)

    def as_json(self) -> dict[str, Any]:
        """The request as JSON values, for `Job.input`."""
        lists = {name: list(getattr(self, name)) for name in _LISTS}
        return {name: getattr(self, name) for name in _FIELDS} | lists

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The request that `as_json` gave; fields added since take their defaults."""
        values = {name: value for name, value in data.items() if name in _FIELDS}
        return cls(**values | {name: tuple(data.get(name, ())) for name in _LISTS})

    @staticmethod
    def present_json(data: Mapping[str, Any]) -> dict[str, Any]:
        """What `as_json` gives of the request that `from_json` makes of this; for lists, without making it."""
        lists = {name: list(data.get(name, ())) for name in _LISTS}
        return {name: data.get(name, default) for name, default in _DEFAULTS.items()} | lists

    def variation(self, index: int) -> Self:
        """The request for one of the variations alone, with the seed that is its own."""
        return dataclasses.replace(self, seed=((self.seed or 0) + index) % (MAX_SEED + 1), variations=1)

    def _bounds(self, can: Capabilities) -> list[FieldError]:
        return [
            FieldError(field, code, message)
            for is_wrong, field, code, message in (*self._wrong_words(), *self._wrong_numbers(can))
            if is_wrong
        ]

    def _wrong_words(self) -> Iterator[tuple[bool, str, str, str]]:
        """Whether a text is out of bounds, which one, the error's code and what to say."""
        prompt, tags = self.prompt, self.tags
        if is_visible(prompt):
            message = f"The prompt has {len(prompt):,} characters; at most {MAX_PROMPT:,} are read."
            yield len(prompt) > MAX_PROMPT, "prompt", "too_long", message
        else:
            yield True, "prompt", "required", "Describe the music in a few words."
        unseen = "Nothing of the title can be seen. Write one, or leave it out."
        yield bool(self.title) and not is_visible(self.title or ""), "title", "blank", unseen
        for field, title, longest in (
            ("genre", "genre", MAX_GENRE),
            ("title", "title", MAX_TITLE),
            ("lyrics", "lyrics", MAX_LYRICS),
            ("negative_prompt", "negative prompt", MAX_PROMPT),
        ):
            message = f"The {title} may have at most {longest:,} characters."
            yield len(getattr(self, field) or "") > longest, field, "too_long", message
        is_contradiction = bool(self.lyrics) and self.instrumental is True
        message = "Instrumental music has no lyrics: leave out one of the two."
        yield is_contradiction, "lyrics", "invalid", message
        wrong_tags = len(tags) > MAX_TAGS or any(not is_visible(tag) or len(tag) > MAX_TAG for tag in tags)
        yield wrong_tags, "tags", "invalid", f"Give at most {MAX_TAGS} tags of 1 to {MAX_TAG} characters."
        ignored, longest = self.ignored_words, MAX_IGNORED_WORD
        wrong = len(ignored) > MAX_IGNORED_WORDS or any(
            not is_visible(each) or len(each) > longest for each in ignored
        )
        message = (
            f"Give at most {MAX_IGNORED_WORDS} words or phrases of 1 to {longest} characters to be ignored."
        )
        yield wrong, "ignored_words", "invalid", message

    def _wrong_numbers(self, can: Capabilities) -> Iterator[tuple[bool, str, str, str]]:
        """The same for numbers and names, within what an engine can do."""
        outside = "out_of_range"
        yield (
            not (math.isfinite(self.duration) and can.min_duration <= self.duration <= can.max_duration),
            "duration",
            outside,
            f"The duration must be between {can.min_duration:g} and {can.max_duration:g} seconds.",
        )
        yield (
            self.seed is not None and not 0 <= self.seed <= MAX_SEED,
            "seed",
            outside,
            f"The seed must be a whole number from 0 to {MAX_SEED}.",
        )
        yield (
            self.genre is not None and bool(can.genres) and self.genre not in can.genres,
            "genre",
            "unknown",
            f"There is no genre “{(self.genre or '')[:40]}”. Choose one of: {', '.join(can.genres)}.",
        )
        yield (
            not 1 <= self.variations <= can.max_variations,
            "variations",
            outside,
            f"Ask for 1 to {can.max_variations} variations.",
        )
        yield (
            not 1 <= self.takes <= MAX_TAKES or (can.max_takes > 1 and self.takes > can.max_takes),
            "takes",
            outside,
            f"Ask for 1 to {can.max_takes} takes.",
        )
        yield (
            self.bpm is not None and not (math.isfinite(self.bpm) and MIN_BPM <= self.bpm <= MAX_BPM),
            "bpm",
            outside,
            f"The tempo must be between {MIN_BPM} and {MAX_BPM} beats per minute.",
        )
        yield (
            self.key is not None and bool(can.keys) and self.key not in can.keys,
            "key",
            "unknown",
            f"“{(self.key or '')[:40]}” is no key. Write it like “A minor” or “F# major”.",
        )
        yield from self._wrong_time_signature(can)

    def _wrong_time_signature(self, can: Capabilities) -> Iterator[tuple[bool, str, str, str]]:
        """The same for the time signature: whether there is such a one, and the genre is played in it."""
        given, known = self.time_signature, can.known_time_signatures
        if given is None or not known:
            return
        message = f"“{given[:40]}” is no time signature here. Choose one of: {', '.join(known)}."
        yield given not in known, "time_signature", "unknown", message
        played = can.time_signatures.get(self.genre or "", known)
        message = f"The genre “{self.genre}” is played in {_listed(played)} here, not in {given[:40]}."
        yield given in known and given not in played, "time_signature", "invalid", message

    def _unsupported(self, can: Capabilities) -> list[FieldError]:
        asked = {
            "takes": can.max_takes == 1 and 1 < self.takes <= MAX_TAKES,
            "bpm": self.bpm is not None,
            "key": self.key is not None,
            "time_signature": self.time_signature is not None,
            "lyrics": bool(self.lyrics),
            "negative_prompt": bool(self.negative_prompt),
            "instrumental": self.instrumental is False,
            "ignored_words": bool(self.ignored_words),
        }
        messages = {
            "instrumental": f"{can.title} makes instrumental music only.",
            "ignored_words": f"{can.title} takes the prompt as it stands: change the words that are to be ignored.",
        }
        return [
            FieldError(
                field,
                "unsupported",
                messages.get(field, f"{can.title} cannot honour “{field}”; leave it out."),
            )
            for field, is_asked in asked.items()
            if is_asked and field not in can.honours
        ]


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


_FIELDS = tuple(field.name for field in dataclasses.fields(MusicRequest))
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(MusicRequest)}
_LISTS = ("tags", "ignored_words")
CheckedRequest = NewType("CheckedRequest", MusicRequest)
"""A request that an engine has checked and spelled its own way: `Engine.checked` makes them."""
