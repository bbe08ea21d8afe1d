"""What an order is expected to cost, and whether an engine that costs money takes none because a budget is used up."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.cache import caches
from django.utils import timezone

from generation.engines.registry import get_engine
from generation.models import Job, spending
from generation.models.quota_limits import Holder, Limit, midnight
from generation.models.quota_words import renewal
from generation.scheduling.speeds import FEWEST, KEPT_SECONDS, MEASURED_JOBS, line

_MICRO_DOLLAR = Decimal("0.000001")
LOOK_SECONDS = 5


@dataclass(frozen=True, slots=True)
class UsedUp:
    """A budget of the day that leaves too little for the smallest order: the site's, or that of whoever asks."""

    limit: Limit
    now: datetime

    @property
    def renews_at(self) -> datetime:
        return self.limit.renews_at or self.now

    @property
    def words(self) -> str:
        whose = (
            "What this site spends in a day on"
            if self.limit.name.startswith("site_")
            else "What you may spend on"
        )
        return f"{whose} this engine is used up. It takes orders again {renewal(self.limit, self.now)}."


def expected_usd(alias: str, music_seconds: float) -> Decimal | None:
    """US dollars for making so much music, all takes: as the engine's last jobs cost, else as it guesses itself.

    None: it costs nothing. Raises UnknownEngine.
    """
    guess = get_engine(alias).guess_usd(music_seconds)
    if guess is None:
        return None
    fixed, per_second = _line_of(alias) or (None, None)
    if fixed is None or per_second is None:
        return guess.quantize(_MICRO_DOLLAR)
    return Decimal(fixed + per_second * music_seconds).quantize(_MICRO_DOLLAR)


def free_engine() -> tuple[str, str] | None:
    """The first engine that costs nothing, by alias and title; None where there is none."""
    engines = ((alias, get_engine(alias)) for alias in settings.ENGINES)
    return next(
        ((alias, each.capabilities.title) for alias, each in engines if each.guess_usd(1) is None), None
    )


def used_up(alias: str, holder: Holder, now: datetime | None = None) -> UsedUp | None:
    """Whether nothing at all can be ordered of an engine today, and by which budget. None: something can."""
    now = now or timezone.now()
    least = expected_usd(alias, get_engine(alias).capabilities.min_duration)
    if least is None:
        return None
    limits = (_site_limit(now), spending.limit_of(holder, now))
    return next((UsedUp(limit, now) for limit in limits if not limit.has_room_for(float(least))), None)


def _site_limit(now: datetime) -> Limit:
    """The site's, as it was some seconds ago: every page of orders asks."""
    key = f"site-budget:{settings.MODAL_DAILY_BUDGET_USD}:{midnight(now):%Y-%m-%d}"
    limit: Limit | None = caches["process"].get_or_set(key, lambda: spending.site_limit(now), LOOK_SECONDS)
    return limit or spending.site_limit(now)


def _line_of(alias: str) -> tuple[float, float] | None:
    """Dollars for a job and for each second of its music. None: too few jobs have shown what they cost."""
    measured: list[tuple[float, float]] | None = caches["process"].get_or_set(
        f"prices:{alias}", lambda: _measured(alias), KEPT_SECONDS
    )
    return line(measured) if measured and len(measured) >= FEWEST else None


def _measured(alias: str) -> list[tuple[float, float]]:
    """The seconds of music of the engine's last jobs, and what they cost."""
    jobs = Job.objects.measured(alias).filter(cost_usd__gt=0, ordered_seconds__gt=0).order_by("-finished_at")
    rows = jobs.values_list("ordered_seconds", "cost_usd")[:MEASURED_JOBS]
    return [(seconds, float(cost)) for seconds, cost in rows if cost is not None]
