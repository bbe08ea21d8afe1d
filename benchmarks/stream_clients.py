"""Hundreds of clients of event streams in one thread, and jobs that change at known times."""

import json
import selectors
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from generation.models import Job

OPEN_SECONDS = 60.0
# Between two changes of jobs, each of another one.
PACE_SECONDS = 0.13
Seen = tuple[str, float]  # the id of a job, and the progress that was heard


@dataclass(frozen=True)
class Change:
    """The seconds until each stream that is about it heard a change of a job, and how many did not hear it."""

    delays: list[float]
    missing: int


class StreamClients:
    """Opens streams and notes when it hears what. Closes them at the end of its block."""

    def __init__(self, port: int, paths: Sequence[tuple[str, str]]) -> None:
        self._paths = paths
        self._selector = selectors.DefaultSelector()
        self._heard: defaultdict[Seen, dict[int, float]] = defaultdict(dict)
        self._jobs: dict[int, set[str]] = {}
        self._greeted: set[int] = set()
        self._ends = False
        self._sockets = [self._open(port, number) for number in range(len(paths))]
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends = True
        self._thread.join()
        for client in self._sockets:
            client.close()
        self._selector.close()

    def wait_until_heard(self) -> None:
        """Wait until each stream has said how things stand. Raises SystemExit where that takes too long."""
        end = time.monotonic() + OPEN_SECONDS
        while len(self._greeted) < len(self._sockets):
            if time.monotonic() > end:
                raise SystemExit(f"Only {len(self._greeted)} of {len(self._sockets)} streams heard anything.")
            time.sleep(0.05)

    def heard(self, made: Mapping[Seen, float]) -> list[Change]:
        """How soon the changes that were made at these times were heard."""
        changes = []
        for seen, at in made.items():
            listeners = [number for number, jobs in self._jobs.items() if seen[0] in jobs]
            times = self._heard.get(seen, {})
            changes.append(Change([heard - at for heard in times.values()], len(listeners) - len(times)))
        return changes

    def _open(self, port: int, number: int) -> socket.socket:
        path, token = self._paths[number]
        client = socket.create_connection(("127.0.0.1", port), timeout=OPEN_SECONDS)
        client.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        )
        client.setblocking(False)
        self._jobs[number] = set()
        self._selector.register(client, selectors.EVENT_READ, (number, bytearray()))
        return client

    def _listen(self) -> None:
        while not self._ends:
            for key, _ in self._selector.select(0.1):
                number, rest = key.data
                received = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not received:
                    raise SystemExit(f"Stream {number} has ended: {bytes(rest[-300:])!r}")
                rest += received
                self._note(number, rest, time.monotonic())

    def _note(self, number: int, rest: bytearray, now: float) -> None:
        *lines, last = rest.split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                job = json.loads(line[6:])
                self._jobs[number].add(job["id"])
                self._greeted.add(number)
                self._heard[job["id"], job["progress"]].setdefault(number, now)
        rest[:] = last


class Mover:
    """Changes one job after the other, as heartbeats do, while its block runs, and notes when."""

    def __init__(self, jobs: "Sequence[Job]") -> None:
        self._jobs = jobs
        self._made: dict[Seen, float] = {}
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._move, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join()

    def made(self) -> dict[Seen, float]:
        """The changes so far that must have been heard by now, and when each was committed."""
        now = time.monotonic()
        return {seen: at for seen, at in list(self._made.items()) if at < now - 1}

    def forget(self) -> None:
        self._made = {}

    def _move(self) -> None:
        from django.db import connection

        from generation.models import Job

        count = 0
        try:
            while not self._ends.wait(PACE_SECONDS):
                job = self._jobs[count % len(self._jobs)]
                progress = (time.time() % 1000) / 1000
                Job.objects.filter(pk=job.pk).update(progress=progress)
                self._made[str(job.pk), progress] = time.monotonic()
                count += 1
        finally:
            connection.close()
