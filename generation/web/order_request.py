"""From the values of the order's form to a request for music."""

import math
from collections.abc import Mapping
from typing import Any

from generation.engines.capabilities import Capabilities
from generation.engines.request import MusicRequest

CUSTOM = "custom"
VOCALS = (("", "As the prompt says"), ("yes", "Instrumental"), ("no", "With vocals"))
_INSTRUMENTAL = {"yes": True, "no": False}


def request_of(cleaned: Mapping[str, Any], capabilities: Capabilities) -> MusicRequest:
    """The request that the form's cleaned data make; what is empty or could not be read counts as left out.

    A length that is no number of seconds becomes NaN, which no engine accepts.
    """
    return MusicRequest(
        prompt=_with_short_line_ends(cleaned.get("prompt", "")),
        duration=_duration(cleaned, capabilities.default_duration),
        genre=cleaned.get("genre") or None,
        seed=cleaned.get("seed"),
        variations=1 if cleaned.get("variations") is None else cleaned["variations"],
        takes=1 if cleaned.get("takes") is None else cleaned["takes"],
        bpm=cleaned.get("bpm"),
        key=cleaned.get("key") or None,
        time_signature=cleaned.get("time_signature") or None,
        instrumental=_INSTRUMENTAL.get(cleaned.get("instrumental", "")),
        lyrics=_with_short_line_ends(cleaned.get("lyrics", "")) or None,
        negative_prompt=cleaned.get("negative_prompt") or None,
        title=cleaned.get("title") or None,
        ignored_words=tuple(cleaned.get("ignored_words") or ()),
    )


def _duration(cleaned: Mapping[str, Any], default: float) -> float:
    chosen = cleaned.get("duration") or default
    if chosen == CUSTOM:
        seconds: float | None = cleaned.get("seconds")
        return math.nan if seconds is None else seconds
    try:
        return float(chosen)
    except ValueError:
        return math.nan


def _with_short_line_ends(text: str) -> str:
    """Text with the line ends that the page counts: a browser sends two characters for each."""
    return text.replace("\r\n", "\n")
