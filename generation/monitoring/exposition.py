"""The metrics of the whole site in the text that Prometheus reads: totals of all processes, and how it stands now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db import DatabaseError, InterfaceError
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import CollectorRegistry

from generation.models import Metric as Total
from generation.monitoring.live import gauges
from musicgen import health
from musicgen.metrics.kinds import SUM, Counter, Histogram
from musicgen.metrics.names import COUNTERS, HISTOGRAMS
from musicgen.metrics.pending import Key
from musicgen.services import OK


def exposition(now: datetime, accept: str) -> tuple[bytes, str]:
    """The text, as `Accept` prefers it, and its content type. While the database is away it says that alone."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Site(now))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class _Site:
    """What `prometheus_client` collects from."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterable[Metric]:
        yield from _states()
        try:
            totals, now = Total.objects.all().totals(), list(gauges(self._now))
        except (DatabaseError, InterfaceError):
            yield _database(False)
            return
        yield _database(True)
        for gauge in now:
            yield GaugeMetricFamily(gauge.name, gauge.help, value=gauge.value)
        by_name = _by_name(totals)
        for counter in COUNTERS:
            yield _counter(counter, by_name[counter.name])
        for histogram in HISTOGRAMS:
            yield _histogram(histogram, by_name[histogram.name])


def _database(is_up: bool) -> Metric:
    return GaugeMetricFamily(
        "musicgen_database_up", "Whether the database answers; without it there is no more here.", value=is_up
    )


def _states() -> Iterator[Metric]:
    states = health.services()
    if states:
        family = GaugeMetricFamily(
            "musicgen_service_up",
            "Whether a service that the site uses answers this process.",
            labels=["service"],
        )
        for name, state in states.items():
            family.add_metric([name], state == OK)
        yield family


def _by_name(totals: Mapping[Key, float]) -> dict[str, dict[Key, float]]:
    found: dict[str, dict[Key, float]] = defaultdict(dict)
    for (name, *labels), value in totals.items():
        found[name][tuple(labels)] = value
    return found


def _counter(counter: Counter, values: Mapping[Key, float]) -> Metric:
    family = CounterMetricFamily(counter.name, counter.help, labels=counter.labels)
    if not counter.labels:
        values = {(): 0.0, **values}
    for labels, value in sorted(values.items()):
        if len(labels) == len(counter.labels):  # others are of another version of the site
            family.add_metric(labels, value)
    return family


def _histogram(histogram: Histogram, values: Mapping[Key, float]) -> Metric:
    """Buckets are stored each for itself, and shown with all below them."""
    family = HistogramMetricFamily(histogram.name, histogram.help, labels=histogram.labels)
    found: dict[Key, dict[str, float]] = defaultdict(dict)
    for key, value in values.items():
        if len(key) == len(histogram.labels) + 1:
            found[key[:-1]][key[-1]] = value
    for labels, parts in sorted(found.items()):
        count, buckets = 0.0, []
        for end in histogram.ends:
            count += parts.get(end, 0.0)
            buckets.append((end, count))
        family.add_metric(labels, buckets, sum_value=parts.get(SUM, 0.0))
    return family
