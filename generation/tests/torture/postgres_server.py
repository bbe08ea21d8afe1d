"""A PostgreSQL server of a test's own, that may be restarted while others use theirs."""

import glob
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from generation.tests.running_site import free_port

SYSTEM_USER = "postgres"  # the server refuses to run as root


class PostgresServer:
    """A server with its data in a folder, on a port of its own; anybody on this machine may use it as `postgres`."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._data = folder / "data"
        self._log = folder / "server.log"
        self._user = SYSTEM_USER if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._call("initdb", "-D", self._data, "-U", "postgres", "-A", "trust", "-N", "-E", "UTF8")

    @property
    def url(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = (
            f"-c listen_addresses=127.0.0.1 -p {self.port} -c unix_socket_directories= -c shared_buffers=16MB"
        )
        self._call("pg_ctl", "-D", self._data, "-l", self._log, "-o", options, "-w", "start")

    def stop(self) -> None:
        """Stop it at once, as a crash does: no connection is ended in order, nothing is written out."""
        self._call("pg_ctl", "-D", self._data, "-m", "immediate", "-w", "stop")

    def _call(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [_binaries() / program, *(str(argument) for argument in arguments)],
            user=self._user,
            cwd=self._data.parent,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
        )
        written = self._log.read_text()[-2000:] if self._log.exists() else ""
        assert done.returncode == 0, f"{program} ended with {done.returncode}\n{written}"


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server until the block ends."""
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        server = PostgresServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


def _binaries() -> Path:
    """The folder with the server's own programs, which distributions keep off the path."""
    program = shutil.which("pg_config")
    folders = [subprocess.check_output([program, "--bindir"], text=True).strip()] if program else []
    folders += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    for folder in folders:
        if Path(folder, "initdb").exists():
            return Path(folder)
    raise AssertionError("PostgreSQL's server programs are not installed (on Debian: apt install postgresql)")
