"""How fast an engine is: what its last jobs took, against how much music they made."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Self

from django.core.cache import caches
from django.db.models import F

from generation.models import Job

MEASURED_JOBS = 50
FEWEST = 5
# Lengths that differ by less say nothing of the cost of a second; no farther is guessed beyond what was measured.
SIMILAR = 1.25
# Too scattered to say anything: fewer than three of four jobs took half to one and a half times what was expected.
TOLERANCE, WITHIN = 0.5, 0.75
USUAL = 0.9
KEPT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Speed:
    """What a job of an engine takes: `fixed` seconds and `per_second` for each second of music.

    Measured on jobs of `shortest` to `longest` seconds of music. `typical` is what such a job took, and nine of ten
    took at most `slowest` times what was expected of them.
    """

    fixed: float
    per_second: float
    shortest: float
    longest: float
    typical: float
    slowest: float

    def expected(self, music_seconds: float) -> float | None:
        """Seconds of work for so much music; None where nothing of about that length was measured."""
        if not self.shortest / SIMILAR <= music_seconds <= self.longest * SIMILAR:
            return None
        return self.fixed + self.per_second * music_seconds

    @classmethod
    def fitted(cls, measured: Sequence[tuple[float, float]]) -> Self | None:
        """The line through (seconds of music, seconds of work), all above 0; None where they say too little.

        Its slope is the median of the slopes between any two measurements, so that a few odd ones do not matter:
        P. K. Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63 (1968), after H. Theil.
        """
        if len(measured) < FEWEST:
            return None
        fixed, per_second = line(measured)
        ratios = sorted(took / (fixed + per_second * music) for music, took in measured)
        if sum(abs(ratio - 1) <= TOLERANCE for ratio in ratios) < WITHIN * len(ratios):
            return None
        lengths = [music for music, _ in measured]
        return cls(
            fixed=fixed,
            per_second=per_second,
            shortest=min(lengths),
            longest=max(lengths),
            typical=median(took for _, took in measured),
            slowest=ratios[math.ceil(USUAL * len(ratios)) - 1],
        )


def speed_of(engine: str) -> Speed | None:
    """The speed of an engine; None where it is not known. Measured anew every ten seconds, by one query."""
    speed: Speed | None = caches["process"].get_or_set(
        f"speed:{engine}", lambda: Speed.fitted(_measured(engine)), KEPT_SECONDS
    )
    return speed


def _measured(engine: str) -> list[tuple[float, float]]:
    """The seconds of music of the engine's last jobs, and what making and storing it took."""
    rows = (
        Job.objects.measured(engine)
        .order_by("-finished_at")
        .annotate(took=F("generate_seconds") + F("store_seconds"))
        .values_list("input__duration", "input__variations", "input__takes", "took")
    )
    measured = (
        ((duration or 0) * (variations or 1) * (takes or 1), took)
        for duration, variations, takes, took in rows[:MEASURED_JOBS]
    )
    return [(music, took) for music, took in measured if music > 0 and took > 0]


def line(measured: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """What is fixed, and what each second of music takes, of such measurements: neither below 0."""
    slopes = [
        (took - other_took) / (music - other_music)
        for (music, took), (other_music, other_took) in combinations(measured, 2)
        if max(music, other_music) >= SIMILAR * min(music, other_music)
    ]
    per_second = max(0.0, median(slopes)) if slopes else 0.0
    fixed = median(took - per_second * music for music, took in measured)
    if fixed >= 0:
        return fixed, per_second
    return 0.0, median(took / music for music, took in measured)
