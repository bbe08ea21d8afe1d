"""Reading a recording between its samples."""

import numpy as np
import numpy.typing as npt

from generation.audio.types import Samples

_HALF = np.float32(0.5)


def hermite(samples: Samples, places: npt.NDArray[np.float64]) -> Samples:
    """Values of `samples` (..., frames) at fractional `places`, by 4-point cubic Hermite.

    Places must lie in [1, frames - 3]; J. O. Smith, "Physical Audio Signal Processing", cubic interpolation.
    """
    whole = places.astype(np.int32)
    part = (places - whole).astype(np.float32)
    index = whole.astype(np.intp) - 1
    # All places are inside, and "wrap" is the way of taking that costs a third of the others.
    before, here, after, beyond = (
        samples[..., shift:].take(index, axis=-1, mode="wrap") for shift in range(4)
    )
    twist = here - after
    twist *= 3
    twist += beyond
    twist -= before
    bend = 4 * after
    bend -= 5 * here
    bend += 2 * before
    bend -= beyond
    after -= before
    twist *= part
    bend += twist
    bend *= part
    after += bend
    after *= part
    after *= _HALF
    after += here
    return np.asarray(after, dtype=np.float32)
