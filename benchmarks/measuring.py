"""What the benchmarks measure with."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def in_new_process(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a module's function in a process that has done nothing before, and return what it returned."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args, **kwargs).result()


def alternating(names: Sequence[T], rounds: int) -> Iterator[T]:
    """Yield the names `rounds` times, each time beginning with the next one.

    What else the machine does at a time then falls on all of them alike.
    """
    for number in range(rounds):
        first = number % len(names)
        yield from [*names[first:], *names[:first]]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Return the median of theirs over ours, round by round."""
    return statistics.median(their / our for our, their in zip(ours, theirs, strict=True))


def forget_peak() -> None:
    """Let this process's peak of memory be what it holds now (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")


def memory(name: str) -> float:
    """Return this process's memory in MiB (Linux): `VmRSS` is what it holds, `VmHWM` the peak of that."""
    lines = Path("/proc/self/status").read_text().splitlines()
    kibibytes = next(line.split()[1] for line in lines if line.startswith(f"{name}:"))
    return int(kibibytes) / 1024


def verdict(is_met: bool, target: str) -> str:
    """Return what to say of a target."""
    return f"[target {target}: {'met' if is_met else 'missed'}]"
