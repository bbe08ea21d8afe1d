"""How long, how large and how many: the bounds of what the API reads and shows, by the name of a property.

A word means the same wherever it stands, so its bounds stand here once; what differs in one schema goes by its full
name, such as `Range.max`. Those of requests are checked where requests are read. Add what a new property needs: a test
finds the one that has none.
"""

from typing import Any

from generation.api.pagination import MAX_PAGE_SIZE
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
)
from generation.models.archive import MAX_ERROR, MAX_TRACKS
from generation.models.cursors import MAX_LENGTH as MAX_CURSOR

MAX_NAME = 40  # of an engine, a genre, a stage
MAX_KEY = 20
MAX_SIGNATURE = 10
MAX_SENTENCE = 2000
MAX_ADDRESS = 4096
MAX_HEADER = 8190
MAX_VARIATIONS = 4
MAX_SECONDS = 86_400
MAX_BYTES = 2**53 - 1  # beyond, JavaScript cannot count
MAX_SMALL = 32_767
MAX_COST_USD = 9999.999999

LENGTHS = {
    **dict.fromkeys(("engine", "genre", "genres", "name", "default", "fields"), MAX_NAME),
    **dict.fromkeys(("role", "instrument", "stem"), MAX_NAME),
    **dict.fromkeys(("key", "keys"), MAX_KEY),
    **dict.fromkeys(("time_signature", "time_signatures"), MAX_SIGNATURE),
    **dict.fromkeys(("tag", "tags"), MAX_TAG),
    **dict.fromkeys(("prompt", "negative_prompt", "words"), MAX_PROMPT),
    **dict.fromkeys(
        ("description", "licence_note", "message", "meaning", "reasons", "notices", "reason"), MAX_SENTENCE
    ),
    "ignored_words": MAX_IGNORED_WORD,
    **dict.fromkeys(("model", "licence", "storage_key"), 200),
    "title": MAX_TITLE,
    "lyrics": MAX_LYRICS,
    "q": 200,
    "aliases": 80,
    **dict.fromkeys(("cursor", "next_cursor", "previous_cursor"), MAX_CURSOR),
    "prefix": 16,
    "secret": 100,
    "Token.name": 100,
    "NewToken.name": 100,
    "disabled_reason": 500,
    "body": 10_000,
    "error": 300,
    "Archive.error": MAX_ERROR,
    "answer": 1024,
    "content_type": 100,
    "type": MAX_ADDRESS,
    "code": 60,
    "field": 400,
    "detail": 20 * MAX_SENTENCE,
    "request_id": 64,
}
RANGES: dict[str, tuple[float, float]] = {
    **dict.fromkeys(("min", "max"), (0, MAX_SEED)),
    **dict.fromkeys(("duration", "Duration.default"), (0, MAX_SECONDS)),
    **dict.fromkeys(("start", "end", "bars"), (0, MAX_SECONDS)),
    "pitch": (0, 127),
    "velocity": (1, 127),
    **dict.fromkeys(("queue_seconds", "generate_seconds", "store_seconds"), (0, 100 * MAX_SECONDS)),
    **dict.fromkeys(("prompt_length", "title_length", "lyrics_length", "tag_length"), (1, 1_000_000)),
    **dict.fromkeys(("score", "scores", "Archive.progress"), (0, 1)),
    "bpm": (0, 1000),  # as measured
    "JobInput.bpm": (MIN_BPM, MAX_BPM),
    "Limits.tags": (0, 1000),
    "seed": (0, MAX_SEED),
    "variations": (1, MAX_VARIATIONS),
    "takes": (1, MAX_TAKES),
    "attempt": (0, MAX_SMALL),
    "score_version": (0, MAX_SMALL),
    "queue_position": (1, MAX_BYTES),
    "cost_usd": (0, MAX_COST_USD),
    "lufs": (-200, 100),
    "true_peak_db": (-400, 100),
    "sample_rate": (1, 768_000),
    "channels": (1, MAX_SMALL),
    **dict.fromkeys(("size", "bytes", "jobs", "seconds", "queued", "running", "tracks"), (0, MAX_BYTES)),
    **dict.fromkeys(("limit", "used", "left"), (0, MAX_BYTES)),
    "version": (1, MAX_SMALL),
    "samples_per_pixel": (1, MAX_BYTES),
    "bits": (8, 16),
    "length": (0, 1_000_000),
    "status_code": (0, MAX_SMALL),
    "status": (400, 599),
    "retry_after": (1, MAX_SECONDS),
    "page_size": (1, MAX_PAGE_SIZE),
}
ITEMS = {
    "results": MAX_PAGE_SIZE,
    "Engines.results": 100,
    "Genres.results": 1000,
    "tags": MAX_TAGS,
    "ignored_words": MAX_IGNORED_WORDS,
    **dict.fromkeys(("Archive.track_ids", "ArchiveOrder.track_ids", "left_out"), MAX_TRACKS),
    "fields": 100,
    "genres": 1000,
    "keys": 100,
    "time_signatures": 20,
    "aliases": 1000,
    "readings": 200,
    "reasons": 200,
    "notices": 200,
    **dict.fromkeys(("tracks", "track_ids"), MAX_VARIATIONS),
    "takes": MAX_TAKES,
    "errors": 20,
    "data": 2_000_000,
    **dict.fromkeys(("bars", "sections", "chords"), 100_000),
    "parts": 100,
    **dict.fromkeys(("start", "duration", "pitch", "velocity"), 1_000_000),
    "ordering": 6,
    "scopes": 2,
    "status": 5,
    "visibility": 3,
    "engines": 100,
    "events": 3,
    "attempts": 20,
}
# Texts that are as long as their form says.
FORMS = ("uuid", "date-time", "binary")


def put_bounds(schema: dict[str, Any], name: str = "", owner: str = "") -> None:
    """Add to a schema, and to all in it, the bounds that it lacks. `owner` is the component that has the property."""
    names = (f"{owner}.{name}", name)
    if lacks_length(schema):
        _add(schema, "maxLength", MAX_ADDRESS if schema.get("format") == "uri" else _first(LENGTHS, names))
    for keyword, place in (("minimum", 0), ("maximum", 1)):
        if lacks(schema, keyword):
            bounds = _first(RANGES, names)
            _add(schema, keyword, bounds and bounds[place])
    if lacks_items(schema):
        _add(schema, "maxItems", _first(ITEMS, names))
    for nested_name, nested in schema.get("properties", {}).items():
        put_bounds(nested, nested_name, owner)
    for nested in parts_of(schema):
        put_bounds(nested, name, owner)


def parts_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """The schemas that a schema is made of, apart from its properties."""
    kinds = [part for kind in ("oneOf", "anyOf", "allOf") for part in schema.get(kind, ())]
    nested = [schema.get("items"), schema.get("additionalProperties")]
    return [*kinds, *(part for part in nested if isinstance(part, dict))]


def lacks_length(schema: dict[str, Any]) -> bool:
    """Whether it is a text of any length."""
    is_fixed = schema.keys() & {"enum", "const", "maxLength"} or schema.get("format") in FORMS
    return "string" in _types(schema) and not is_fixed


def lacks(schema: dict[str, Any], keyword: str) -> bool:
    """Whether it is a number without its `minimum` or `maximum`."""
    is_number = bool({"integer", "number"} & _types(schema)) and "enum" not in schema
    return is_number and not schema.keys() & {keyword, f"exclusive{keyword.capitalize()}"}


def lacks_items(schema: dict[str, Any]) -> bool:
    """Whether it is a list with any number of items."""
    return "array" in _types(schema) and "maxItems" not in schema


def _types(schema: dict[str, Any]) -> set[str]:
    kind = schema.get("type", ())
    return {kind} if isinstance(kind, str) else set(kind)


def _first(table: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((table[name] for name in names if name in table), None)


def _add(schema: dict[str, Any], keyword: str, value: Any) -> None:
    if value is not None:
        schema[keyword] = value
