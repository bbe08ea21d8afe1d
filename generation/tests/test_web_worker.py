"""How web processes share the connections that come in, and what clients that fall silent cost the others."""

import contextlib
import http.client
import signal
import socket
import time
from collections.abc import Iterator

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import NoMoreData

from generation.tests.web_server import WebServer, web_server
from generation.tests.working import wait_until
from musicgen import web_connections
from musicgen.web_connections import Connection

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.sqlite_is_enough]
AT_ONCE_SECONDS = 4
ROUNDS = 8
BEGUN = b"GET / HT"
LAST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def server(django_db_setup, tmp_path_factory) -> Iterator[WebServer]:
    with web_server(tmp_path_factory.mktemp("web"), "--workers", "2", "--threads", "1") as server:
        yield server


@contextlib.contextmanager
def clients(server: WebServer, count: int, sent: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that have sent this, and stay open."""
    with contextlib.ExitStack() as opened:
        connections = [
            opened.enter_context(socket.create_connection(("127.0.0.1", server.port))) for _ in range(count)
        ]
        for connection in connections:
            connection.sendall(sent)
        yield connections


def answers_at_once(server: WebServer) -> bool:
    asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=AT_ONCE_SECONDS)
    with contextlib.closing(asking):
        asking.request("GET", "/healthz")
        return asking.getresponse().status == 200


def test_who_comes_while_a_process_is_replaced_waits_for_the_next_one(tmp_path):
    """The listening socket is not its own, as with deploy/systemd/musicgen-web.socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with web_server(tmp_path, "--workers", "1", listener=listener) as ended:
            pass  # it has answered, and is asked to end
        with clients(ended, 1, LAST) as [waiting], web_server(tmp_path, "--workers", "1", listener=listener):
            waiting.settimeout(AT_ONCE_SECONDS)
            assert waiting.recv(100).startswith(b"HTTP/1.1 200")


def is_refused(server: WebServer) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_connection_goes_to_the_process_that_is_free(server):
    """As often as not the same process would take both connections of a round."""
    for _ in range(ROUNDS):
        with clients(server, 1, BEGUN):
            assert answers_at_once(server)


def test_who_sends_nothing_holds_nobody_up(server):
    with clients(server, 50, b""):
        assert answers_at_once(server)


def test_who_was_answered_and_does_not_close_holds_nobody_up(server):
    with clients(server, 50, LAST) as connections:
        assert answers_at_once(server)
        for connection in connections:
            connection.settimeout(AT_ONCE_SECONDS)
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_who_falls_silent_in_a_request_has_ended_it(monkeypatch):
    monkeypatch.setattr(web_connections, "SILENT_SECONDS", 1)
    ours, theirs = socket.socketpair()
    with contextlib.closing(theirs):
        connection = Connection(Config(), ours, ("", 0), ("", 0), linger=lambda connection: None)
        connection.init()
        theirs.sendall(BEGUN)
        began = time.monotonic()
        with pytest.raises(NoMoreData):
            next(connection.parser)
        assert time.monotonic() - began >= 0.9
        connection.close()


def test_who_waits_to_be_accepted_is_answered_before_the_process_ends(tmp_path):
    with web_server(tmp_path, "--workers", "1", "--threads", "1") as server:
        with clients(server, 1, BEGUN) as [holding], clients(server, 5, LAST) as waiting:
            time.sleep(0.5)  # none of them is accepted meanwhile
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            holding.close()
            for connection in waiting:
                connection.settimeout(AT_ONCE_SECONDS)
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
        wait_until(lambda: server.process.poll() is not None)


def test_who_comes_while_the_last_requests_end_is_refused_at_once(tmp_path):
    """A proxy then asks another process; a connection that nobody accepts would be reset at the end."""
    with (
        web_server(tmp_path, "--workers", "1", "--threads", "1") as server,
        clients(server, 1, LAST[:10]) as [holding],
    ):
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: is_refused(server), AT_ONCE_SECONDS)
        holding.sendall(LAST[10:])
        holding.settimeout(AT_ONCE_SECONDS)
        assert holding.recv(100).startswith(b"HTTP/1.1 200")
