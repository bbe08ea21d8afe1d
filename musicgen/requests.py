"""A request from its first byte to its last: its id, its line in the log, and no body where none may be."""

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.http.response import HttpResponse

from musicgen.handover import HandedOverResponse
from musicgen.logging import NONE, job_id, name_job, request_id
from musicgen.metrics.names import HTTP_REQUESTS, HTTP_SECONDS
from musicgen.scrubbing import scrubbed

access = logging.getLogger("musicgen.access")
HEALTH = ("/healthz", "/readyz")
METRICS = "/metrics"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
MAX_PATH = 300
_ACCEPTABLE = re.compile(r"[A-Za-z0-9-]{8,64}")
_WITHOUT_BODY = (204, 304)


class RequestMiddleware:
    """Takes a well-formed `X-Request-ID` from the proxy in front, or makes one, and answers with it.

    It stays the id of all lines until the answer has been sent, for Django writes its own about an error after every
    middleware has ended. Then the request gets its line; where the connection is handed over, once that is closed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        given = request.headers.get("X-Request-ID", "")
        request_id.set(given if _ACCEPTABLE.fullmatch(given) else uuid.uuid4().hex)
        job_id.set(NONE)
        try:
            response = self.get_response(request)
        except BaseException:
            _forget()
            raise
        response["X-Request-ID"] = request_id.get()
        if request.method == "HEAD" or response.status_code in _WITHOUT_BODY:
            _drop_body(response, keep_length=request.method == "HEAD")
        if request.path in HEALTH:
            response._has_been_logged = True  # type: ignore[attr-defined]  # by whoever asks, again and again
        ended = _Ended(request, response, began)
        closer: Callable[[], None] = ended
        if isinstance(response, HandedOverResponse):
            response.when_ended.append(ended.hand_over)
            closer = _forget
        response._resource_closers.append(closer)  # type: ignore[attr-defined]
        return response

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        """Have the lines of a request about a job name the job."""
        route = request.resolver_match.route if request.resolver_match else ""
        if "jobs/<uuid:" in route:
            name_job(next(iter(kwargs.values())))


class _Ended:
    """What is to be done once an answer has been sent: writes the request's line, with the ids it had."""

    def __init__(self, request: HttpRequest, response: HttpResponseBase, began: float) -> None:
        self._request = request
        self._response = response
        self._began = began
        self._ids = {"request_id": request_id.get(), "job_id": job_id.get()}
        self._sent = _Count()
        if isinstance(response, StreamingHttpResponse) and not _length_of(response) and not response.is_async:
            pieces = cast(Iterable[bytes], response.streaming_content)
            response.streaming_content = self._sent.through(pieces)

    def __call__(self) -> None:
        seconds = time.perf_counter() - self._began
        self._count(seconds)
        if _is_logged(self._request, self._response):
            self._write(self._bytes(), seconds)
        _forget()

    def hand_over(self, sent: int) -> None:
        """Write and count a request whose connection was handed over and is closed now, after so many bytes.

        How long that was says nothing of how quickly the site answers.
        """
        self._count(None)
        self._write(sent, time.perf_counter() - self._began)

    def _count(self, seconds: float | None) -> None:
        method = self._request.method or ""
        method = method if method in METHODS else "other"
        route = _route_of(self._request)
        HTTP_REQUESTS.add(method, route, f"{self._response.status_code // 100}xx")
        if seconds is not None:
            HTTP_SECONDS.observe(seconds, method, route)

    def _write(self, sent: int, seconds: float) -> None:
        line = {
            "method": (self._request.method or "")[:10],
            "path": _printable(self._request.path),
            "status": self._response.status_code,
            "ms": round(seconds * 1000, 1),
            "bytes": sent,
            "user": _user_of(self._request),
        }
        access.info("%s %s %s %.1f ms %d bytes user=%s", *line.values(), extra={**self._ids, **line})

    def _bytes(self) -> int:
        if self._request.method == "HEAD" or self._response.status_code in _WITHOUT_BODY:
            return 0
        if not self._response.streaming:
            return len(cast(HttpResponse, self._response).content)
        return self._sent.bytes or _length_of(self._response)


class _Count:
    """Counts the bytes of an answer that is sent in pieces."""

    def __init__(self) -> None:
        self.bytes = 0

    def through(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.bytes += len(piece)
            yield piece


def _forget() -> None:
    request_id.set(NONE)
    job_id.set(NONE)


def _is_logged(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Health and metrics are asked every few seconds, and a page brings thirty static files: none is worth a line."""
    if request.path in HEALTH:
        return False
    is_quiet = request.path == METRICS or request.path.startswith(settings.STATIC_URL)
    return response.status_code >= 400 or not is_quiet


def _route_of(request: HttpRequest) -> str:
    """The name of the route, of which there are few, whatever address was asked for."""
    if request.resolver_match is not None:
        return request.resolver_match.view_name
    return "static" if request.path.startswith(settings.STATIC_URL) else "none"


def _printable(path: str) -> str:
    """The path on one line, without secrets. The query is left out: it holds what people look for, and signatures."""
    # Before it is cut to what is shown: half of a secret is not recognised.
    path = scrubbed(path[: 10 * MAX_PATH])
    if not path.isprintable():
        path = path.encode("unicode_escape").decode()
    return path if len(path) <= MAX_PATH else f"{path[:MAX_PATH]}…"


def _user_of(request: HttpRequest) -> str:
    """The id of whoever asked, where that was found out: nobody is looked up for the log."""
    if user_id := getattr(request, "user_id", None):
        return str(user_id)
    user = request.__dict__.get("user")
    known = user if hasattr(type(user), "pk") else getattr(request, "_cached_user", None)
    return str(getattr(known, "pk", None) or NONE)


def _length_of(response: HttpResponseBase) -> int:
    length = response.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


def _drop_body(response: HttpResponseBase, *, keep_length: bool) -> None:
    """Leave out what HTTP allows no body for; HEAD hears how long the body of GET would be."""
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = iter(())
        return
    whole = cast(HttpResponse, response)
    if keep_length and "Content-Length" not in whole:
        whole["Content-Length"] = str(len(whole.content))
    whole.content = b""
