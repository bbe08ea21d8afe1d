"""Answers that go on after their request has ended: the web server hands their connection over and is rid of it."""

import socket
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, StreamingHttpResponse

KEY = "musicgen.handover"
Take = Callable[[socket.socket], None]
Close = Callable[[float], None]
_at_shutdown: list[Close] = []
_is_shutting_down = False


class Handover:
    """What a web server that can hand a connection over puts into the environment of a request, under KEY."""

    response: "HandedOverResponse | None" = None


class HandedOverResponse(StreamingHttpResponse):
    """An answer that is sent as far as `opening`; `take` is then given the connection, from the server's main thread.

    Its body is as long as the connection lives. Whoever takes the connection closes it, and calls `ended`.
    """

    def __init__(self, request: HttpRequest, opening: bytes, take: Take, **options: Any) -> None:
        """Only for a request whose server hands connections over (`hands_over`)."""
        super().__init__([opening], **options)
        self.take = take
        self.when_ended: list[Callable[[int], None]] = []
        self._opening_bytes = len(opening)
        request.META[KEY].response = self

    def ended(self, sent: int) -> None:
        """Say that the connection is closed, after so many bytes beyond the opening."""
        for call in self.when_ended:
            call(self._opening_bytes + sent)


def hands_over(request: HttpRequest) -> bool:
    """Whether the web server that answers this request can hand its connection over."""
    return isinstance(request.META.get(KEY), Handover)


def at_shutdown(close: Close) -> None:
    """Have this called as soon as the web process is asked to end, with 0, and again before it ends.

    It is to end what it holds, and to wait so many seconds at most until that is done.
    """
    if close not in _at_shutdown:
        _at_shutdown.append(close)


def shut_down(wait_seconds: float = 0.0) -> None:
    """To be called by the web server when it is asked to end, and before it ends."""
    global _is_shutting_down
    _is_shutting_down = True
    for close in _at_shutdown:
        close(wait_seconds)


def is_shutting_down() -> bool:
    """Whether the web process has been asked to end."""
    return _is_shutting_down
