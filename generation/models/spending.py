"""What engines that cost money have cost today and will: of one holder, and of the whole site.

An order counts on the day on which it was taken. What a job has cost is known once its music is there; until then it
counts as what was expected when it was ordered, and a call of the engine that came to nothing counts so for good, as
nobody tells what it has cost. So a burst of orders exceeds a budget only by what its jobs cost more than expected.
"""

from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Case, DecimalField, F, IntegerField, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest

from generation.models.job import Job
from generation.models.job_queries import JobQuerySet
from generation.models.job_states import ACTIVE
from generation.models.quota_limits import DAY, Holder, Limit, midnight

SITE_KEY = b"musicusd"
_NUMBER = IntegerField()
_MONEY = DecimalField(max_digits=16, decimal_places=6)


def limit_of(holder: Holder, now: datetime) -> Limit:
    """How a holder stands, in one query."""
    jobs = Job.objects.filter(turn_id=holder.turn_id)
    return _limit("usd_per_day", settings.QUOTA_USD_PER_DAY[holder.kind], jobs, now)


def site_limit(now: datetime) -> Limit:
    """How the site stands, in one query, or none where it has no budget."""
    budget = settings.MODAL_DAILY_BUDGET_USD
    jobs = Job.objects.all() if budget is not None else Job.objects.none()
    return _limit("site_usd_per_day", budget, jobs, now)


def charged(jobs: JobQuerySet) -> Decimal:
    """What these jobs count for, in US dollars."""
    # One that waits, or whose last call came to nothing, will begin another.
    to_come = Case(When(status__in=ACTIVE, call_id="", then=1), default=0, output_field=_NUMBER)
    # What the last call has cost is known once it has cost anything.
    known = Case(When(cost_usd__gt=0, then=1), default=0, output_field=_NUMBER)
    unknown = Greatest(F("calls_begun") + to_come - known, Value(0), output_field=_NUMBER)
    charge = Coalesce("cost_usd", Value(Decimal(0)), output_field=_MONEY) + F("expected_usd") * unknown
    paid = jobs.filter(expected_usd__isnull=False).order_by()
    return paid.aggregate(sum=Sum(charge, output_field=_MONEY))["sum"] or Decimal(0)


def _limit(name: str, budget: Decimal | None, jobs: JobQuerySet, now: datetime) -> Limit:
    began = midnight(now)
    used = charged(jobs.filter(created_at__gte=began))
    return Limit(name, None if budget is None else float(budget), float(used), began + DAY)
