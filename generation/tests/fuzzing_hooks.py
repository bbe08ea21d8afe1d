"""What schemathesis is given beside the document (`SCHEMATHESIS_HOOKS`): what no schema can say.

Loaded by schemathesis in a process of its own, without Django.
"""

import os
import random
import uuid
from collections import defaultdict
from typing import Any

import schemathesis
from schemathesis.openapi.checks import EnsureResourceAvailability, RejectedPositiveData

# Which 400 a body that fits its schema may have, by the field that the problem names.
DECIDED_ELSEWHERE = {
    # What an engine honours, and between which bounds, differs from site to site: `/engines` tells it.
    "create_job": {
        *("engine", "genre", "key", "duration", "variations", "takes", "bpm"),
        *("time_signature", "instrumental", "lyrics", "negative_prompt", "ignored_words"),
    },
    # A moment must be to come, and it is that or a number of days.
    "create_token": {"expires_at", "expires_in_days"},
    # Tracks must be there, and the caller's own.
    "create_archive": {"track_ids"},
    "add_playlist_tracks": {"track_ids"},
    "move_playlist_track": {"before"},
}
# Texts in which nothing can be seen, and NUL, which no database keeps, are refused wherever a text is taken.
REFUSED_TEXTS = {"blank", "invalid", "null_characters_not_allowed"}
# A tag that is not the thing's, a key that stands for another request, a score that the engine would write otherwise.
CONDITIONS = (410, 412, 422)
# How often a call is made for a thing that is there, where any would fit the schema.
KNOWN_OF_ALL = 0.8
_known: dict[str, list[str]] = defaultdict(list)
# Ids of what was deleted.
_gone: set[str | None] = set()
_cursors: dict[str, list[dict[str, str]]] = defaultdict(list)


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Whether it is one: a request that fits its schema may be refused for what the schema cannot say."""
    name = case.operation.definition.raw["operationId"]
    if isinstance(failure, EnsureResourceAvailability):
        # A job is there at once, its audio once it has been made; and a call may have been made for another thing.
        if (case.path_parameters or {}).get("id") in _gone:
            return False
        return not (name == "read_job_audio" and response.json()["code"] == "audio_not_found")
    if not isinstance(failure, RejectedPositiveData):
        return True
    if response.status_code in CONDITIONS:
        return False
    is_problem = "application/problem+json" in response.headers.get("content-type", ())
    errors = response.json()["errors"] if response.status_code == 400 and is_problem else []
    return not errors or not all(_is_beyond_schemas(name, error) for error in errors)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Cursors and ids are of what is there, as no schema can know them; all calls' own token is not revoked."""
    is_positive = case.meta is not None and not case.meta.generation.mode.is_negative
    known = _known[_kind(case)]
    asked = (case.path_parameters or {}).get("id")
    if is_positive and asked and known and asked not in known and random.random() < KNOWN_OF_ALL:
        case.path_parameters["id"] = random.choice(known)
    if (case.path_parameters or {}).get("id") == os.environ["FUZZ_TOKEN_ID"]:
        case.path_parameters["id"] = str(uuid.uuid4())
    if "cursor" in (case.query or {}) and is_positive:
        place: dict[str, str | None] = {"cursor": None, "ordering": None}
        if cursors := _cursors[case.operation.path]:
            place.update(random.choice(cursors))
        kept = {**case.query, **place}
        case.query = {parameter: value for parameter, value in kept.items() if value is not None}


@schemathesis.hook
def after_call(context: Any, case: Any, response: Any) -> None:
    """Note the ids of what is there, the cursors that a list tells, and the order that it has them in."""
    asked = (case.path_parameters or {}).get("id")
    if asked in _known[_kind(case)] and (case.method, response.status_code) in (
        ("DELETE", 204),
        ("GET", 404),
    ):
        _known[_kind(case)].remove(asked)
    if case.method == "DELETE" and response.status_code == 204:
        _gone.add(asked)
    if response.status_code == 202 and case.operation.definition.raw["operationId"] == "create_job":
        _known[_kind(case)].append(response.json()["id"])
    if (case.method, response.status_code) != ("GET", 200) or "cursor" not in _query_parameters(case):
        return
    page = response.json()
    _known[_kind(case)][:] = [each["id"] for each in page["results"]] or _known[_kind(case)]
    order = {"ordering": case.query["ordering"]} if "ordering" in (case.query or {}) else {}
    for name in ("next_cursor", "previous_cursor"):
        if page[name]:
            _cursors[case.operation.path].append({"cursor": page[name], **order})


def _is_beyond_schemas(name: str, error: dict[str, str]) -> bool:
    if (error["field"], error["code"]) == ("prompt", "required"):
        return True  # it is there, as the schema demands, and nothing of it can be seen
    return error["field"] in DECIDED_ELSEWHERE.get(name, ()) or error["code"] in REFUSED_TEXTS


def _kind(case: Any) -> str:
    """What the call is about, by its path: "jobs", "tracks"."""
    return str(case.operation.path.split("/")[3])


def _query_parameters(case: Any) -> set[str]:
    return {parameter["name"] for parameter in case.operation.definition.raw.get("parameters", ())}
