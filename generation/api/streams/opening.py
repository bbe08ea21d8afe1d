"""How a stream is opened: a seat is taken, and the connection goes to the hub where the web server hands it over."""

import socket
import weakref
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from generation.api.problems import Problem
from generation.api.seats import Caller, NoneFree, Seat, Seats, TooManyOfCaller
from generation.api.streams.feed import OPENING, Feed
from generation.api.streams.hub import HUB
from generation.api.streams.in_thread import Seated, pieces_of
from generation.api.streams.readers import Reader
from musicgen.handover import HandedOverResponse, hands_over
from musicgen.metrics.names import EVENT_STREAMS, REFUSALS

CONTENT_TYPE = "text/event-stream"
PER_CALLER = 20
# Those that hold a thread: of eight, most must stay free for others.
IN_THREADS, PER_CALLER_IN_THREADS = 2, 2
AGAIN_SECONDS = 10
_HEADERS = {
    # Proxies are to pass each event on as it comes (nginx), and to leave it as it is.
    "Cache-Control": "no-store, no-transform",
    "X-Accel-Buffering": "no",
}
HELD = Seats(per_caller=PER_CALLER)
IN_THREAD = Seats(per_caller=PER_CALLER_IN_THREADS)
EVENT_STREAMS.read_from(lambda: HELD.taken + IN_THREAD.taken)


def opened(request: Request, feed: Feed) -> HttpResponseBase:
    """The stream of this feed as a response. Raises Problem (429 or 503) where there are too many."""
    if request.method == "HEAD":
        return HttpResponse(content_type=CONTENT_TYPE, headers=_HEADERS)
    if not hands_over(request._request):
        seat = _seat(request, IN_THREAD, IN_THREADS)
        pieces = Seated(pieces_of(feed, Reader.of(request)), seat)
        return StreamingHttpResponse(pieces, content_type=CONTENT_TYPE, headers=_HEADERS)
    reader = Reader.of(request)
    seat = _seat(request, HELD, settings.EVENT_STREAMS)

    def take(connection: socket.socket) -> None:
        HUB.hold(connection, feed, reader, response.ended)

    options: dict[str, Any] = {"content_type": CONTENT_TYPE, "headers": _HEADERS}
    response = HandedOverResponse(request._request, OPENING, take, **options)
    response.when_ended.append(lambda sent: seat.give_back())
    # Where another answer is sent in its place, as after an error on the way out, nobody ever takes its connection.
    weakref.finalize(response, seat.give_back).atexit = False
    return response


def _seat(request: Request, seats: Seats, total: int) -> Seat:
    try:
        return seats.take(Caller.of(request), total)
    except TooManyOfCaller:
        REFUSALS.add("event_streams_of_caller")
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "concurrency_limited",
            "As many event streams are open as one user, or the guests of one address, may have. Close one, or listen "
            "to all of your jobs in one stream, /api/v1/events.",
            retryable=True,
            headers={"Retry-After": str(AGAIN_SECONDS)},
        ) from None
    except NoneFree:
        REFUSALS.add("event_streams")
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "no_stream_free",
            f"All event streams are taken. Try again in {AGAIN_SECONDS} seconds, or ask for the job itself.",
            retryable=True,
            is_expected=True,
            headers={"Retry-After": str(AGAIN_SECONDS)},
        ) from None
