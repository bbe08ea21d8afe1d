"""What users under load notice: how long each request took, what went wrong, and what became of their orders."""

import contextlib
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

REPLACING = "(any, while processes are replaced)"


@dataclass
class Records:
    """Filled by many threads, which only ever append."""

    took: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    troubles: list[str] = field(default_factory=list)
    # The ids of all orders that the site has taken, and the seconds until their users heard of the end.
    orders: list[str] = field(default_factory=list)
    ended_after: list[float] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    is_replacing: bool = False

    @contextlib.contextmanager
    def replacing(self) -> Iterator[None]:
        """Keep times of requests that end in this block apart: half of them wait for a process to be there again."""
        self.is_replacing = True
        try:
            yield
        finally:
            self.is_replacing = False

    def note(self, kind: str, seconds: float) -> None:
        """A request that was answered."""
        self.took[REPLACING if self.is_replacing else kind].append(seconds)

    def note_trouble(self, kind: str, what: str) -> None:
        """Something that no user should see."""
        self.troubles.append(f"after {time.monotonic() - self.began:.0f} s: {kind}: {what}")

    @property
    def asked(self) -> int:
        return sum(len(took) for took in self.took.values())

    def table(self) -> list[str]:
        """A line for each kind of request, in milliseconds."""
        head = f"{'kind of request':<36}{'number':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'longest':>9}  ms"
        rows = [
            f"{kind:<36}{len(took):>8}{_milliseconds(took)}"
            for kind, took in sorted(self.took.items())
            if took
        ]
        return [head, *rows]

    def common_troubles(self, most: int) -> list[str]:
        """The first of each kind of trouble, and how often such came."""
        kinds: Counter[str] = Counter()
        first: dict[str, str] = {}
        for trouble in self.troubles:
            kind = trouble.partition(": ")[2][:60]
            kinds[kind] += 1
            first.setdefault(kind, trouble)
        return [f"{times} × {first[kind]}" for kind, times in kinds.most_common(most)]


def quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95 and p99. Of few values the last are the greatest."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    cut = statistics.quantiles(values, n=100, method="inclusive")
    return cut[49], cut[94], cut[98]


def _milliseconds(took: Sequence[float]) -> str:
    numbers = (*quantiles(took), max(took))
    return "".join(f"{number * 1e3:>{width}.0f}" for number, width in zip(numbers, (8, 8, 8, 9), strict=True))
