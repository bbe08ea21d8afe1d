"""The body of `POST /jobs`."""

from typing import Any

from rest_framework import serializers

from generation.api.fields import Number, Text, Truth, WholeNumber
from generation.api.serializers.strict import StrictSerializer
from generation.engines.capabilities import Capabilities
from generation.engines.request import (
    MAX_BPM,
    MAX_LYRICS,
    MAX_PROMPT,
    MAX_SEED,
    MAX_TAG,
    MAX_TAGS,
    MAX_TAKES,
    MAX_TITLE,
    MIN_BPM,
    MusicRequest,
)

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
        help_text="The same input with the same seed gives the same music, where the engine is deterministic.",
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
        help_text="Beats per minute.",
        documented={"minimum": MIN_BPM, "maximum": MAX_BPM},
    )
    key = _text("Such as `A minor`.")
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

    @property
    def engine_name(self) -> str | None:
        """The alias that was asked for, None for the site's default."""
        return self.validated_data.get("engine") or None

    def request_for(self, capabilities: Capabilities) -> MusicRequest:
        """The order in the one shape that travels on; what is empty counts as left out."""
        given = self.validated_data
        text = {
            name: given.get(name) or None for name in ("genre", "key", "lyrics", "negative_prompt", "title")
        }
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
            **text,
        )
