"""A running worker on a database of its own, and what its processes use (Linux)."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

SERVER = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
PREFIX = "music-"
KIBIBYTE = 1024


@dataclass(frozen=True)
class Process:
    """A living process of a group; `role` is what it calls itself."""

    pid: int
    role: str


@dataclass(frozen=True)
class Memory:
    """Bytes that processes hold: each for itself (`rss`), and with what is shared counted once (`pss`)."""

    rss: int
    pss: int


@contextlib.contextmanager
def postgres_database() -> Iterator[str]:
    """A new database on the server, and its URL."""
    name = f"bench_{os.getpid()}"
    with psycopg.connect(SERVER, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield urlsplit(SERVER)._replace(path=f"/{name}").geturl()
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def running_worker(
    command: Sequence[str] = ("manage.py", "qcluster"), **variables: str
) -> "Iterator[subprocess.Popen[bytes]]":
    """A worker in a process group of its own, on the database of this process."""
    from generation.models import Worker

    worker = subprocess.Popen([sys.executable, *command], start_new_session=True, env=os.environ | variables)
    try:
        while not Worker.objects.filter(pid=worker.pid).exists():
            if worker.poll() is not None:
                raise SystemExit("The worker did not start; what it said is above.")
            time.sleep(0.1)
        yield worker
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)


def group(leader: int) -> list[Process]:
    """The living processes of a group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
            if int(rest.split()[2]) == leader:
                found.append(Process(int(stat.parent.name), name.removeprefix(PREFIX)))
    return found


def cpu_seconds(processes: Iterable[Process]) -> float:
    """CPU time that these processes have used."""
    ticks = 0
    for process in processes:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(processes: Iterable[Process]) -> Memory:
    """What these processes hold now."""
    totals = {"Rss": 0, "Pss": 0}
    for process in processes:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
                name, _, rest = line.partition(":")
                if name in totals:
                    totals[name] += int(rest.split()[0]) * KIBIBYTE
    return Memory(totals["Rss"], totals["Pss"])
