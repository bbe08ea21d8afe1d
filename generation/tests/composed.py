"""Music whose tempo and key are known, by the built-in composer."""

import numpy as np

from generation.audio.types import Audio
from generation.composer.reading.prompt import read_prompt
from generation.composer.sound.render import render
from generation.composer.writing.compose import compose

RATE = 24_000


def composed(genre: str, *, bpm: float | None = None, key: str | None = None, seed: int = 3) -> Audio:
    """Twenty seconds of a genre."""
    brief = read_prompt("music", duration=20, seed=seed, genre=genre, bpm=bpm, key=key)
    return Audio(np.concatenate(list(render(compose(brief), sample_rate=RATE)), axis=1), RATE)
