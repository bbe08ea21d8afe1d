"""Reading a recording between its samples."""

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples


def hermite(samples: Samples, places: npt.NDArray[np.float64]) -> Samples:
    """Values of `samples` (frames,) at fractional `places`, by 4-point cubic Hermite.

    Places must lie in [1, frames - 3]; J. O. Smith, "Physical Audio Signal Processing", cubic interpolation.
    """
    index = places.astype(np.int32)
    part = (places - index).astype(np.float32)
    before, here, after, beyond = (samples.take(index + shift) for shift in (-1, 0, 1, 2))
    slope = after - before
    bend = 2 * before - 5 * here + 4 * after - beyond
    twist = 3 * (here - after) + beyond - before
    return np.asarray(
        here + np.float32(0.5) * part * (slope + part * (bend + part * twist)), dtype=np.float32
    )
