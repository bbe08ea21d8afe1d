"""Whether every prompt gives music: a thousand odd ones, 5 to 300 seconds, on every core.

`make bench-prompts`, or `python -m benchmarks.prompts [HOW MANY]`; MUSIC_SEED repeats a run.
"""

import argparse
import os
import random
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context

from tqdm import tqdm

from benchmarks.measuring import verdict
from generation.composer.reading.prompt import read_prompt
from generation.tests.measures.keeping import faults
from generation.tests.measures.odd_prompts import odd_duration, odd_prompt
from generation.tests.measures.seeds import clock_seed

Order = tuple[str, float, int]


def orders(count: int) -> Iterator[Order]:
    """Prompts, durations and seeds, drawn by the clock."""
    draw = random.Random(f"{clock_seed()} prompts")
    for _ in range(count):
        yield odd_prompt(draw), odd_duration(draw), draw.randrange(2**31)


def tried(order: Order) -> tuple[Order, str, list[str]]:
    """An order, the genre it fell into, and what was wrong with its music."""
    prompt, duration, seed = order
    try:
        return order, read_prompt(prompt, duration=duration, seed=seed).genre, faults(*order)
    except Exception:  # Whatever it is, it is what this looks for.
        return order, "none", [traceback.format_exc()]


def main() -> None:
    """Try them all and say which went wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", nargs="?", type=int, default=1000)
    count = parser.parse_args().count
    print(f"{count} prompts, MUSIC_SEED={clock_seed()}")
    seconds, genres, wrong = 0.0, Counter[str](), 0
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        running = [pool.submit(tried, order) for order in orders(count)]
        for done in tqdm(as_completed(running), total=count, smoothing=0, mininterval=10):
            (prompt, duration, seed), genre, found = done.result()
            seconds += duration
            genres[genre] += 1
            if found:
                wrong += 1
                print(f"{prompt!r}, {duration} s, seed {seed}: {'; '.join(found)}")
    print(
        f"{seconds / 3600:.1f} hours of music in {', '.join(f'{name} {many}' for name, many in genres.most_common())}"
    )
    print(f"{wrong} of {count} with a fault {verdict(not wrong, 'none')}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
