"""Databases that go away while jobs run: a server of the test's own that crashes, a file that somebody locks."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

from django.core.management import call_command
from django.db import connection

from generation.tests.torture.postgres_server import PostgresServer, postgres_server


class Outage(Protocol):
    """A database that goes away and comes back."""

    what: str

    def begin(self) -> None: ...

    def end(self) -> None: ...


@contextmanager
def database_with_outages() -> Iterator[Outage]:
    """Use a database that can be made to go away: on PostgreSQL, one of a server of the test's own."""
    if connection.vendor == "sqlite":
        yield Lock()
        return
    with postgres_server() as server, _on_database(server.url):
        call_command("migrate", verbosity=0)
        yield Crash(server)


class Lock:
    """Nobody else may write to the file."""

    what = "the database locked"

    def begin(self) -> None:
        self._other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None, timeout=30)
        self._other.execute("BEGIN EXCLUSIVE")

    def end(self) -> None:
        self._other.execute("ROLLBACK")
        self._other.close()


class Crash:
    """The server has ended at once."""

    what = "the database server down"

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def begin(self) -> None:
        self._server.stop()
        connection.close()

    def end(self) -> None:
        self._server.start()
        connection.close()


@contextmanager
def _on_database(url: str) -> Iterator[None]:
    """Have the default connection lead to another database until the block ends."""
    address = urlsplit(url)
    before = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict |= {
        "HOST": address.hostname,
        "PORT": address.port,
        "USER": address.username,
        "PASSWORD": address.password or "",
        "NAME": address.path[1:],
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict |= before
