"""What only the holder of a lease may do with a job, each verb in one place for the stateful test of jobs."""

from copy import copy
from dataclasses import dataclass

from generation.models import Job
from generation.tests.job_twin import Twin
from generation.worker import attempt
from generation.worker.attempt import Outcome
from generation.worker.heartbeat import Heartbeat
from generation.worker.variation import Timing, Variation


@dataclass
class Hand:
    """A worker's claim to a job, and what it knows of the job, long after it may have been taken away."""

    twin: Twin
    lease: str
    job: Job
    heartbeat: Heartbeat

    @property
    def holds(self) -> bool:
        return self.twin.holds(self.lease)

    def beat(self, stage: str, progress: float | None) -> bool:
        kept = self.job.beat(self.lease, stage=stage, progress=progress)
        self.heartbeat.lost = not kept
        return kept

    def forget_call(self) -> bool:
        return self.job.keep_call(self.lease, "")

    def variation(self) -> Variation:
        return Variation(self.job, self.lease, self.heartbeat, self.twin.tracks)

    def end(self, outcome: Outcome) -> None:
        """Finish an attempt as a worker does: None means that all is stored, or that it was asked to stop."""
        attempt._end(self.job, self.lease, self.heartbeat, Timing(), outcome)


def claim(twin: Twin, job: Job, lease: str) -> Hand | None:
    if not job.claim(lease):
        return None
    job = copy(job)
    return Hand(twin, lease, job, Heartbeat(job, lease))


def adopt(job: Job, lease: str) -> bool:
    return job.adopt(lease)


def call_ended(job: Job, lease: str) -> bool:
    return job.call_ended(lease)
