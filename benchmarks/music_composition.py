"""How the composer composes, in a table: what is measured now, of people's music, and of version 3, with controls.

A part of `make bench-music`; alone `python -m benchmarks.music_composition [--seeds 10]`. With `--keep FILE` the
figures are kept as JSON: generation/tests/measures/version_3.json holds those of the composer's version 3.
"""

import argparse
import json
import os
import statistics
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from generation.composer.genre.catalog import GENRES
from generation.composer.writing.compose import SCORE_VERSION
from generation.tests import measures
from generation.tests.measures.composition import MEASURES, Measure, composed
from generation.tests.measures.seeds import clock_seed, fresh_seeds

SEEDS = 10
VERSION_3 = Path(measures.__file__).with_name("version_3.json")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a measure says of a genre's pieces, and of what each of its controls made of them."""

    genre: str
    measure: str
    now: float
    controls: tuple[float | None, ...]


def figures_of(order: tuple[str, int]) -> list[Figures]:
    """Everything that is measured of a genre, by so many seeds."""
    genre, count = order
    found = []
    for seconds in sorted({measure.seconds for measure in MEASURES}):
        pieces = [composed(genre, seed, seconds) for seed in fresh_seeds(count, f"composition {genre}")]
        for measure in MEASURES:
            asked = not measure.genres or genre in measure.genres
            if measure.seconds == seconds and asked and (now := measure.of(pieces)) is not None:
                changed = tuple(
                    measure.of(control.change(pieces, clock_seed())) for control in measure.controls
                )
                found.append(Figures(genre, measure.name, now, changed))
    return found


def measured(pool: Executor, seeds: int) -> list[Figures]:
    """The figures of every genre."""
    orders = [(genre, seeds) for genre in sorted(GENRES)]
    return [figures for rows in pool.map(figures_of, orders) for figures in rows]


def report(rows: Sequence[Figures], seeds: int) -> list[bool]:
    """Print the table; say which bars were met and which controls did what they must. Figures are means of genres."""
    before = json.loads(VERSION_3.read_text("utf-8"))["figures"]
    print(f"\ncomposition, means over genres of {seeds} seeds each")
    print(
        f"{'measure':50} {'now':>5} {'lowest to highest genre':>34} {'people':>19} {'bar':>7} {'version 3':>10}"
        "   controls"
    )
    met = []
    for measure in MEASURES:
        mine = sorted((row for row in rows if row.measure == measure.name), key=lambda row: row.now)
        if not mine:
            print(f"{measure.name:50} needs more seeds")
            continue
        now = statistics.fmean(row.now for row in mine)
        span = f"{mine[0].genre} {mine[0].now:.2f} to {mine[-1].genre} {mine[-1].now:.2f}"
        controls = [_control(measure, place, mine, now) for place in range(len(measure.controls))]
        is_met = measure.is_met(now)
        print(
            f"{measure.name:50} {now:5.2f} {span:>34} {measure.people:>19} {measure.target:>7} "
            f"{before[measure.name]['mean']:10.2f}   {'; '.join(text for text, _ in controls)} "
            f"[{'met' if is_met else 'missed'}]"
        )
        met += [is_met, *(held for _, held in controls)]
    return met


def _control(measure: Measure, place: int, rows: Sequence[Figures], now: float) -> tuple[str, bool]:
    """What a control gave, in words, and whether that is what it must."""
    control = measure.controls[place]
    known = [figure for row in rows if (figure := row.controls[place]) is not None]
    changed = statistics.fmean(known) if known else 0.0
    held = measure.holds(control, now, changed)
    return (
        f"{control.name} {changed:.2f} (must {_WORDS[control.must]}{'' if held else ', and does not'})",
        held,
    )


_WORDS = {"miss": "miss", "same": "be the same", "lower": "be lower"}


def kept(rows: Sequence[Figures], seeds: int) -> Mapping[str, object]:
    """The figures as they are kept in a file."""
    figures = {}
    for measure in MEASURES:
        genres = {row.genre: round(row.now, 3) for row in rows if row.measure == measure.name}
        figures[measure.name] = {"mean": round(statistics.fmean(genres.values()), 3), "genres": genres}
    return {"score_version": SCORE_VERSION, "seeds": seeds, "music_seed": clock_seed(), "figures": figures}


def main() -> None:
    """Measure and print, or keep what was measured."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help="scores of each genre, two at least")
    parser.add_argument("--keep", type=Path, help="a file to keep the figures in")
    options = parser.parse_args()
    print(f"MUSIC_SEED={clock_seed()}")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        rows = measured(pool, options.seeds)
    if options.keep:
        options.keep.write_text(json.dumps(kept(rows, options.seeds), indent=1) + "\n", "utf-8")
    report(rows, options.seeds)


if __name__ == "__main__":
    main()
