"""The body of `POST /jobs`."""

from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from generation.api.fields import Number, Text, Truth, WholeNumber
from generation.api.serializers.strict import StrictSerializer
from generation.engines import blocklist
from generation.engines.capabilities import Capabilities
from generation.engines.registry import UnknownEngine, get_engine
from generation.engines.request import (
    MAX_BPM,
    MAX_IGNORED_WORD,
    MAX_IGNORED_WORDS,
    MAX_LYRICS,
    MAX_PROMPT,
    MAX_SEED,
    MAX_TAG,
    MAX_TAGS,
    MAX_TAKES,
    MAX_TITLE,
    MIN_BPM,
    MusicRequest,
    RequestError,
)

_TEXTS = ("genre", "key", "time_signature", "lyrics", "negative_prompt", "title")
_NO_PROMPT = "Describe the music in a few words."


def _text(help_text: str, **documented: Any) -> Text:
    return Text(required=False, allow_null=True, allow_blank=True, help_text=help_text, documented=documented)


class OrderSerializer(StrictSerializer):
    """An order for music. A field that the engine cannot honour is refused by its name."""

    # Types are checked here; bounds, and what the engine can honour, by `MusicRequest.check`.

    prompt = Text(
        allow_blank=True,
        error_messages={"required": _NO_PROMPT, "null": _NO_PROMPT},
        help_text="The music, in your own words.",
        documented={"minLength": 1, "maxLength": MAX_PROMPT},
    )
    genre = _text("One of `/genres`. Left out, it is read from the prompt.")
    duration = Number(
        required=False,
        allow_null=True,
        help_text="Seconds, within the limits that `/engines` tells. Left out, the engine's default.",
        documented={"exclusiveMinimum": 0},
    )
    engine = _text("One of `/engines`. Left out, the site's default.")
    seed = WholeNumber(
        required=False,
        allow_null=True,
        help_text="The same input with the same seed gives the same music, where the engine is deterministic. Of "
        "several variations it is the first one's, and the others follow it; each track can be had again by its own.",
        documented={"minimum": 0, "maximum": MAX_SEED},
    )
    variations = WholeNumber(
        required=False, allow_null=True, help_text="How many tracks.", documented={"minimum": 1, "maximum": 4}
    )
    takes = WholeNumber(
        required=False,
        allow_null=True,
        help_text="How many takes of each variation are made at once, of which the best is kept, where the engine can.",
        documented={"minimum": 1, "maximum": MAX_TAKES},
    )
    bpm = Number(
        required=False,
        allow_null=True,
        help_text="Beats per minute: of what the metre counts, which is dotted quarters in 6/8 and 12/8.",
        documented={"minimum": MIN_BPM, "maximum": MAX_BPM},
    )
    key = _text("Such as `A minor`.")
    time_signature = _text(
        "Such as `3/4`, one that the genre is played in (`/engines`). Left out, it is read from the prompt, or drawn."
    )
    instrumental = Truth(required=False, allow_null=True, help_text="False asks for vocals.")
    lyrics = _text("The words to sing.", maxLength=MAX_LYRICS)
    negative_prompt = _text("What the music shall not be.", maxLength=MAX_PROMPT)
    title = _text("Left out, it is made from the prompt.", maxLength=MAX_TITLE)
    tags = serializers.ListField(
        child=Text(documented={"minLength": 1, "maxLength": MAX_TAG}),
        required=False,
        allow_null=True,
        help_text=f"At most {MAX_TAGS}.",
    )
    ignored_words = serializers.ListField(
        child=Text(documented={"minLength": 1, "maxLength": MAX_IGNORED_WORD}),
        required=False,
        allow_null=True,
        help_text="Words and phrases of the prompt that are not to be read as what they say, such as those of a job's "
        f"`readings` that were not meant so. At most {MAX_IGNORED_WORDS}.",
    )

    @property
    def engine_name(self) -> str | None:
        """The alias that was asked for, None for the site's default."""
        return self.validated_data.get("engine") or None

    def request_for(self, capabilities: Capabilities) -> MusicRequest:
        """The order in the one shape that travels on; what is empty counts as left out."""
        return _request(self.validated_data, capabilities)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """The values. Raises ValidationError for those of a wrong type, and then for what else is wrong, too."""
        try:
            return super().to_internal_value(data)
        except ValidationError as error:
            wrong = cast(dict[str, Any], error.detail)
            others = {
                name: value for name, value in data.items() if name in self.fields.keys() - wrong.keys()
            }
            # A prompt that is missing or wrong has been named.
            values = super().to_internal_value({"prompt": "music", **others})
            raise ValidationError({**wrong, **_out_of_bounds(values)}) from None


def _request(given: Mapping[str, Any], capabilities: Capabilities) -> MusicRequest:
    text = {name: given.get(name) or None for name in _TEXTS}
    duration, variations, takes = given.get("duration"), given.get("variations"), given.get("takes")
    return MusicRequest(
        prompt=given["prompt"],
        duration=capabilities.default_duration if duration is None else duration,
        seed=given.get("seed"),
        variations=1 if variations is None else variations,
        takes=1 if takes is None else takes,
        bpm=given.get("bpm"),
        instrumental=given.get("instrumental"),
        tags=tuple(given.get("tags") or ()),
        ignored_words=tuple(given.get("ignored_words") or ()),
        **text,
    )


def _out_of_bounds(given: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
    """What an engine would refuse of these values; where there is no such engine, that alone."""
    try:
        engine = get_engine(given.get("engine") or settings.GENERATION_ENGINE)
        blocklist.checked(engine, _request(given, engine.capabilities))
    except UnknownEngine as error:
        return {"engine": [ErrorDetail(str(error), "unknown")]}
    except RequestError as error:
        return {wrong.field: [ErrorDetail(wrong.message, wrong.code)] for wrong in error.errors}
    return {}
