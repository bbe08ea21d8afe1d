"""What is said of a job when it has ended: a line of the log, and counts. `docs/monitoring.md` has the fields."""

import logging
from typing import TYPE_CHECKING, Any

from generation.models.job_states import Status
from musicgen.metrics.names import (
    JOB_GENERATE_SECONDS,
    JOB_QUEUE_SECONDS,
    JOB_STORE_SECONDS,
    JOBS_ENDED,
)

if TYPE_CHECKING:
    from generation.models.job import Job

NAME = "musicgen.jobs"
logger = logging.getLogger(NAME)
NONE = "none"


def report(job: "Job") -> None:
    """Write the line of a job that has ended, and count it. To be called once, when its end is committed."""
    line: dict[str, Any] = {
        "status": str(job.status),
        "engine": job.engine,
        "code": str(job.error_code) or None,
        "attempt": job.attempt,
        "queue_seconds": _rounded(job.queue_seconds),
        "generate_seconds": _rounded(job.generate_seconds),
        "store_seconds": _rounded(job.store_seconds),
        "total_seconds": _rounded(job.elapsed_seconds),
        "cost_usd": None if job.cost_usd is None else float(job.cost_usd),
        "owner": str(job.owner_id),
    }
    said = " ".join(f"{name}={'-' if value is None else value}" for name, value in line.items())
    logger.info("Job ended: %s", said, extra={"job_id": str(job.pk), **line})
    JOBS_ENDED.add(job.engine, str(job.status), str(job.error_code) or NONE)
    if job.status == Status.COMPLETED:
        for histogram, seconds in (
            (JOB_QUEUE_SECONDS, job.queue_seconds),
            (JOB_GENERATE_SECONDS, job.generate_seconds),
            (JOB_STORE_SECONDS, job.store_seconds),
        ):
            if seconds is not None:
                histogram.observe(seconds, job.engine)


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
