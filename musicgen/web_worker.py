"""gunicorn's worker with threads, which can hand over the connection of an answer that goes on for long."""

import contextlib
import errno
import gc
import selectors
import socket
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from gunicorn.http import wsgi
from gunicorn.workers.gthread import ThreadWorker

from musicgen import handover
from musicgen.handover import KEY, HandedOverResponse, Handover
from musicgen.loading import without_garbage_collection
from musicgen.web_connections import Connection, Lingering

# Objects made and not yet freed at which Python looks for cycles among the youngest. A page of a list makes thousands
# of objects that live as long as its request; looking for cycles among them at every 700 costs a tenth of its time.
CYCLES_AFTER = (20_000, 20, 50)
GONE = {errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED}
# Until what was handed over is closed, which takes no time where nothing is stuck.
CLOSE_SECONDS = 2.0
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class WebWorker(ThreadWorker):
    """Holds neither a thread nor one of its places for connections for a `HandedOverResponse`.

    Only over HTTP/1 without TLS: where gunicorn itself encrypts, nothing is handed over.

    New connections are accepted only while a thread is free for them: else the process that is woken first takes all
    that come at once, and the others stay idle. They have a thread from their first byte on, not before.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._handed_over: dict[socket.socket, HandedOverResponse] = {}
        # Counted in the main thread alone.
        self._new_requests = 0
        self._lingering = Lingering(self._forget_connection)
        self._is_last_accepted = False

    def load_wsgi(self) -> None:
        with without_garbage_collection():
            super().load_wsgi()
        self.wsgi: Application = partial(self._answer, self.wsgi)
        # What is loaded by now stays, and need not be looked through again.
        gc.unfreeze()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*CYCLES_AFTER)

    def set_accept_enabled(self, enabled: bool) -> None:
        if self.alive:
            super().set_accept_enabled(enabled and self._new_requests < self.cfg.threads)
        elif not self._is_last_accepted:
            self._is_last_accepted = True
            self._accept_all()
            super().set_accept_enabled(False)
            self._stop_listening()

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """Attend to requests that have come before connections that have: they may take the last free thread."""
        with contextlib.suppress(InterruptedError):
            events = [key for key, _ in self.poller.select(timeout)]
            for key in sorted(events, key=lambda key: key.fileobj in self.sockets):
                if key.fileobj not in self.sockets or self._accepting:
                    key.data(key.fileobj)

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection, and wait for its first byte in the poller."""
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno not in GONE:
                raise
            return
        self.nr_conns += 1
        conn = Connection(self.cfg, sock, client, listener.getsockname(), linger=self._linger)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def enqueue_req(self, conn: Connection) -> None:
        if not conn.initialized:
            conn.is_new = True
            self._new_requests += 1
            self.set_accept_enabled(self._accepting)
        super().enqueue_req(conn)

    def murder_pending(self) -> None:
        super().murder_pending()
        self._lingering.end_overdue(self.poller)

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

    def finish_request(self, conn: Connection, fs: Any) -> None:
        """Hand the connection over where that was asked for. Called in the main thread once the request has ended."""
        if conn.is_new:
            conn.is_new = False
            self._new_requests -= 1
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

    def _accept_all(self) -> None:
        """Accept what waits to be: who has connected before this process was asked to end is answered too."""
        for listener in self.sockets:
            before = -1
            while before < self.nr_conns < self.worker_connections:
                before = self.nr_conns
                self.accept(listener)

    def _stop_listening(self) -> None:
        """Have whoever comes from now on be refused at once, so that a proxy takes them elsewhere.

        While requests in hand end, which may take half a minute, the kernel would go on connecting clients that nobody
        accepts, and reset them all at the end.
        """
        for listener in self.sockets:
            listener.close()

    def _cap_keepalive(self, deadline: float) -> None:
        super()._cap_keepalive(deadline)
        for conn in self.pending_conns:
            conn.timeout = min(conn.timeout, deadline)

    def _linger(self, conn: Connection) -> None:
        if self._lingering.add(conn, self.poller):
            self.nr_conns += 1

    def _forget_connection(self) -> None:
        self.nr_conns -= 1
