"""Seeds that nothing was tuned with: drawn from the system clock, printed, and repeated by MUSIC_SEED."""

import os
import random
import time


def clock_seed() -> int:
    """The number that this run's seeds are drawn with: MUSIC_SEED, or else the clock's microseconds.

    Processes that this one starts from now on draw with the same.
    """
    return int(os.environ.setdefault("MUSIC_SEED", str(time.time_ns() // 1000)))


def fresh_seeds(count: int, purpose: str) -> list[int]:
    """`count` seeds of a purpose."""
    draw = random.Random(f"{clock_seed()} {purpose}")
    return [draw.randrange(2**31) for _ in range(count)]


def fresh_choice(options: list[str], count: int, purpose: str) -> list[str]:
    """`count` different ones of the options."""
    return random.Random(f"{clock_seed()} {purpose}").sample(options, count)
