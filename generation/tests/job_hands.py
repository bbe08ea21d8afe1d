"""What only the holder of a lease may do with a job, each verb in one place for the stateful test of jobs."""

from copy import copy
from dataclasses import dataclass, replace

from generation.models import Job, Lease
from generation.tests.job_twin import Twin
from generation.worker.attempt import Attempt
from generation.worker.heartbeat import Heartbeat
from generation.worker.outcomes import Outcome
from generation.worker.variation import Variation


@dataclass
class Hand:
    """A worker's claim to a job, and what it knows of the job, long after it may have been taken away."""

    twin: Twin
    attempt: Attempt

    @property
    def lease(self) -> str:
        return self.attempt.lease.owner

    @property
    def job(self) -> Job:
        return self.attempt.job

    @property
    def heartbeat(self) -> Heartbeat:
        return self.attempt.heartbeat

    @property
    def holds(self) -> bool:
        return self.twin.holds(self.lease)

    def beat(self, stage: str, progress: float | None) -> bool:
        kept = self.attempt.lease.beat(stage=stage, progress=progress)
        self.heartbeat.lost = not kept
        return kept

    def forget_call(self) -> bool:
        return self.attempt.lease.keep_call("")

    def variation(self) -> Variation:
        return Variation(self.attempt.lease, self.heartbeat, self.twin.tracks)

    def end(self, outcome: Outcome) -> None:
        """Finish an attempt as a worker does."""
        self.attempt.end(outcome)


def claim(twin: Twin, job: Job, owner: str) -> Hand | None:
    lease = job.claim(owner)
    return Hand(twin, Attempt(replace(lease, job=copy(job)))) if lease else None


def adopt(job: Job, owner: str) -> bool:
    return job.adopt(owner) is not None


def call_ended(job: Job, owner: str) -> bool:
    return Lease(job, owner).call_ended()
