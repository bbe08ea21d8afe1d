"""The processes of a group, and which role each has."""

import os
from dataclasses import dataclass
from pathlib import Path

PREFIX = "music-"


@dataclass(frozen=True)
class Process:
    """A living process; `role` is what it calls itself: main, sentinel, pusher, monitor, follower, worker."""

    pid: int
    group: int
    role: str


def living() -> list[Process]:
    """Every process of this machine that has not ended."""
    found = (_read(entry.name) for entry in os.scandir("/proc") if entry.name.isdigit())
    return [process for process in found if process]


def members(group: int) -> list[Process]:
    """The living processes of a process group."""
    return [process for process in living() if process.group == group]


def _read(pid: str) -> Process | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None  # it has just ended
    name, _, rest = stat.partition("(")[2].rpartition(")")
    state, _, group = rest.split()[:3]
    return None if state in "ZX" else Process(int(pid), int(group), name.removeprefix(PREFIX))
