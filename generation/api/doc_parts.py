"""What the descriptions of calls are put together from: problems, headers, sentences that many of them need."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse

from generation.api import examples
from generation.api.problems import CONTENT_TYPE
from generation.api.serializers.problem import ProblemSerializer

Responses = dict[int | tuple[int, str], Any]
NOT_YOURS = "There is no such thing, or it is not yours."
PAGE = "One page of them; `next` leads to the one after it."
WRONG = "Something in the request is wrong; `errors` names it."


def problems(**descriptions: str) -> Responses:
    """Problem responses by status, such as `_409="It has ended."`."""
    return {
        (int(name[1:]), CONTENT_TYPE): OpenApiResponse(
            ProblemSerializer, descriptions[name], examples=examples.PROBLEMS.get(name[1:], [])
        )
        for name in descriptions
    }


def problem(status: int, description: str, *shown: OpenApiExample) -> Responses:
    """The problem response of this status, with examples of its own."""
    return {(status, CONTENT_TYPE): OpenApiResponse(ProblemSerializer, description, examples=list(shown))}


def header(name: str, description: str, *statuses: int) -> OpenApiParameter:
    """A header of the request, or of the responses with these statuses."""
    kind = int if name == "Retry-After" else str
    return OpenApiParameter(
        name, kind, OpenApiParameter.HEADER, description=description, response=list(statuses) or False
    )


def body_problems(*shown: OpenApiExample) -> Responses:
    """What may be wrong with any body, with more examples of what may be wrong in it."""
    return problem(400, WRONG, examples.UNKNOWN_FIELD, *shown) | problems(
        _411="The body does not tell its length.",
        _413="The body is larger than 1 MiB.",
        _415="The body is not `application/json`.",
    )


LIST_PROBLEMS = problem(400, WRONG, examples.UNKNOWN_FILTER)
BODY_PROBLEMS = body_problems()
CHANGED = problem(412, "It is not as you have read it (`changed_meanwhile`).", examples.CHANGED_MEANWHILE)
NO_SCORE = {
    **problem(409, "Its engine writes no score (`no_score`).", examples.NO_SCORE),
    **problem(410, "Its engine would write another score today (`score_outdated`).", examples.OUTDATED_SCORE),
}
NO_AUDIO = {
    **problem(409, "Its engine writes no score (`no_score`).", examples.NO_SCORE),
    **problem(
        410,
        "Its audio is not stored any more and cannot be made again (`audio_missing`), or its engine would write "
        "another score today (`score_outdated`).",
        examples.AUDIO_MISSING,
        examples.OUTDATED_SCORE,
    ),
    **problem(
        503,
        "That format could not be made (`audio_not_made`): asking again tries again.",
        examples.AUDIO_NOT_MADE,
    ),
}
