"""The dashboard: how the site stands now, and how it stood over an hour, a day or a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString

from generation.admin.plots import (
    Axis,
    Plot,
    Unit,
    days,
    hours,
    plotted,
    round_money_up,
    round_seconds_up,
    round_up,
)
from generation.admin.read_only import price
from generation.models import Job, SiteSample, Track, Worker
from generation.models.job_states import ErrorCode, Status
from generation.models.site_sample import Step
from generation.monitoring.live import Queue
from musicgen.admin_lists import list_of
from musicgen.durations import clock, clock_with_unit

# A sample that should be there since so long is missing.
LATE = timedelta(minutes=3)
SIZES = ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time until now, in steps. Its name is that of the same time in the lists of the admin; `form` is how
    its moments are written, as Django's templates have it."""

    name: str
    title: str
    length: timedelta
    step: timedelta
    step_name: str
    form: str

    def axis(self, now: datetime) -> Axis:
        """From the step in which it began until the one that is just going on."""
        seconds = self.step.total_seconds()
        begin = datetime.fromtimestamp((now - self.length).timestamp() // seconds * seconds, UTC)
        end = begin + self.length + self.step
        is_month = self.step >= timedelta(hours=1)
        ticks = days(begin, end, every=7) if is_month else hours(begin, end, every=self.length / 4)
        return Axis(
            begin=begin,
            step=self.step,
            count=round(self.length / self.step) + 1,
            ticks=list(ticks),
            named=lambda moment: date_format(timezone.localtime(moment), self.form),
        )


SPANS = (
    Span("hour", "Last hour", timedelta(hours=1), timedelta(minutes=1), "minute", "H:i"),
    Span("day", "Last 24 hours", timedelta(days=1), timedelta(minutes=15), "quarter of an hour", "D H:i"),
    Span("month", "Last 30 days", timedelta(days=30), timedelta(hours=8), "eight hours", "j M H:i"),
)
BY_DEFAULT = SPANS[1]


@dataclass(frozen=True, slots=True)
class Tile:
    """One number: now, or over the span; what there is to say beside it; and its plot, where there are samples."""

    name: str
    title: str
    value: str
    plot: Plot | None
    words: str = ""
    links: Sequence[SafeString] = ()

    @property
    def described(self) -> str:
        """The plot for who does not see it."""
        return f"{self.title}. {self.plot.essentials}" if self.plot else ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """What the template shows. `missing` says what is to be known of the samples where they do not come."""

    span: Span
    tiles: list[Tile]
    missing: str
    zone: str


def dashboard(over: str, now: datetime) -> Dashboard:
    """Seven queries, each of a bounded number of rows. `over` is the name of a span; any other is the default."""
    span = next((each for each in SPANS if each.name == over), BY_DEFAULT)
    axis = span.axis(now)
    queue, last = Queue.now(now), SiteSample.objects.all().latest_one()
    history = _History(span, axis, list(SiteSample.objects.all().since(axis.begin).steps(span.step)))
    return Dashboard(
        span=span,
        tiles=[*_work(queue, history), *_ended(history), *_kept(history, last)],
        missing=_missing(last, now),
        zone=timezone.get_current_timezone_name(),
    )


class _History:
    """The steps of a span, as plots and sums."""

    def __init__(self, span: Span, axis: Axis, steps: Sequence[Step]) -> None:
        self.span, self._axis, self._steps = span, axis, steps
        by_time = {step.at: step for step in steps}
        self._places = [by_time.get(axis.at(place)) for place in range(axis.count)]
        # The sample of the step that is going on may be about to be taken.
        if self._places[-1] is None:
            self._axis = Axis(axis.begin, axis.step, axis.count - 1, axis.ticks, axis.named)
            self._places.pop()

    def sum(self, name: str) -> Any:
        return sum(getattr(step, name) for step in self._steps)

    def plot(self, name: str, unit: Unit) -> Plot | None:
        if not self._steps:
            return None
        values = [None if step is None else float(getattr(step, name)) for step in self._places]
        return plotted(values, self._axis, unit=unit)

    def failures(self) -> dict[str, int]:
        return SiteSample.objects.all().failures_since(self._axis.begin)


def _work(queue: Queue, history: _History) -> list[Tile]:
    """What waits, what is made, and by whom."""
    slots = f"They can make {_count(queue.slots)} job{'' if queue.slots == 1 else 's'} at once."
    return [
        Tile(
            "queued",
            "Jobs waiting",
            _count(queue.waiting),
            history.plot("queued", COUNT),
            links=[list_of(Job, "Waiting jobs", status__exact=Status.QUEUED)],
        ),
        Tile(
            "oldest",
            "Longest wait",
            clock_with_unit(queue.oldest_seconds),
            history.plot("oldest_seconds", WAIT),
            words="Since the order of the job that waits for longest." if queue.waiting else "Nothing waits.",
        ),
        Tile(
            "running",
            "Jobs running",
            _count(queue.running),
            history.plot("running", COUNT),
            links=[list_of(Job, "Running jobs", status__exact=Status.PROCESSING)],
        ),
        Tile(
            "workers",
            "Workers alive",
            _count(queue.workers),
            history.plot("workers", COUNT),
            words=slots if queue.workers else "No worker runs: jobs wait until one is started.",
            links=[list_of(Worker, "Workers")],
        ),
    ]


def _ended(history: _History) -> list[Tile]:
    """What has ended, and how."""
    span = history.span
    completed, canceled = history.sum("completed"), history.sum("canceled")
    an_hour = number_format(completed / (span.length / timedelta(hours=1)), 1, force_grouping=True)
    return [
        Tile(
            "completed",
            f"Completed, {span.title.lower()}",
            _count(completed),
            history.plot("completed", COUNT),
            words=f"{an_hour} an hour. Canceled: {_count(canceled)}.",
            links=[list_of(Job, "Completed jobs", status__exact=Status.COMPLETED, when=span.name)],
        ),
        Tile(
            "failed",
            f"Failed, {span.title.lower()}",
            _count(history.sum("failed")),
            history.plot("failed", COUNT),
            links=[
                list_of(Job, f"{_label(code)}: {_count(jobs)}", error_code__exact=code, when=span.name)
                for code, jobs in history.failures().items()
            ],
        ),
    ]


def _kept(history: _History, last: SiteSample | None) -> list[Tile]:
    """What it has cost, and what is stored."""
    return [
        Tile(
            "cost",
            f"Cost, {history.span.title.lower()}",
            price(Decimal(history.sum("cost_usd"))),
            history.plot("cost_usd", MONEY),
            words="Of jobs that have ended.",
        ),
        Tile(
            "stored",
            "Stored",
            _size(last.stored_bytes) if last else _size(0),
            history.plot("stored_bytes", SIZE),
            words=f"Measured {_moment(last.stored_at)}, once an hour." if last else "Not measured yet.",
            links=[list_of(Track, "Tracks")],
        ),
    ]


def _missing(last: SiteSample | None, now: datetime) -> str:
    if last is None:
        return "There are no samples yet: a worker takes one a minute while it runs, and the plots come with them."
    if now - last.at > LATE:
        return f"The last sample is of {_moment(last.at)}: they are taken by a worker, once a minute."
    return ""


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M H:i")


def _label(code: str) -> str:
    """A code as the list of jobs writes it. One of another version of the site stays as it is."""
    return str(ErrorCode(code).label) if code in ErrorCode.values else code


def _count(value: float) -> str:
    return number_format(round(value), force_grouping=True)


def _dollars(value: float) -> str:
    return f"${value:,.2f}" if value % 1 else f"${value:,.0f}"


def _size(value: float) -> str:
    for unit, name in SIZES:
        if value >= unit:
            amount = value / unit
            return f"{amount:,.0f} {name}" if amount >= 99.95 else f"{amount:.3g} {name}"
    return f"{value:,.0f} B"


COUNT = Unit(_count, _count, round_up)
WAIT = Unit(clock_with_unit, clock, round_seconds_up)
MONEY = Unit(_dollars, _dollars, round_money_up)
SIZE = Unit(_size, _size, round_up)
