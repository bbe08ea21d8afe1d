"""How web processes share the connections that come in."""

import http.client
import socket
from contextlib import ExitStack

import pytest

from generation.tests.web_server import web_server

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.sqlite_is_enough]
# A process with one thread holds a silent connection for five seconds before it attends to another.
AT_ONCE_SECONDS = 3
ROUNDS = 8


def test_a_connection_goes_to_the_process_that_is_free(tmp_path):
    """As often as not the same process would take both connections of a round."""
    with web_server(tmp_path, "--workers", "2", "--threads", "1") as server, ExitStack() as open_connections:
        for _ in range(ROUNDS):
            silent = open_connections.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            asking = http.client.HTTPConnection("127.0.0.1", server.port, timeout=AT_ONCE_SECONDS)
            asking.request("GET", "/healthz")
            assert asking.getresponse().status == 200
            asking.close()
            silent.close()
