"""SIGKILL to processes of every role, at random moments."""

import os
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import DatabaseError, connection

from generation.models import Job
from generation.models.job_states import Status
from generation.tests.torture.host import Host
from generation.tests.torture.processes import Process
from generation.tests.torture.scale import PATIENCE_SECONDS
from generation.tests.working import wait_until

LOOK_SECONDS = 0.1
LONGEST_WAIT = 1.5


@dataclass(frozen=True)
class Kill:
    at: float
    role: str
    pid: int


@dataclass
class Killer:
    """Kills processes of a host; each role that has a living one is as likely as any other."""

    host: Host
    chance: random.Random
    kills: list[Kill] = field(default_factory=list)

    def kill_between(self, progress: Callable[[], int], first: int, last: int, kills: int) -> None:
        """Kill so many times while the progress goes from `first` to `last`, at moments drawn beforehand."""
        for due in sorted(self.chance.uniform(first, last) for _ in range(kills)):
            _wait_for(progress, int(due))
            time.sleep(self.chance.uniform(0, LONGEST_WAIT))
            self.kill_one()

    def kill_for(self, seconds: float, kills: int) -> None:
        """Take so many seconds, and kill so many times meanwhile."""
        began = time.monotonic()
        for due in sorted(self.chance.uniform(0, seconds) for _ in range(kills)):
            time.sleep(max(0.0, began + due - time.monotonic()))
            self.kill_one()
        time.sleep(max(0.0, began + seconds - time.monotonic()))

    def kill_one(self) -> None:
        by_role = self._by_role()
        role = self.chance.choice(sorted(by_role))
        process = self.chance.choice(by_role[role])
        os.kill(process.pid, signal.SIGKILL)
        self.kills.append(Kill(time.time(), role, process.pid))

    def _by_role(self) -> dict[str, list[Process]]:
        busy = _busy()
        found: dict[str, list[Process]] = {}
        for process in self.host.processes():
            found.setdefault(_role(process, busy), []).append(process)
        return found


def _wait_for(progress: Callable[[], int], due: int) -> None:
    wait_until(lambda: progress() >= due, PATIENCE_SECONDS, every=LOOK_SECONDS)


def _role(process: Process, busy: set[int]) -> str:
    if process.pid == process.group:
        return "main"
    if process.pid in busy:
        return "busy worker"
    return "idle worker" if process.role == "worker" else process.role


def _busy() -> set[int]:
    """The workers that hold the lease of a job; none are known while the database is away."""
    try:
        at_work = Job.objects.filter(status=Status.PROCESSING, call_state="")
        held = at_work.values_list("lease_owner", flat=True)
        return {int(owner.split(":")[1]) for owner in held if owner}
    except DatabaseError:
        connection.close()
        return set()
