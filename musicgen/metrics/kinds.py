"""The kinds of metrics that processes count: counters, histograms, and what a process has right now."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from musicgen.metrics.pending import PENDING

SUM = "sum"
BEYOND = "+Inf"


@dataclass(frozen=True)
class Counter:
    """How often something happened, or how much of something there was, by labels. `name` ends with `_total`."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    def add(self, *labels: str, amount: float = 1.0) -> None:
        """Count once more, or add an amount. `labels` are the values, in the order of the names."""
        PENDING.add((((self.name, *labels), amount),))


@dataclass(frozen=True)
class Histogram:
    """How long something took, in seconds, by labels. `bounds` are the upper ends of the buckets but the last.

    Its series have one more label: the bucket's upper end, or `sum`. Buckets are counted each for itself.
    """

    name: str
    help: str
    labels: tuple[str, ...]
    bounds: Sequence[float]
    _ends: tuple[str, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", (*map(str, self.bounds), BEYOND))

    @property
    def ends(self) -> tuple[str, ...]:
        """The upper ends of all buckets, as series and the exposition have them."""
        return self._ends

    def observe(self, seconds: float, *labels: str) -> None:
        """Count one more. What is exactly as long as a bucket's end is in the bucket."""
        end = self._ends[bisect_left(self.bounds, seconds)]
        PENDING.add((((self.name, *labels, end), 1.0), ((self.name, *labels, SUM), seconds)))


@dataclass(frozen=True)
class ProcessGauge:
    """How much of something a process has right now; the site has the sum. `read` is set by whoever has it."""

    name: str
    help: str
    _readers: list[Callable[[], float]] = field(default_factory=list, init=False, repr=False)

    def read_from(self, read: Callable[[], float]) -> None:
        """Have this process's part found out by calling this, from the thread that stores the counts."""
        self._readers.append(read)

    def value(self) -> float:
        """What this process has now."""
        return sum(read() for read in self._readers)
