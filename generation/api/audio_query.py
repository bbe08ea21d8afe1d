"""What `GET /tracks/{id}/audio` and its neighbours ask for."""

from dataclasses import dataclass
from typing import Self

from rest_framework.request import Request

from generation.api.problems import Problem
from generation.audio.formats import DEFAULT_FORMAT, DELIVERED
from generation.engines.request import FieldError

_TRUTH = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True)
class AudioQuery:
    """A format of `DELIVERED`, whether it is to be saved as a file, and whether the client wants JSON instead."""

    format_name: str
    download: bool
    as_json: bool

    @classmethod
    def of(cls, request: Request) -> Self:
        """Read the query and the `Accept` header. Raises Problem (400) naming what is wrong."""
        format_name = request.query_params.get("format", DEFAULT_FORMAT)
        download = request.query_params.get("download", "0")
        errors = []
        if format_name not in DELIVERED:
            errors.append(FieldError("format", "unknown", f"The formats are {', '.join(DELIVERED)}."))
        if download not in _TRUTH:
            errors.append(_no_truth("download"))
        if errors:
            raise Problem.in_fields(errors)
        # Everything else that `Accept` may say, `*/*` included, is served by the redirect.
        preferred = request.get_preferred_type(["audio/*", "application/json"])
        return cls(format_name, _TRUTH[download], as_json=preferred == "application/json")


def truth_in(request: Request, name: str) -> bool:
    """Whether a parameter says yes; one that is not there says no. Raises Problem (400) for anything else."""
    said = _TRUTH.get(request.query_params.get(name, "0"))
    if said is None:
        raise Problem.in_fields([_no_truth(name)])
    return said


def _no_truth(name: str) -> FieldError:
    return FieldError(name, "invalid", f"“{name}” is 1 or 0.")
