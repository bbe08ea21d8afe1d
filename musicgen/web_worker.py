"""gunicorn's worker with threads, which can hand over the connection of an answer that goes on for long."""

import gc
import socket
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers.gthread import TConn, ThreadWorker

from musicgen import handover
from musicgen.handover import KEY, HandedOverResponse, Handover

# Objects made and not yet freed at which Python looks for cycles among the youngest. A page of a list makes thousands
# of objects that live as long as its request; looking for cycles among them at every 700 costs a tenth of its time.
CYCLES_AFTER = (20_000, 20, 50)
# Until what was handed over is closed, which takes no time where nothing is stuck.
CLOSE_SECONDS = 2.0
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class WebWorker(ThreadWorker):
    """Holds neither a thread nor one of its places for connections for a `HandedOverResponse`.

    Only over HTTP/1 without TLS: where gunicorn itself encrypts, nothing is handed over. A connection is accepted only
    while a thread is free for it: else the process that is woken first takes them all, and the others stay idle.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handed_over: dict[socket.socket, HandedOverResponse] = {}
        self._requests = 0  # in a thread or waiting for one; counted in the main thread alone

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi: Application = partial(self._answer, self.wsgi)
        # What is loaded by now stays, and need not be looked through again.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*CYCLES_AFTER)

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled and self._requests < self.cfg.threads)

    def enqueue_req(self, conn: TConn) -> None:
        self._requests += 1
        self.set_accept_enabled(self._accepting)
        super().enqueue_req(conn)

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
        self._requests -= 1
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
