"""gunicorn's worker with threads, which can hand over the connection of an answer that goes on for long."""

import socket
import sys
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from musicgen import handover
from musicgen.handover import KEY, HandedOverResponse, Handover

SWITCH_SECONDS = 0.001
# Until what was handed over is closed, which takes no time where nothing is stuck.
CLOSE_SECONDS = 2.0
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class WebWorker(ThreadWorker):
    """Holds neither a thread nor one of its places for connections for a `HandedOverResponse`.

    Only over HTTP/1 without TLS: where gunicorn itself encrypts, nothing is handed over.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handed_over: dict[socket.socket, HandedOverResponse] = {}

    def init_process(self) -> None:
        # Who holds connections that were handed over is one thread among many; a fifth of Python's 5 ms lets it come to
        # its turn five times as soon where all are busy.
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Application = partial(self._answer, self.wsgi)

    def _answer(self, site: Application, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        answer = start_response.__self__
        if type(answer) is not wsgi.Response or self.cfg.is_ssl or self.cfg.protocol != "http":
            return site(environ, start_response)
        offer = environ[KEY] = Handover()
        body = site(environ, start_response)
        if offer.response is not None and answer.status_code == offer.response.status_code:
            # Nothing is sent yet. The end of the connection is the end of the body, so no chunk says it.
            answer.chunked = False
            answer.force_close()
            self._handed_over[environ["gunicorn.socket"]] = offer.response
        return body

    def finish_request(self, conn: TConn, fs: Any) -> None:
        """Hand the connection over where that was asked for. Called in the main thread once the request has ended."""
        response = self._handed_over.pop(conn.sock, None)
        if response is None:
            super().finish_request(conn, fs)
            return
        self.nr_conns -= 1
        response.take(conn.sock)

    def handle_exit(self, sig: int, frame: Any) -> None:
        if self.alive:
            # Not here: a handler of a signal must not wait for locks. The queue wakes the main loop.
            self.method_queue.defer(handover.shut_down)
        super().handle_exit(sig, frame)

    def run(self) -> None:
        try:
            super().run()
        finally:
            handover.shut_down(CLOSE_SECONDS)
