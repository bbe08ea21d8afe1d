"""How the site stands right now, by queries of which each is bounded however many rows there are."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet, Sum

from generation.models import Archive, Job, ProcessValue, SiteSample, WebhookDelivery, Worker
from generation.models.job_states import Status
from generation.webhooks.delivery_states import DeliveryStatus
from musicgen.metrics.names import PROCESS_GAUGES

# Nobody needs to know how many more there are.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Queue:
    """Jobs that wait and that are made, workers that live and how many jobs they can make at once.

    `oldest_seconds` is how long the first of those that wait has waited since it was ordered; 0 where none waits.
    """

    waiting: int
    oldest_seconds: float
    running: int
    workers: int
    slots: int

    @classmethod
    def now(cls, now: datetime) -> "Queue":
        queued = Job.objects.queued()
        oldest = queued.order_by("created_at").values_list("created_at", flat=True).first()
        alive = Worker.objects.alive().aggregate(workers=Count("pk"), slots=Sum("slots"))
        return cls(
            waiting=_counted(queued, "created_at"),
            oldest_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
            running=_counted(Job.objects.filter(status=Status.PROCESSING), "lease_until"),
            workers=alive["workers"],
            slots=alive["slots"] or 0,
        )


@dataclass(frozen=True, slots=True)
class Gauge:
    """A value of this moment."""

    name: str
    help: str
    value: float


def gauges(now: datetime) -> Iterator[Gauge]:
    """All of them. Raises DatabaseError."""
    queue = Queue.now(now)
    yield Gauge(
        "musicgen_jobs_waiting", f"Jobs that wait for a worker, counted up to {MOST_COUNTED}.", queue.waiting
    )
    yield Gauge(
        "musicgen_oldest_waiting_job_seconds",
        "Seconds since the order of the job that waits for longest; 0 where none waits.",
        queue.oldest_seconds,
    )
    yield Gauge("musicgen_jobs_running", "Jobs that are being made.", queue.running)
    yield Gauge("musicgen_workers_alive", "Workers (qcluster) that are alive.", queue.workers)
    yield Gauge("musicgen_worker_slots", "Jobs that all workers can make at once.", queue.slots)
    yield Gauge(
        "musicgen_archives_waiting",
        "Zips that wait or are being made.",
        _counted(Archive.objects.unended(), "created_at"),
    )
    pending = WebhookDelivery.objects.filter(status=DeliveryStatus.PENDING)
    yield Gauge(
        "musicgen_webhook_deliveries_pending",
        f"Deliveries to webhooks that have not ended, counted up to {MOST_COUNTED}.",
        _counted(pending, "next_attempt_at"),
    )
    sample = SiteSample.objects.all().latest_one()
    if sample is not None:
        yield Gauge(
            "musicgen_stored_bytes",
            "Bytes of all audio and zips that are stored, measured once an hour.",
            sample.stored_bytes,
        )
    sums = ProcessValue.objects.all().sums(now)
    for gauge in PROCESS_GAUGES:
        yield Gauge(gauge.name, gauge.help, sums.get(gauge.name, 0.0))


def _counted(rows: QuerySet[Any], by: str) -> int:
    """How many rows there are, up to MOST_COUNTED, read from an index by a column of it alone."""
    return rows.order_by().values(by)[:MOST_COUNTED].count()
