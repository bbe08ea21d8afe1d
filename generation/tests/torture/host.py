"""What a platform does with a worker: runs it on several machines, starts it again when it has ended, deploys."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from django.conf import settings

from generation.tests.torture.processes import Process, living, members
from generation.tests.working import wait_until

LOOK_SECONDS = 0.1
GROUPS = 2
START_SECONDS = 60.0
END_SECONDS = 60.0
# The main process, its sentinel, the pusher, the monitor and the follower; the workers come on top.
OTHERS_IN_GROUP = 5


@dataclass
class Host:
    """Runs `qcluster` in process groups of their own. Its thread never touches the database."""

    environment: Mapping[str, str]
    folder: Path
    command: Sequence[str] = ()  # what `qcluster` is started by, as `unshare` is
    groups: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    ended: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    killed_at: list[float] = field(default_factory=list)
    ended_in_time: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._look_after, name="host", daemon=True)]

    def __enter__(self) -> Self:
        for _ in range(GROUPS):
            self.start()
        for process in self.groups:
            self.wait_until_ready(process)
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()
        for process in [*self.groups, *self.ended]:
            if members(process.pid):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(END_SECONDS)

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a group."""
        with (self.folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [*self.command, sys.executable, "manage.py", "qcluster"],
                cwd=settings.BASE_DIR,
                env=dict(self.environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.groups.append(process)
        return process

    def processes(self) -> list[Process]:
        """The living processes of all groups that are to run."""
        groups = {process.pid for process in self.groups}
        return [process for process in living() if process.group in groups]

    def wait_until_ready(self, process: "subprocess.Popen[bytes]") -> None:
        whole = OTHERS_IN_GROUP + settings.GENERATION_WORKERS
        wait_until(lambda: len(members(process.pid)) >= whole, START_SECONDS, every=LOOK_SECONDS)

    def deploy(self, times: int, grace: float) -> threading.Thread:
        """Deploy so many times in the background, one group after the other."""

        def deploy() -> None:
            for _ in range(times):
                if not self._done.is_set():
                    self._replace_oldest(grace)

        thread = threading.Thread(target=deploy, name="deploys", daemon=True)
        self._threads.append(thread)
        thread.start()
        return thread

    def drain(self) -> None:
        """End all groups with SIGTERM, and see that nothing is left of them or of those that were killed."""
        with self._lock:
            ending, self.groups = self.groups, []
            self.ended += ending
        for process in ending:
            process.send_signal(signal.SIGTERM)
        wait_until(lambda: not self.left_over(), END_SECONDS, every=LOOK_SECONDS)

    def left_over(self) -> list[Process]:
        """What still runs of groups whose main process has ended or was told to."""
        for process in self.ended:
            process.poll()
        groups = {process.pid for process in self.ended}
        return [process for process in living() if process.group in groups]

    def _replace_oldest(self, grace: float) -> None:
        """Start a new group, and end the oldest once it is ready, as platforms do."""
        self.wait_until_ready(self.start())
        with self._lock:
            old = self.groups.pop(0)
            self.ended.append(old)
        self.ended_in_time.append(self._end(old, grace))

    def _end(self, process: "subprocess.Popen[bytes]", grace: float) -> bool:
        """SIGTERM to the whole group, and after the grace SIGKILL to what is left. True: nothing was."""
        end = time.monotonic() + grace
        os.killpg(process.pid, signal.SIGTERM)
        while members(process.pid):
            if time.monotonic() > end:
                os.killpg(process.pid, signal.SIGKILL)
                self.killed_at.append(time.time())
                process.wait(END_SECONDS)
                return False
            process.poll()
            time.sleep(LOOK_SECONDS)
        return True

    def _look_after(self) -> None:
        while not self._done.wait(LOOK_SECONDS):
            with self._lock:
                for process in self.groups[:]:
                    if process.poll() is not None:
                        self.groups.remove(process)
                        self.ended.append(process)
                        self.start()
