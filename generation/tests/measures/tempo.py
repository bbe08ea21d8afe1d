"""Whether a listener finds the tempo that was written."""

import numpy as np

from generation.audio.types import Audio
from generation.diffusion.tempo import measure_bpm

_TOLERANCE = 0.01


def tempo_found(audio: Audio, bpm: float) -> bool:
    """Whether the tempo heard is `bpm`, its double or its half, within 1 %."""
    heard = measure_bpm(audio)
    if heard is None:
        return False
    return min(abs(heard / (bpm * octave) - 1) for octave in (0.5, 1, 2)) <= _TOLERANCE


def shuffled(audio: Audio, seed: int) -> Audio:
    """The control: the same sound in pieces of 50 to 250 ms, in another order."""
    random = np.random.default_rng(seed)
    steps = random.uniform(0.05, 0.25, int(audio.duration / 0.05)).cumsum()
    cuts = (steps[steps < audio.duration] * audio.sample_rate).astype(int)
    parts = np.split(audio.samples, cuts, axis=1)
    random.shuffle(parts)
    return Audio(np.concatenate(parts, axis=1), audio.sample_rate)
