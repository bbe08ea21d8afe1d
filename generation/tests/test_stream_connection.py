"""A stream's connection never waits: neither for a client that reads slowly nor for one that has gone."""

import socket
from collections.abc import Iterator

import pytest

from generation.api.streams.connection import MAX_BACKLOG, MAX_RECEIVED, STALLED_SECONDS, Connection, Gone
from generation.tests.working import wait_until


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Ours and the client's end of a TCP connection, whose client buffers little."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(listening.getsockname())
        ours, _ = listening.accept()
        client.settimeout(30)
    with ours, client:
        yield ours, client


def test_what_is_sent_arrives(ends):
    ours, client = ends
    connection = Connection(ours)
    connection.send(b"hello")
    assert client.recv(100) == b"hello"
    assert (connection.sent, connection.has_backlog) == (5, False)


def test_who_does_not_read_is_dropped_and_the_backlog_is_bounded(ends):
    ours, _ = ends
    connection = Connection(ours)
    while not connection.has_backlog:
        connection.send(b"x" * 1000)
    connection.send(b"x" * (MAX_BACKLOG - 1000))
    with pytest.raises(Gone, match="does not read"):
        connection.send(b"x" * 1001)
    assert connection.sent < 1_000_000


def test_who_reads_on_in_time_gets_all(ends):
    ours, client = ends
    connection = Connection(ours)
    sent = 0
    while not connection.has_backlog:
        connection.send(b"x" * 1000)
        sent += 1000
    received = 0
    while received < sent:
        received += len(client.recv(65536))
        connection.send()
    assert connection.sent == sent
    assert not connection.has_backlog


def test_who_has_stopped_reading_for_long_is_dropped(ends):
    ours, _ = ends
    now = [0.0]
    connection = Connection(ours, clock=lambda: now[0])
    while not connection.has_backlog:
        connection.send(b"x" * 1000)
    now[0] += STALLED_SECONDS - 1
    connection.send()
    now[0] += 2
    with pytest.raises(Gone):
        connection.send()


def test_a_client_that_closes_is_gone(ends):
    ours, client = ends
    connection = Connection(ours)
    connection.check()
    client.close()
    wait_until_readable(ours)
    with pytest.raises(Gone):
        connection.check()


def test_a_client_that_goes_on_sending_is_dropped(ends):
    ours, client = ends
    connection = Connection(ours)
    client.sendall(b"\r\n")
    wait_until_readable(ours)
    connection.check()
    client.sendall(b"x" * MAX_RECEIVED)
    wait_until_readable(ours, MAX_RECEIVED)
    with pytest.raises(Gone, match="sending"):
        connection.check()


def wait_until_readable(sock: socket.socket, count: int = 1) -> None:
    """Wait until so many bytes can be read, or the client has closed its end."""

    def is_readable() -> bool:
        try:
            waiting = sock.recv(count, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        return len(waiting) in (0, count)

    wait_until(is_readable, 30)
