"""How often each remote call was started, beside the calls whose ids were saved."""

from collections.abc import Iterable
from dataclasses import dataclass

from generation.models import Job, JobEvent
from generation.models.job_event import EventKind
from generation.tests.torture.service import Call, CountingService

# A start is answered within a fraction of a second; a loaded machine may take longer.
NEAR_SECONDS = 2.0


@dataclass(frozen=True)
class Window:
    """A time, in seconds since 1970, in which a call may have been started whose id could not be saved."""

    begin: float
    end: float

    @classmethod
    def before(cls, kill: float) -> "Window":
        return cls(kill - NEAR_SECONDS, kill)


@dataclass(frozen=True)
class Count:
    """Calls whose ids were saved, and those whose worker could not do that any more."""

    saved: list[Call]
    unsaved: list[Call]

    def __str__(self) -> str:
        lost = [
            f"{call.job_id[:8]}… {'canceled' if call.canceled else 'not canceled'}" for call in self.unsaved
        ]
        return (
            f"{len(self.saved)} with their id saved, {len(self.unsaved)} started just before a kill or an outage "
            f"kept the worker from saving it {', '.join(lost)}"
        ).rstrip()


def assert_started_once(service: CountingService, jobs: Iterable[Job], windows: Iterable[Window]) -> Count:
    """One call of each job had its id saved; every other was started when something could keep its id from that."""
    windows = list(windows)
    wanted = {str(job.pk) for job in jobs if job.engine == "remote"}
    ids = set(JobEvent.objects.filter(kind=EventKind.CALL).values_list("text", flat=True))
    calls = [call for call in service.calls.values() if call.job_id in wanted]
    count = Count([call for call in calls if call.id in ids], [call for call in calls if call.id not in ids])
    assert sorted(call.job_id for call in count.saved) == sorted(wanted)
    for call in count.unsaved:
        assert any(window.begin <= call.started_at <= window.end for window in windows), call
    return count
