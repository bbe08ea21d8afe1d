"""Headers of requests, as far as they may go."""

from rest_framework.request import Request

from generation.api.problems import Problem
from generation.engines.request import FieldError

MAX_LENGTH = 1000


def header(request: Request, name: str, default: str = "") -> str:
    """The header of this name. Raises Problem (400) for one of more than `MAX_LENGTH` characters."""
    value = request.headers.get(name, default)
    if len(value) > MAX_LENGTH:
        message = f"The header “{name}” has at most {MAX_LENGTH} characters."
        raise Problem.in_fields([FieldError(name, "too_long", message)])
    return value
