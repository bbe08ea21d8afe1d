"""Which processes run, as `ps` lists them."""

import subprocess
from collections.abc import Iterator


def descendants(pid: int) -> set[int]:
    """The processes that this one has started, and those that they have, and so on."""
    pairs = [tuple(map(int, line.split())) for line in _listed("ppid=,pid=")]

    def below(parent: int) -> Iterator[int]:
        for above, child in pairs:
            if above == parent:
                yield child
                yield from below(child)

    return set(below(pid))


def children(pid: int) -> list[int]:
    """The processes that this one has started itself, by their ids."""
    pairs = (tuple(map(int, line.split())) for line in _listed("ppid=,pid="))
    return sorted(child for parent, child in pairs if parent == pid)


def running(pids: set[int]) -> set[int]:
    """Which of these still run."""
    return pids & {int(line.split()[0]) for line in _listed("pid=,stat=") if "Z" not in line.split()[1]}


def named(name: str, pids: set[int]) -> set[int]:
    """Which of these show this name."""
    return pids & {int(line.split()[0]) for line in _listed("pid=,comm=") if line.split()[1] == name}


def _listed(columns: str) -> list[str]:
    listed = subprocess.run(["ps", "-eo", columns], capture_output=True, text=True, check=True).stdout
    return listed.splitlines()
