"""Places: a remote engine works on so many jobs at once and no more; those that wait for one hold up nobody else.

Counted in the rows, so that all workers of all machines keep to it. Two that take a job at the same moment may both
take the last place.
"""

from django.db.models import Count

from generation.engines.registry import remote_engines
from generation.models.job_states import Status


def places_left() -> dict[str, int]:
    """How many more jobs each remote engine may be given. One query, or none where there is no remote engine."""
    from generation.models.job import Job  # which imports this module

    limits = {alias: engine.max_in_flight for alias, engine in remote_engines().items()}
    if not limits:
        return {}
    at_work = Job.objects.filter(status=Status.PROCESSING, engine__in=limits).order_by()
    taken = dict(at_work.values_list("engine").annotate(Count("pk")))
    return {alias: max(0, limit - taken.get(alias, 0)) for alias, limit in limits.items()}


def full_engines() -> list[str]:
    """The remote engines that may be given no more jobs now."""
    return [alias for alias, left in places_left().items() if not left]
