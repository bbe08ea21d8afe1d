"""Figures of a drill, printed where `make torture` shows them."""

from collections import Counter
from collections.abc import Iterable, Sequence

from django.db import connection

from generation.models import Job, JobEvent
from generation.models.job_event import EventKind
from generation.tests.torture.killer import Kill
from generation.tests.torture.scale import SEED


def tell(title: str, *lines: str) -> None:
    print(f"\n{title} on {connection.vendor}, seed {SEED}:")
    for line in lines:
        print(f"  {line}")


def histogram(values: Iterable[object]) -> str:
    """How often each value occurs: "1: 190, 2: 10"."""
    return (
        ", ".join(f"{value}: {count}" for value, count in sorted(Counter(values).items(), key=str)) or "none"
    )


def fates(jobs: Sequence[Job]) -> tuple[str, ...]:
    """How the jobs ended, and what it took."""
    handed_back = JobEvent.objects.filter(
        kind=EventKind.HANDED_BACK, job__in=[job.pk for job in jobs]
    ).count()
    return (
        f"jobs: {histogram(job.status for job in jobs)}",
        f"attempts: {histogram(job.attempt for job in jobs)}; lost workers: "
        f"{histogram(job.lost_workers for job in jobs)}; handed back: {handed_back}",
    )


def longest_pause(kills: Iterable[Kill], jobs: Iterable[Job]) -> float:
    """The longest time from a kill to the next completion after it, in seconds."""
    ends = sorted(job.finished_at.timestamp() for job in jobs if job.finished_at)
    pauses = (next((end - kill.at for end in ends if end > kill.at), 0.0) for kill in kills)
    return max(pauses, default=0.0)


def spread(seconds: Sequence[float]) -> str:
    """Median, 95th percentile and maximum."""
    ordered = sorted(seconds)
    if not ordered:
        return "none"
    return (
        f"median {ordered[len(ordered) // 2]:.2f} s, p95 {ordered[int(0.95 * (len(ordered) - 1))]:.2f} s, "
        f"longest {ordered[-1]:.2f} s"
    )
