"""The memory of each process of a site while it runs, and by how much that grows (Linux)."""

import contextlib
import os
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.load_site import Program
from benchmarks.worker_group import Process, group

SAMPLE_SECONDS = 2.0
# Memory goes up and down with each request and job: what a process keeps is the least of each such window.
WINDOW_SECONDS = 10.0
PAGE = os.sysconf("SC_PAGE_SIZE")
MEBIBYTE = 1 << 20


@dataclass
class Life:
    """A process, and what it held when, in seconds of `time.monotonic` and MiB."""

    program: str
    role: str
    pid: int
    samples: list[tuple[float, float]] = field(default_factory=list)

    def kept(self, settle_seconds: float) -> list[tuple[float, float]]:
        """The least of each window, but for the time in which the process was new."""
        began = self.samples[0][0] + settle_seconds
        windows: dict[int, list[tuple[float, float]]] = {}
        for at, held in self.samples:
            if at >= began:
                windows.setdefault(int((at - began) / WINDOW_SECONDS), []).append((at, held))
        return [min(window, key=lambda sample: sample[1]) for window in windows.values()]

    def growth(self, settle_seconds: float) -> float | None:
        """MiB a minute by which it grows: the median slope of all pairs of windows. None: too short a life to say."""
        slopes = [
            (after - before) / (later - earlier) * 60
            for (earlier, before), (later, after) in combinations(self.kept(settle_seconds), 2)
        ]
        return statistics.median(slopes) if len(slopes) > 2 else None


class MemoryWatch:
    """Looks at all processes of these programs, also of those that take their place, while its block runs."""

    def __init__(self, programs: Sequence[Program]) -> None:
        self.lives: list[Life] = []
        self._programs = programs
        self._living: dict[tuple[str, int], Life] = {}
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="memory", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ends.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ends.wait(SAMPLE_SECONDS):
            for program in self._programs:
                if leader := program.pid:
                    for process in group(leader):
                        self._sample(program, leader, process)

    def _sample(self, program: Program, leader: int, process: Process) -> None:
        held = _resident(process.pid)
        if held is None:
            return
        # gunicorn's processes have no names; those of a worker have theirs a moment after their start.
        role = "main" if process.pid == leader else "web" if process.role == "python" else process.role
        life = self._living.get((program.name, process.pid))
        if life is None:
            life = self._living[program.name, process.pid] = Life(program.name, role, process.pid)
            self.lives.append(life)
        life.role = role
        life.samples.append((time.monotonic(), held))


def _resident(pid: int) -> float | None:
    """MiB of a process's own that lie in memory: what is mapped of files, such as libraries, is none of it."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        _, resident, shared, *_ = Path(f"/proc/{pid}/statm").read_text().split()
        return (int(resident) - int(shared)) * PAGE / MEBIBYTE
    return None
